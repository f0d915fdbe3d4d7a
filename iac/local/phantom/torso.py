"""The wall of the chest: skin, fat, muscle, ribs, sternum, shoulder blades, spine, and the couch beneath."""

from __future__ import annotations

import numpy as np

from iac.local.phantom.canvas import ANGLES, Canvas, Plane, bump, ellipse, ramp, rod

SPINE_Y = 51.0  # mm behind the centre: middle of the vertebral bodies
RIB_PITCH_MM = 25.0
VERTEBRA_MM = 24.0

_TURN = np.arange(ANGLES) / ANGLES * 2 * np.pi  # 0 at the back
_FROM_BACK = np.minimum(_TURN, 2 * np.pi - _TURN)  # 0 at the back, pi at the front, both sides alike
_RIB_DROP = 62 * np.sin(np.minimum(_FROM_BACK, 2.5) / 2.5 * np.pi / 2) ** 1.5 - 16 * np.clip(_FROM_BACK - 2.5, 0, 1)


def _super_ellipse(half_x: float, half_back: float, half_front: float, power: float) -> np.ndarray:
    """Radius per angle of a squarish ellipse whose back and front differ."""
    s, c = np.abs(np.sin(_TURN)), np.cos(_TURN)
    half_y = np.where(c > 0, half_back, half_front)
    radius: np.ndarray = ((s / half_x) ** power + (np.abs(c) / half_y) ** power) ** (-1 / power)
    return radius


def body_profile(z_mm: float) -> np.ndarray:
    """Radius of the skin in mm, shape (ANGLES,)."""
    shoulders = 1 - ramp(z_mm, 20, 110)
    profile = _super_ellipse(161 - 2 * shoulders, 108 - 4 * shoulders, 104 - 14 * shoulders, 2.35)
    profile *= 1 - 0.035 * np.exp(-((_FROM_BACK / 0.16) ** 2))  # the furrow over the spine
    profile *= 1 + 0.02 * np.exp(-(((_FROM_BACK - 2.45) / 0.3) ** 2)) * bump(z_mm, 40, 90, 170, 230)  # breast muscle
    return profile


def cage_profile(z_mm: float) -> np.ndarray:
    """Radius of the ribs' middle line in mm, shape (ANGLES,)."""
    width = 34 + 96 * ramp(z_mm, -30, 150) ** 0.72
    depth = 44 + 42 * ramp(z_mm, -30, 120) ** 0.8
    profile = _super_ellipse(width, depth * 1.02, depth * 0.93, 2.25)
    profile *= 1 + 0.05 * np.exp(-(((_FROM_BACK - 0.62) / 0.34) ** 2))  # gutters beside the spine
    profile *= 1 - 0.10 * np.exp(-(((np.pi - _FROM_BACK) / 0.35) ** 2))  # flat behind the sternum
    return profile


def paint_couch(canvas: Canvas) -> None:
    """The ground of every slice: two thin shells with foam between, as a scanner's table looks in a slice."""
    y = canvas.grid.y - np.float32(118) - (canvas.grid.x / np.float32(118)) ** 2 * np.float32(-20)
    inside = np.abs(canvas.grid.x) - np.float32(205)
    canvas.fill(np.maximum(np.abs(y - np.float32(11)) - np.float32(11), inside), -955)
    canvas.fill(np.maximum(np.abs(y) - np.float32(0.8), inside), -380)
    canvas.fill(np.maximum(np.abs(y - np.float32(22)) - np.float32(0.8), inside), -420)


def paint_wall(canvas: Canvas, z_mm: float, body: Plane, cage: Plane, grain: Plane, streaks: Plane) -> None:
    """Skin, fat and muscle. `body`, `cage`: distances to skin and rib line; `grain`, `streaks`: smooth noise."""
    canvas.fill(body, 15)
    canvas.fill(body + np.float32(2.0), -104 + 5 * grain)
    shoulders = 1 - ramp(z_mm, 40, 150)
    thick = (
        13
        + 23 * np.exp(-(((_FROM_BACK - 0.32) / 0.30) ** 2))
        + (9 + 34 * shoulders) * np.exp(-(((_FROM_BACK - 1.15) / 0.60) ** 2))
        + (12 + 10 * shoulders) * np.exp(-(((_FROM_BACK - 2.30) / 0.42) ** 2)) * bump(z_mm, -20, 40, 130, 190)
        - 7 * np.exp(-(((_FROM_BACK - np.pi) / 0.25) ** 2))
    )
    depth = cage - canvas.grid.from_profile(thick) + np.float32(2.2) * streaks
    muscle = np.maximum(depth, body + np.float32(5.5) + np.float32(1.2) * grain)
    canvas.fill(muscle, 54 + 5 * grain)
    # fat between the layers of muscle
    layer = np.abs(cage - np.float32(9.5) + np.float32(2.6) * streaks) - np.float32(0.9)
    canvas.fill(np.maximum(layer, muscle), -70, strength=0.85)
    outer = np.abs(cage - np.float32(20) + np.float32(3.2) * grain) - np.float32(0.8)
    canvas.fill(np.maximum(outer, muscle), -60, strength=0.8)
    strands = np.abs(streaks - np.float32(0.4) * grain) * np.float32(7) - np.float32(0.55)
    canvas.fill(np.maximum(strands, muscle), -35, strength=0.7)


