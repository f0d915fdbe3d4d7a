"""One slice being painted: coordinates in mm, distance functions, smooth noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Window = tuple[slice, slice]
Measure = Callable[[Plane, Plane], Plane]

ANGLES = 1440  # entries of a radial profile: a quarter of a degree each


@dataclass(frozen=True)
class Grid:
    """Coordinates shared by all slices. x grows to the patient's left, y to the back, both in mm from the picture's centre.

    A grid may hold only a band of the picture's rows, from row `top`: the body fills little more than half of a picture.
    """

    size: int  # columns, and rows of the whole picture
    pixel_mm: float
    top: int
    x: Plane
    y: Plane
    radius: Plane
    angle: NDArray[np.intp]  # index into a radial profile; 0 at the back, half-way at the front

    @classmethod
    def of(cls, size: int, pixel_mm: float, reach_y: float = np.inf) -> Grid:
        """Rows no further than `reach_y` mm from the centre; all by default."""
        axis = ((np.arange(size) - (size - 1) / 2) * pixel_mm).astype(np.float32)
        rows = axis[np.abs(axis) <= reach_y]
        x, y = np.meshgrid(axis, rows)
        turn = np.arctan2(x, y) / (2 * np.pi) % 1.0
        return cls(size, pixel_mm, (size - len(rows)) // 2, x, y, np.hypot(x, y), (turn * ANGLES).astype(np.intp) % ANGLES)

    @property
    def rows(self) -> slice:
        """Its rows in the whole picture."""
        return slice(self.top, self.top + len(self.x))

    def window(self, x: float, y: float, reach_x: float, reach_y: float) -> Window:
        """Rows and columns within reach of a point; may be empty at the border."""
        half = (self.size - 1) / 2

        def span(centre: float, reach: float, first: int, length: int) -> slice:
            low, high = ((centre + side) / self.pixel_mm + half - first for side in (-reach, reach))
            return slice(max(0, int(low)), max(0, min(length, int(high) + 2)))

        return span(y, reach_y, self.top, len(self.x)), span(x, reach_x, 0, self.size)

    def from_profile(self, profile: NDArray[np.float64]) -> Plane:
        """A value given per angle, shape (ANGLES,), spread over the picture."""
        plane: Plane = profile.astype(np.float32)[self.angle]
        return plane


class Texture:
    """Smooth noise in three dimensions, mean 0, standard deviation about 1.

    A coarse random grid, spread over the picture by quadratic B-splines. `cells` per picture side, `step_mm` between planes.
    """

    def __init__(self, rng: np.random.Generator, grid: Grid, cells: int, step_mm: float, depth_mm: float) -> None:
        planes = int(depth_mm / step_mm) + 3
        self._knots = rng.standard_normal((planes, cells + 2, cells + 2)).astype(np.float32)
        position = (np.arange(grid.size) + 0.5) / grid.size * cells
        self._rows = grid.rows
        self._first = position.astype(np.intp)
        t = (position - self._first).astype(np.float32)
        self._taps = ((1 - t) ** 2 / 2, np.float32(0.5) + t * (1 - t), t**2 / 2)
        self._step_mm = step_mm

    def at(self, z_mm: float) -> Plane:
        """The plane at `z_mm`, of the grid's shape. Sums of three taps each way, so equal on every machine."""
        low = int(z_mm / self._step_mm)
        share = np.float32(z_mm / self._step_mm - low)
        knots = (self._knots[low] + share * (self._knots[low + 1] - self._knots[low])) * np.float32(2.2)
        wide = sum(knots[:, self._first + k] * tap for k, tap in enumerate(self._taps))
        plane: Plane = sum(wide[self._first[self._rows] + k] * tap[self._rows, None] for k, tap in enumerate(self._taps))
        return plane


