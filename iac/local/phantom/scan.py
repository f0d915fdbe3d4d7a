"""The whole chest, slice by slice, as the scanner would give it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from iac.local.phantom import organs, torso
from iac.local.phantom.canvas import Canvas, Grid, Plane, Texture, bump, ellipse, ramp
from iac.local.phantom.vessels import Tree, coverage, grow

EXTENT_MM = 300.0
FIELD_MM = 372.0  # diameter of the reconstructed circle; outside it pixels are padding
BAND_MM = 119.0  # the body lies within so many mm before and behind the centre; only couch and air beyond
PADDING_HU = -3024  # outside the circle, as stored value -2000 with intercept -1024
NODULE = (-94.0, -26.0, 92.0, 4.6)  # x, y, z, radius in mm: solid, right upper lobe
NOISE_HU = 15.0  # in the middle of the body


class ChestScan:
    """A chest made once from a seed; `slices` gives its pictures from the neck down."""

    def __init__(self, size: int, seed: int) -> None:
        self._grid = Grid.of(size, FIELD_MM / size, reach_y=BAND_MM)
        self._rng = np.random.default_rng(seed)
        whole = Grid.of(size, FIELD_MM / size)
        still = np.zeros((size, size), np.float32)
        couch = Canvas(whole, -1000.0, still, still)
        torso.paint_couch(couch)
        self._ground = couch.hu
        across = np.clip(ellipse(whole.x, whole.y, 165, 105) / -105, -0.15, 0.45)
        self._noise_level = np.float32(NOISE_HU) * (np.float32(0.55) + across)
        self._outside = whole.radius > FIELD_MM / 2 - 0.5 * whole.pixel_mm
        make = self._texture
        self._warp_x, self._warp_y = make(9, 60), make(9, 60)
        self._grain, self._streaks, self._veins = make(60, 6), make(22, 14), make(11, 22)
        self._lobules, self._fine = make(70, 5), make(170, 3)
        self._arteries, self._veins_of_lung = self._trees()
        self._airways = self._arteries.only(self._arteries.radius > 1.9)

    def _texture(self, cells: int, step_mm: float) -> Texture:
        return Texture(self._rng, self._grid, cells, step_mm, EXTENT_MM)

    def slices(self, count: int) -> Iterator[NDArray[np.int16]]:
        """`count` pictures of Hounsfield units, shape (size, size), evenly over the extent."""
        for number in range(count):
            z_mm = (number + 0.5) * EXTENT_MM / count
            yield self._scanned(self._anatomy(z_mm), z_mm)

    def _anatomy(self, z_mm: float) -> Plane:
        """Hounsfield units without noise."""
        bend, grain, streaks = self._warp_x.at(z_mm), self._grain.at(z_mm), self._streaks.at(z_mm)
        canvas = Canvas(
            self._grid, self._ground[self._grid.rows], np.float32(2.6) * bend, np.float32(2.6) * self._warp_y.at(z_mm)
        )
        wobble = np.float32(1.6) * bend
        body = self._grid.radius - self._grid.from_profile(torso.body_profile(z_mm)) + wobble
        profile = torso.cage_profile(z_mm)
        cage = self._grid.radius - self._grid.from_profile(profile) + wobble
        torso.paint_wall(canvas, z_mm, body, cage, grain, streaks)
        cavity = cage + np.float32(5.2)
        canvas.fill(cavity, -92 + 6 * grain)
        right, left = organs.dome(canvas, z_mm, organs.RIGHT_DOME), organs.dome(canvas, z_mm, organs.LEFT_DOME)
        self._paint_lungs(canvas, z_mm, self._lung(canvas, z_mm, cage, right, left))
        below = np.maximum(right, cavity + 3), np.maximum(left, cavity + 3)
        organs.paint_abdomen(canvas, z_mm, *below, grain, self._veins.at(z_mm))
        organs.paint_heart(canvas, z_mm, streaks)
        organs.paint_great_vessels(canvas, z_mm)
        organs.paint_airways_and_gullet(canvas, z_mm)
        torso.paint_ribs(canvas, z_mm, cage, grain)
        torso.paint_sternum(canvas, z_mm, -float(profile[profile.size // 2]))
        torso.paint_shoulder_girdle(canvas, z_mm)
        torso.paint_spine(canvas, z_mm, grain)
        return canvas.hu

    def _lung(self, canvas: Canvas, z_mm: float, cage: Plane, right: Plane, left: Plane) -> Plane:
        """Signed distance to both lungs."""
        between = organs.mediastinum(canvas, z_mm)
        within = np.maximum(cage + np.float32(7.0), np.float32(1.0) - between)
        lung: Plane = np.maximum(within, np.float32(2.2) - np.minimum(right, left))
        return np.maximum(lung, np.float32((8 - z_mm) * 3))

    def _paint_lungs(self, canvas: Canvas, z_mm: float, lung: Plane) -> None:
        if float(lung.min()) >= 0:
            return
        air = -868 + canvas.grid.y * np.float32(0.34) + 9 * self._lobules.at(z_mm) + 9 * self._fine.at(z_mm)
        canvas.fill(lung - np.float32(1.0), 5)
        canvas.fill(lung, air)
        self._paint_fissures(canvas, z_mm, lung)
        inside = canvas.cover(lung)
        for tree in (self._arteries, self._veins_of_lung):
            share = coverage(tree, canvas, z_mm) * inside
            canvas.hu += share * (38 - canvas.hu)
        self._paint_airways(canvas, z_mm, inside)
        x, y, z, radius = NODULE
        flat = float(np.sqrt(max(0.0, radius**2 - (z_mm - z) ** 2)))
        if flat > 0:
            spikes = 0.9 * float(np.sin(z_mm * 2.1))
            canvas.ellipse(x, y, flat * 1.08, flat * 0.94, 34, 25 + 8 * spikes)

    def _paint_fissures(self, canvas: Canvas, z_mm: float, lung: Plane) -> None:
        """Oblique fissures of both lungs and the horizontal one of the right."""
        oblique = canvas.y - np.float32(58 - (z_mm - 70) * 0.62)
        sheet = np.maximum(np.abs(oblique) - np.float32(0.28), lung + np.float32(1))
        canvas.fill(sheet, -640, strength=0.75 * bump(z_mm, 40, 70, 210, 250))
        slab = 1 - ramp(abs(z_mm - 148), 0, 3)
        if slab > 0:
            fade = np.maximum(np.maximum(lung, canvas.x + np.float32(30)), oblique + np.float32(2))
            canvas.fill(fade + np.float32(6), -800, strength=0.35 * slab)

    def _paint_airways(self, canvas: Canvas, z_mm: float, inside: Plane) -> None:
        """Each larger artery has a bronchus at its side: a ring with air in it."""
        shift = np.array([1.55, 1.2, 0], np.float32)
        tree = self._airways
        beside = tree.radius[:, None] * shift
        moved = Tree(tree.start + beside, tree.end + beside, tree.radius * np.float32(1.02))
        wall = coverage(moved, canvas, z_mm) * inside
        canvas.hu += wall * (-120 - canvas.hu)
        lumen = coverage(moved, canvas, z_mm, extra_mm=-0.85) * inside
        canvas.hu += lumen * (-985 - canvas.hu)

    def _trees(self) -> tuple[Tree, Tree]:
        """Arteries from the hila and veins to the left atrium, in both lungs."""
        arteries, veins = [], []
        for side in (-1, 1):
            inside = self._points_in_lung(side, 4600 * min(self._grid.size, 512) // 512)
            half = len(inside) // 2
            hilum = np.array([side * 36.0, 2.0, 146.0 if side < 0 else 138.0], np.float32)
            atrium = np.array([side * 28.0, 4.0, 172.0], np.float32)
            arteries.append(grow(hilum, inside[:half], self._rng))
            veins.append(grow(atrium, inside[half:], self._rng))
        return Tree.joined(arteries), Tree.joined(veins)

    def _points_in_lung(self, side: int, count: int) -> NDArray[np.float32]:
        """About `count` places inside one lung, shape (n, 3), evenly spread. A coarse grid is enough to find them."""
        grid = Grid.of(96, FIELD_MM / 96)
        still = np.zeros((96, 96), np.float32)
        levels = np.linspace(12, EXTENT_MM - 4, 60)
        masks = []
        for z_mm in levels:
            canvas = Canvas(grid, -1000.0, still, still)
            cage = grid.radius - grid.from_profile(torso.cage_profile(z_mm))
            domes = (organs.dome(canvas, z_mm, shape) for shape in (organs.RIGHT_DOME, organs.LEFT_DOME))
            masks.append(np.flatnonzero((self._lung(canvas, z_mm, cage, *domes) < -2.5) & (grid.x * side > 0)))
        total = sum(len(mask) for mask in masks)
        found = []
        for z_mm, mask in zip(levels, masks, strict=True):
            wanted = round(count * len(mask) / total)
            if wanted:
                at = self._rng.choice(mask, wanted)
                near = self._rng.uniform(-1.9, 1.9, (wanted, 3))
                found.append(np.stack([grid.x.flat[at], grid.y.flat[at], np.full(wanted, z_mm)], axis=1) + near)
        points = np.concatenate(found).astype(np.float32)
        return points[self._rng.permutation(len(points))]

    def _scanned(self, hu: Plane, z_mm: float) -> NDArray[np.int16]:
        """With the scanner's noise and its round field of view.

        Noise grows where the beam crosses most tissue: in the middle and between the shoulders. A [1 2 1] filter both ways
        gives it the grain of a standard kernel; without it lossless compression would do worse than on real scans.
        """
        size = self._grid.size
        whole = self._ground.copy()
        whole[self._grid.rows] = hu
        noise = self._rng.standard_normal((size + 2, size + 2), np.float32)
        noise = noise[:-2] + 2 * noise[1:-1] + noise[2:]
        noise = (noise[:, :-2] + 2 * noise[:, 1:-1] + noise[:, 2:]) / np.float32(6)
        shoulders = 1 + 0.35 * (1 - ramp(z_mm, 0, 70))
        picture = np.maximum(np.rint(whole + noise * (self._noise_level * np.float32(shoulders))), -1024)
        picture[self._outside] = PADDING_HU
        scanned: NDArray[np.int16] = picture.astype(np.int16)
        return scanned
