"""What the chest holds beside the lungs: heart, great vessels, airways, gullet, and the tops of liver, spleen and stomach."""

from __future__ import annotations

import numpy as np

from iac.local.phantom.canvas import Canvas, Plane, blend, bump, ellipse, ramp

BLOOD_HU = 44.0
RIGHT_DOME = (-60.0, -4.0, 296.0, 74.0, 74.0, 92.0)  # centre x, y, z and half axes of the diaphragm's right dome, mm
LEFT_DOME = (72.0, -2.0, 312.0, 66.0, 72.0, 86.0)


def dome(canvas: Canvas, z_mm: float, shape: tuple[float, float, float, float, float, float]) -> Plane:
    """Signed distance to a dome of the diaphragm in this slice; far outside above its top."""
    x, y, z, a, b, c = shape
    height = min(1.0, abs(z_mm - z) / c) if z_mm < z else 0.0
    if height >= 1.0:
        return np.full_like(canvas.hu, 99.0)
    scale = float(np.sqrt(1 - height * height))
    return ellipse(canvas.x - np.float32(x), canvas.y - np.float32(y), a * scale + 0.01, b * scale + 0.01)


def _heart(z_mm: float) -> tuple[float, float, float, float, float]:
    """Centre x, y, half axes and turn of the heart with its sac; no size outside it."""
    size = np.sqrt(max(0.0, 1 - ((z_mm - 205) / 66) ** 2))
    lean = ramp(z_mm, 150, 260)
    return 8 + 15 * lean, -30 - 4 * lean, 61 * size, 43 * size, 28.0


def mediastinum(canvas: Canvas, z_mm: float) -> Plane:
    """Signed distance to what lies between the lungs; far outside beyond 100 mm from the middle."""
    window = canvas.grid.window(10, 0, 92, 125)
    x, y = canvas.x[window], canvas.y[window]
    wide = 27 - 5 * bump(z_mm, 60, 120, 150, 190) + 6 * ramp(z_mm, 225, 290)
    lean = np.float32(4 * bump(z_mm, 80, 110, 130, 150))
    half = np.float32(wide) * (np.float32(0.50) + np.float32(0.5) / (1 + np.exp(-(y + np.float32(40)) / np.float32(9))))
    half *= np.float32(1) - np.float32(0.48) / (1 + np.exp(-(y - np.float32(26)) / np.float32(6)))
    column = np.abs(x - lean) - half
    spine = ellipse(x, y - np.float32(58), 20, 27)
    together = blend(column, spine, 5)
    if z_mm > 100:
        together = blend(together, ellipse(x - np.float32(26 - 13 * ramp(z_mm, 160, 300)), y - np.float32(33), 14.5, 14.5), 3)
    if 40 < z_mm < 175:  # the upper vena cava makes the right border
        together = blend(together, ellipse(x + np.float32(27), y + np.float32(13), 12, 11), 4)
    hx, hy, a, b, turn = _heart(z_mm)
    if a > 8:
        together = blend(together, ellipse(x - np.float32(hx), y - np.float32(hy), a + 1, b + 1, turn), 4)
    for side, hilum in ((-1, bump(z_mm, 118, 140, 165, 190)), (1, bump(z_mm, 112, 132, 158, 182))):
        if hilum > 0.05:
            bulge = ellipse(x - np.float32(side * 38), y - np.float32(3), 4 + 13 * hilum, 4 + 15 * hilum)
            together = blend(together, bulge, 6)
    plane = np.full_like(canvas.hu, 60.0)
    plane[window] = together
    return plane


def paint_abdomen(canvas: Canvas, z_mm: float, right: Plane, left: Plane, grain: Plane, veins: Plane) -> None:
    """Liver, stomach and spleen under the diaphragm; `right`, `left`: distances to its domes."""
    if float(right.min()) < 0:
        canvas.fill(right, 50)
        canvas.fill(right + np.float32(1.6), 60 + 2.5 * grain)
        vessel = np.abs(veins) * np.float32(9) - np.float32(1.3)
        canvas.fill(np.maximum(vessel, right + np.float32(14)), 42, strength=0.7)
    if z_mm > 258:
        reach = ramp(z_mm, 258, 300)
        canvas.ellipse(2 + 6 * reach, -46, 30 * reach + 6, 20 * reach + 3, 58, 12)
    if float(left.min()) < 0:
        canvas.fill(left, 46)
        canvas.fill(left + np.float32(1.8), -96 + 5 * grain)
        size = ramp(z_mm, 236, 292)
        spleen = ellipse(canvas.x - np.float32(90), canvas.y - np.float32(36), 40 * size + 4, 24 * size + 3, 58)
        canvas.fill(np.maximum(spleen, left + np.float32(3)), 50 + 1.5 * grain)
        stomach = ellipse(canvas.x - np.float32(62), canvas.y + np.float32(18), 44 * size + 3, 36 * size + 3, -30)
        stomach = np.maximum(stomach, left + np.float32(4))
        canvas.fill(stomach, 42)
        inside = stomach + np.float32(4)
        canvas.fill(inside, 16)
        canvas.fill(np.maximum(inside, canvas.y + np.float32(30)), -985)  # gas above fluid
        canvas.fill(np.maximum(np.abs(canvas.y + np.float32(30)) - np.float32(0.7), inside), -250, strength=0.6)