class Canvas:
    """Hounsfield units of one slice. Later paint covers earlier paint; edges are one and a half pixels soft."""

    def __init__(self, grid: Grid, ground_hu: float | Plane, warp_x: Plane, warp_y: Plane) -> None:
        self.grid = grid
        self.hu: Plane = np.full(grid.x.shape, ground_hu, np.float32)
        self.x: Plane = grid.x + warp_x
        self.y: Plane = grid.y + warp_y
        self._soft = np.float32(1.5 * grid.pixel_mm)

    def cover(self, distance: Plane) -> Plane:
        """Share of each pixel inside a shape, 0 to 1, from its signed distance in mm (negative inside)."""
        share: Plane = np.clip(np.float32(0.5) - distance / self._soft, 0, 1)
        return share

    def fill(self, distance: Plane, hu: float | Plane, window: Window | None = None, strength: float = 1.0) -> None:
        """Paint `hu` wherever `distance` is negative. `distance` (and a plane of `hu`) has the shape of `window`."""
        target = self.hu if window is None else self.hu[window]
        share = self.cover(distance)
        if strength != 1.0:
            share *= np.float32(strength)
        target += share * (np.float32(hu) - target)

    def shape(self, x: float, y: float, reach: float, measure: Measure, hu: float, strength: float = 1.0) -> None:
        """Paint a small shape. `measure` gets coordinates relative to (x, y) and answers signed distances."""
        window = self.grid.window(x, y, reach + 14, reach + 14)
        px, py = self.x[window] - np.float32(x), self.y[window] - np.float32(y)
        if px.size:
            self.fill(measure(px, py), hu, window, strength)

    def ellipse(self, x: float, y: float, a: float, b: float, hu: float, turn_deg: float = 0.0, strength: float = 1.0) -> None:
        """Paint an ellipse with half axes a, b (mm), turned clockwise as seen in the picture."""
        self.shape(x, y, max(a, b), lambda px, py: ellipse(px, py, a, b, turn_deg), hu, strength)

    def rod(self, x0: float, y0: float, x1: float, y1: float, radius: float, hu: float) -> None:
        """Paint a line with round ends."""
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        reach = float(np.hypot(x1 - x0, y1 - y0)) / 2 + radius
        self.shape(cx, cy, reach, lambda px, py: rod(px, py, x1 - cx, y1 - cy, radius), hu)


def ellipse(px: Plane, py: Plane, a: float, b: float, turn_deg: float = 0.0) -> Plane:
    """Signed distance to an ellipse around 0, first order."""
    if turn_deg:
        c, s = np.float32(np.cos(np.deg2rad(turn_deg))), np.float32(np.sin(np.deg2rad(turn_deg)))
        px, py = px * c + py * s, py * c - px * s
    ax, by = px / np.float32(a), py / np.float32(b)
    k0 = np.sqrt(ax * ax + by * by)
    k1 = np.sqrt((ax / np.float32(a)) ** 2 + (by / np.float32(b)) ** 2)
    distance: Plane = np.where(k1 > 0, k0 * (k0 - 1) / np.maximum(k1, 1e-6), np.float32(-min(a, b)))
    return distance


def rod(px: Plane, py: Plane, ex: float, ey: float, radius: float) -> Plane:
    """Signed distance to a line from (-ex, -ey) to (ex, ey) with round ends."""
    length2 = ex * ex + ey * ey or 1e-6
    t = np.clip((px * np.float32(ex) + py * np.float32(ey)) / np.float32(length2), -1, 1)
    distance: Plane = np.hypot(px - t * np.float32(ex), py - t * np.float32(ey)) - np.float32(radius)
    return distance


def blend(a: Plane, b: Plane, soft_mm: float) -> Plane:
    """Union of two shapes with a rounded seam (polynomial smooth minimum)."""
    h = np.clip(np.float32(0.5) + (b - a) / np.float32(2 * soft_mm), 0, 1)
    union: Plane = b + (a - b) * h - np.float32(soft_mm) * h * (1 - h)
    return union


def ramp(value: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, smooth between."""
    t = min(1.0, max(0.0, (value - start) / (end - start)))
    return t * t * (3 - 2 * t)


def bump(value: float, start: float, top: float, stop: float, end: float) -> float:
    """0 outside start–end, 1 within top–stop, smooth between."""
    return ramp(value, start, top) * (1 - ramp(value, stop, end))
