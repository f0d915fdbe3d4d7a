"""Colour images to RGB. Source: DICOM PS3.3 C.7.6.3.1.2 (photometric interpretation), C.7.6.3.1.5 (palette)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from functions.core.imaging.windowing import look_up, to_eight_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.core.imaging.luts import Lut


def to_rgb(values: NDArray[Any], photometric: str, bits: int) -> NDArray[np.uint8]:
    """(rows, columns, 3 or 4) stored values to (rows, columns, 3) uint8. bits: stored in a sample."""
    samples = to_eight_bits(values, bits)
    if photometric == "CMYK":
        ink = 255 - samples.astype(np.uint16)
        return (ink[..., :3] * ink[..., 3:] // 255).astype(np.uint8)
    if photometric == "ARGB":
        return samples[..., 1:]
    if photometric.startswith("YBR"):
        return _from_ybr(samples, full_range=not photometric.startswith("YBR_PARTIAL"))
    return samples[..., :3]


def _from_ybr(samples: NDArray[np.uint8], full_range: bool) -> NDArray[np.uint8]:
    y, cb, cr = (samples[..., channel].astype(np.float64) for channel in range(3))
    if not full_range:
        y, cb, cr = (y - 16) * (255 / 219), (cb - 128) * (255 / 224) + 128, (cr - 128) * (255 / 224) + 128
    red = y + 1.402 * (cr - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    blue = y + 1.772 * (cb - 128)
    return np.rint(np.stack((red, green, blue), axis=-1)).clip(0, 255).astype(np.uint8)


def from_palette(values: NDArray[Any], palette: tuple[Lut, Lut, Lut]) -> NDArray[np.uint8]:
    """(rows, columns) stored values to (rows, columns, 3) uint8."""
    return np.stack([to_eight_bits(look_up(values, table), table.bits) for table in palette], axis=-1)