def paint_ribs(canvas: Canvas, z_mm: float, cage: Plane, grain: Plane) -> None:
    """Each rib falls from the spine to the side, so a slice cuts it as a long oblique piece; its front end is cartilage."""
    phase = (z_mm - _RIB_DROP + 400) % RIB_PITCH_MM - RIB_PITCH_MM / 2
    open_front = np.clip((_FROM_BACK - 2.86) * 12, 0, None) + np.clip((0.20 - _FROM_BACK) * 20, 0, None)
    near = np.abs(cage) < 7
    angle = canvas.grid.angle[near]
    across = cage[near] / np.float32(4.2)
    along = (np.abs(phase) / 6.4 + open_front).astype(np.float32)[angle]
    e = across * across + along * along
    bony = 1 - np.clip((_FROM_BACK.astype(np.float32)[angle] - np.float32(2.42)) * 9, 0, 1)
    shell = np.clip((e - np.float32(0.30)) / np.float32(0.30), 0, 1)
    bone = 210 + 60 * grain[near] + shell * 620
    value = bony * bone + (1 - bony) * (115 + shell * 45)
    share = np.clip((1 - e) * np.float32(2.4), 0, 1) * np.float32(ramp(z_mm, -10, 18))
    canvas.hu[near] += share * (value - canvas.hu[near])


def paint_sternum(canvas: Canvas, z_mm: float, front_y: float) -> None:
    """`front_y`: where the rib line meets the mid-line, mm (negative)."""
    if not 42 < z_mm < 208:
        return
    half = 23 - 9 * ramp(z_mm, 60, 95) + 3 * ramp(z_mm, 120, 170) - 11 * ramp(z_mm, 180, 206)
    thick = 6.5 - 2 * ramp(z_mm, 180, 206)
    y = front_y + 2.0
    canvas.ellipse(0.5, y, half, thick, 560)
    canvas.ellipse(0.5, y, half - 1.9, thick - 1.9, 165)


def paint_shoulder_girdle(canvas: Canvas, z_mm: float) -> None:
    """Shoulder blades behind, collar bones in front; arms are raised, so no humerus."""
    for side in (-1, 1):
        if z_mm < 165:
            tip = ramp(z_mm, 100, 165)
            length, x, y = 36 - 26 * tip, side * (104 + 6 * tip), 56 + 12 * tip
            lean = side * -38.0
            canvas.ellipse(x, y, length + 7, 15 - 4 * tip, 53, lean)
            canvas.ellipse(x, y, length, 3.6, 640, lean)
            canvas.ellipse(x, y, length - 1.6, 1.5, 240, lean)
            if z_mm < 70:
                canvas.ellipse(x + side * 18, y - 16, 15 - 5 * ramp(z_mm, 30, 70), 7.5, 610, side * -20.0)
                canvas.ellipse(x + side * 18, y - 16, 12.5 - 5 * ramp(z_mm, 30, 70), 5.4, 230, side * -20.0)
                canvas.ellipse(x + side * 6, y + 15, 16, 3.0, 600, side * 42.0)
        if z_mm < 46:
            middle, reach = 32 + 80 * (1 - z_mm / 46), 15 + 22 * bump(z_mm, 0, 8, 24, 46)
            y = -52 + 16 * (1 - z_mm / 46)
            canvas.ellipse(side * middle, y, reach, 5.8, 700, side * -24.0)
            canvas.ellipse(side * middle, y, reach - 2, 3.4, 230, side * -24.0)


def paint_spine(canvas: Canvas, z_mm: float, grain: Plane) -> None:
    """Vertebral body or disc, canal with cord, arch and processes."""
    phase = (z_mm + 5) % VERTEBRA_MM / VERTEBRA_MM
    disc = bump(phase, 0.0, 0.07, 0.16, 0.23)
    grow = 0.84 + 0.22 * ramp(z_mm, 0, 300)
    a, b = 16.5 * grow * (1 - 0.06 * bump(phase, 0.3, 0.5, 0.75, 1)), 13.5 * grow

    def body(inset: float) -> Plane:
        window = canvas.grid.window(0, SPINE_Y, 34, 34)
        px, py = canvas.x[window], canvas.y[window] - np.float32(SPINE_Y)
        hollow = ellipse(px, py - np.float32(b + 5.5), 9.0 * grow, 7.6)
        distance: Plane = np.maximum(ellipse(px, py, a - inset, b - inset), -hollow + np.float32(inset))
        return distance

    window = canvas.grid.window(0, SPINE_Y, 34, 34)
    trabecular = 175 + 40 * grain[window]
    canvas.fill(body(0.0), 470 * (1 - disc) + 88 * disc, window)
    canvas.fill(body(1.5), (1 - disc) * trabecular + disc * 92, window)
    back = SPINE_Y + b + 6.0
    arch = bump(phase, 0.12, 0.3, 0.78, 0.98)
    if arch > 0.1:
        for side in (-1, 1):
            canvas.rod(side * 10.5, back - 7, side * 13, back + 3, 3.4, 520 * arch)
            canvas.rod(side * 12.5, back + 3, side * 2, back + 13, 3.0, 560 * arch)
            if bump(phase, 0.25, 0.4, 0.6, 0.75) > 0.3:
                canvas.rod(side * 14, back + 2, side * 33, back + 9, 4.2, 540)
                canvas.rod(side * 15, back + 2, side * 32, back + 9, 2.2, 230)
                canvas.ellipse(side * 27, back - 9, 8, 5.2, 620, side * 40.0)
                canvas.ellipse(side * 27, back - 9, 6.2, 3.4, 240, side * 40.0)
    canvas.ellipse(0, back, 8.2, 7.2, 8)
    canvas.ellipse(0, back, 4.9, 4.0, 42)
    canvas.rod(0, back + 13, 0, back + 24, 2.9, 500)
    canvas.rod(0, back + 14, 0, back + 23, 1.4, 240)
    for side in (-1, 1):  # facet joints
        canvas.shape(side * 13.5, back + 6, 8, lambda px, py: rod(px, py, 3.0, 3.0, 3.2), 430 + 150 * (1 - arch))
