"""Slices in patient space. Source: DICOM PS3.3 C.7.6.2.1.1 and 10.7.1.3; millimetres throughout."""

from __future__ import annotations

import math
from collections.abc import Sequence


def normal(orientation: Sequence[float]) -> tuple[float, float, float] | None:
    """Unit normal of a plane from its six direction cosines; None when they span none."""
    if len(orientation) != 6 or not all(map(math.isfinite, orientation)):
        return None
    rx, ry, rz, cx, cy, cz = orientation
    x, y, z = ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx
    length = math.sqrt(x * x + y * y + z * z)
    return (x / length, y / length, z / length) if length > 0.1 else None


def along_normal(orientation: Sequence[float], position: Sequence[float]) -> float | None:
    """Signed distance of a slice from the origin along its normal, mm; None without usable geometry."""
    axis = normal(orientation)
    if axis is None or len(position) != 3 or not all(map(math.isfinite, position)):
        return None
    return sum(a * p for a, p in zip(axis, position, strict=True))
