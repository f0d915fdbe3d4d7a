"""From modality values to grey levels. Source: DICOM PS3.3 C.11.2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from functions.core.imaging.errors import WindowTooNarrow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.core.imaging.luts import Lut

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
LOW_PERCENTILE, HIGH_PERCENTILE = 1.0, 99.5


def window(values: NDArray[Any], center: float, width: float, function: str = "LINEAR") -> NDArray[np.uint8]:
    """Turn modality values into 8-bit grey.

    values: any shape, after rescale, e.g. HU. center, width: in the unit of `values`.
    function: LINEAR (C.11.2.1.2.1), LINEAR_EXACT (C.11.2.1.3.2) or SIGMOID (C.11.2.1.3.1).
    Returns uint8, same shape, 0 = black; halves are rounded to the even level.
    Raises WindowTooNarrow when width < 1 (LINEAR) or <= 0 (the others).
    """
    if width < 1 if function == "LINEAR" else width <= 0:
        raise WindowTooNarrow(width=width, function=function)
    x = np.asarray(values, np.float64)
    if function == "SIGMOID":
        grey = 255 / (1 + np.exp(np.clip(-4 * (x - center) / width, -700, 700)))
    elif function == "LINEAR_EXACT":
        grey = ((x - center) / width + 0.5) * 255
    elif width == 1:
        grey = np.where(x > center - 0.5, 255.0, 0.0)
    else:
        grey = ((x - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(np.clip(grey, 0, 255)).astype(np.uint8)


def look_up(values: NDArray[Any], table: Lut) -> NDArray[np.uint16]:
    """Values of a table; those below its first and above its last input take the ends (C.11.1.1, C.11.2.1.1)."""
    index: NDArray[np.int64] = np.clip(np.rint(values).astype(np.int64) - table.first, 0, len(table.values) - 1)
    return np.asarray(table.values, np.uint16).take(index)


def to_eight_bits(values: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """Scale 0 … 2^bits − 1 to 0 … 255."""
    if bits == 8:
        return values.astype(np.uint8)
    return np.rint(values.astype(np.float64) * (255 / ((1 << bits) - 1))).clip(0, 255).astype(np.uint8)


def default_window(values: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> tuple[float, float]:
    """(center, width) for an image that names none: from the 1st to the 99.5th percentile of its values.

    keep: which values count (padding does not). Never narrower than 1.
    """
    counted = values if keep is None else values[keep]
    if counted.size == 0:
        return 0.5, 1.0
    low, high = (float(value) for value in np.percentile(counted, (LOW_PERCENTILE, HIGH_PERCENTILE)))
    width = max(high - low + 1, 1.0)
    return low + width / 2, width