def paint_heart(canvas: Canvas, z_mm: float, grain: Plane) -> None:
    """Muscle and blood differ little without contrast medium; fat in the grooves shows the chambers."""
    x, y, a, b, turn = _heart(z_mm)
    if a < 9:
        return
    window = canvas.grid.window(x, y, 72, 66)
    px, py, grain = canvas.x[window] - np.float32(x), canvas.y[window] - np.float32(y), grain[window]
    sac = ellipse(px, py, a, b, turn)
    canvas.fill(np.abs(sac) - np.float32(0.6), -10, window, strength=0.8)
    fat = np.float32(0.6) + np.float32(2.0) * grain + np.clip(-px - np.float32(10), 0, 40) * np.float32(0.12)
    heart = sac + np.clip(fat, 0.4, 9)
    canvas.fill(heart, 50, window)
    canvas.fill(ellipse(px - np.float32(16), py - np.float32(6), a * 0.40, b * 0.36, turn), 40, window, strength=0.8)
    canvas.fill(ellipse(px + np.float32(10), py + np.float32(12), a * 0.36, b * 0.32, turn), 41, window, strength=0.8)
    groove = ramp(z_mm, 150, 175) * (1 - ramp(z_mm, 232, 255))
    if groove > 0.1:
        canvas.ellipse(x + 2, y - b * 0.80, 7 * groove, 2.6, -82, 35)
        canvas.ellipse(x - a * 0.60, y - b * 0.16, 3.2, 8.0 * groove, -80, 20)
        canvas.ellipse(x + 3, y - b * 0.77, 1.9, 1.5, 46)
        canvas.ellipse(x - a * 0.60, y - b * 0.12, 1.7, 1.7, 46)
    if 150 < z_mm < 196:  # left atrium
        canvas.ellipse(2, 6, 27 * bump(z_mm, 148, 164, 180, 198) + 4, 15, 43)


def paint_great_vessels(canvas: Canvas, z_mm: float) -> None:
    """Aorta and its branches, veins, pulmonary arteries."""
    vessel = BLOOD_HU
    if z_mm < 96:
        spread = ramp(z_mm, 20, 92)
        canvas.ellipse(-24 + 10 * spread, -4 - 14 * spread, 6.4, 6.0, vessel)
        canvas.ellipse(15 - 9 * spread, -6 - 12 * spread, 4.4, 4.2, vessel)
        canvas.ellipse(28 - 8 * spread, 10 - 4 * spread, 5.4, 5.0, vessel)
        canvas.ellipse(-36 + 10 * spread, -14 - 8 * spread, 8.5, 7.0, 40)
        canvas.ellipse(32 - 26 * spread, -24 - 4 * spread, 8.0 + 4 * spread, 5.5, 40, -18)
    if 88 < z_mm < 124:
        canvas.rod(-6, -24, 25, 30, 12.5 * bump(z_mm, 86, 98, 110, 124) + 1, vessel)
    if 108 < z_mm < 190:
        canvas.ellipse(-11 + 5 * ramp(z_mm, 110, 180), -23 - 3 * ramp(z_mm, 110, 180), 16.0, 16.0, vessel)
    if z_mm > 104:
        canvas.ellipse(24 - 13 * ramp(z_mm, 160, 300), 33 - 2 * ramp(z_mm, 160, 300), 12.2, 12.2, vessel)
        canvas.ellipse(24 - 13 * ramp(z_mm, 160, 300) + 10.6, 35, 0.9, 3.0, 380)  # a little chalk in the wall
    if 60 < z_mm < 172:
        canvas.ellipse(-29, -14, 9.2, 8.0, 40)
    if 122 < z_mm < 168:
        trunk = bump(z_mm, 122, 136, 152, 168)
        canvas.ellipse(19, -31, 14.5 * trunk + 1, 15.5 * trunk + 1, vessel)
        canvas.rod(16, -18, 37, 10, 9.5 * bump(z_mm, 122, 130, 138, 150) + 0.5, vessel)
        canvas.rod(14, -14, -44, 3, 9.8 * bump(z_mm, 130, 140, 150, 162) + 0.5, vessel)
    if z_mm > 222:
        canvas.ellipse(-27, 8, 12.5, 10.5, 41)
    canvas.ellipse(-9 + 2 * ramp(z_mm, 100, 200), 33, 2.6, 2.6, 40)  # azygos vein


def paint_airways_and_gullet(canvas: Canvas, z_mm: float) -> None:
    """Trachea, main bronchi, gullet, and a few small lymph nodes in the fat."""
    split = 132.0
    canvas.ellipse(6 + 8 * ramp(z_mm, 130, 260), 22 + 2 * ramp(z_mm, 0, 90), 8.0, 5.6, 38)
    canvas.ellipse(6 + 8 * ramp(z_mm, 130, 260), 21 + 2 * ramp(z_mm, 0, 90), 2.2, 0.9, -420)
    for x, y, r in ((-16, -4, 3.1), (13, 4, 2.7), (-6, 16, 2.9)):
        if 84 < z_mm < 128:
            canvas.ellipse(x, y, r * 1.5 * bump(z_mm, 84, 96, 112, 128) + 0.2, r, 36, 30)
    if z_mm < split + 2:
        stretch = 1 + 0.5 * ramp(z_mm, split - 16, split)
        canvas.ellipse(-1, 7, 10.6 * stretch, 9.6, 25)
        canvas.ellipse(-1, 7, 8.9 * stretch, 8.0, -990)
    if split - 4 < z_mm < split + 40:
        away = (z_mm - split + 4) / 44
        for side, slope in ((-1, 1.0), (1, 1.22)):
            bx, by = side * (7 + 34 * slope * away), 7 + (3 * away if side < 0 else 6 * away)
            long = 8.8 - 2.2 * away
            canvas.ellipse(bx, by, long + 3.4, long + 0.8, 28, side * 14.0)
            canvas.ellipse(bx, by, long + 1.9, long - 0.8, -988, side * 14.0)
