"""Vessels and airways of the lungs: trees that fill a volume, as lists of short tapered rods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iac.local.phantom.canvas import Canvas, Plane

Points = NDArray[np.float32]

TIP_MM = 0.50  # radius of the last branches
_CLASSES = (10, 20, 40, 80)  # patch sizes in pixels; a footprint takes the smallest that holds it


@dataclass(frozen=True)
class Tree:
    """Rods from `start` to `end`, shapes (n, 3), x, y, z in mm, with one `radius` each, shape (n,)."""

    start: Points
    end: Points
    radius: NDArray[np.float32]

    @classmethod
    def joined(cls, trees: list[Tree]) -> Tree:
        """Several trees as one."""
        return cls(
            np.concatenate([tree.start for tree in trees]),
            np.concatenate([tree.end for tree in trees]),
            np.concatenate([tree.radius for tree in trees]),
        )

    def only(self, keep: NDArray[np.bool_]) -> Tree:
        """The rods chosen by a mask."""
        return Tree(self.start[keep], self.end[keep], self.radius[keep])


def grow(root: Points, tips: Points, rng: np.random.Generator) -> Tree:
    """A tree from `root` (3,) to all `tips` (n, 3).

    The tips are halved again and again across about their longest extent; each branch runs part of the way to the middle of
    its tips. Radii follow Murray's law: the cube of a parent is the sum of its children's cubes.
    """
    rods: list[tuple[Points, Points, float]] = []
    tasks = [(root, tips)]
    while tasks:
        at, group = tasks.pop()
        radius = TIP_MM * len(group) ** (1 / 2.7)
        if len(group) == 1:
            rods.append((at, group[0], radius))
            continue
        middle = group.mean(axis=0)
        share = 0.42 + 0.16 * rng.random() if len(group) > 2 else 0.6
        fork = at + (middle - at) * np.float32(share) + rng.normal(0, 0.035, 3).astype(np.float32) * np.linalg.norm(middle - at)
        rods.append((at, fork.astype(np.float32), radius))
        axis = np.ptp(group, axis=0) ** 2 * rng.normal(1, 0.5, 3).astype(np.float32)
        order = np.argsort(((group - middle) * axis).sum(axis=1), kind="stable")
        cut = int(len(group) * (0.36 + 0.28 * rng.random()))
        cut = min(len(group) - 1, max(1, cut))
        tasks += [(fork, group[order[:cut]]), (fork, group[order[cut:]])]
    start, end, radii = zip(*rods, strict=True)
    return Tree(np.array(start, np.float32), np.array(end, np.float32), np.array(radii, np.float32))


def coverage(tree: Tree, canvas: Canvas, z_mm: float, extra_mm: float = 0.0) -> Plane:
    """Share of each pixel of the slice at `z_mm` inside the tree, 0 to 1. `extra_mm` thickens every rod.

    Rods of like footprint are measured together, so that the cost is numpy's and not Python's.
    """
    grid = canvas.grid
    plane = np.zeros(grid.x.shape, np.float32)
    radius = tree.radius + np.float32(extra_mm)
    low, high = np.minimum(tree.start[:, 2], tree.end[:, 2]), np.maximum(tree.start[:, 2], tree.end[:, 2])
    hit = (low - radius <= z_mm) & (high + radius >= z_mm) & (radius > 0.15)
    a, b, r = tree.start[hit], tree.end[hit], radius[hit]
    # the part of each rod that can touch the slice
    along = b - a
    dz = np.where(np.abs(along[:, 2]) < 1e-3, np.float32(1e-3), along[:, 2])
    t0, t1 = (z_mm - r * 1.2 - a[:, 2]) / dz, (z_mm + r * 1.2 - a[:, 2]) / dz
    t0, t1 = np.clip(np.minimum(t0, t1), 0, 1), np.clip(np.maximum(t0, t1), 0, 1)
    p, q = a + along * t0[:, None], a + along * t1[:, None]
    half = (grid.size - 1) / 2
    middle = (p + q)[:, :2] / 2
    reach = np.abs(q - p)[:, :2].max(axis=1) / 2 + r + 1.5 * grid.pixel_mm
    size = np.ceil(2 * reach / grid.pixel_mm).astype(int) + 1
    for number, side in enumerate(_CLASSES):
        smallest = _CLASSES[number - 1] if number else 0
        chosen = (size > smallest) & (size <= side) if side != _CLASSES[-1] else size > smallest
        if not chosen.any():
            continue
        corner = np.rint(middle[chosen] / grid.pixel_mm + half - side / 2).astype(int)
        corner = np.clip(corner - (0, grid.top), 0, np.array(plane.shape[::-1]) - side)
        steps = np.arange(side)
        columns, rows = corner[:, 0, None] + steps, corner[:, 1, None] + steps
        x = ((columns - half) * grid.pixel_mm).astype(np.float32)[:, None, :]
        y = ((rows + grid.top - half) * grid.pixel_mm).astype(np.float32)[:, :, None]
        share = _soft_rods(x, y, z_mm, a[chosen], along[chosen], r[chosen], grid.pixel_mm)
        for k in range(len(share)):
            target = plane[rows[k, 0] : rows[k, 0] + side, columns[k, 0] : columns[k, 0] + side]
            np.maximum(target, share[k], out=target)
    return plane


def _soft_rods(x: Plane, y: Plane, z_mm: float, a: Points, along: Points, r: NDArray[np.float32], pixel_mm: float) -> Plane:
    """Coverage (n, rows, columns) of n rods over patches with coordinates x (n, 1, columns), y (n, rows, 1)."""
    ax, ay, az = (a[:, i, None, None] for i in range(3))
    dx, dy, dz = (along[:, i, None, None] for i in range(3))
    length2 = np.maximum(dx * dx + dy * dy + dz * dz, 1e-6)
    px, py, pz = x - ax, y - ay, np.float32(z_mm) - az
    t = np.clip((px * dx + py * dy + pz * dz) / length2, 0, 1)
    distance = np.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2 + (pz - t * dz) ** 2) - r[:, None, None]
    share: Plane = np.clip(np.float32(0.5) - distance / np.float32(1.5 * pixel_mm), 0, 1)
    return share
