"""A QR code as modules, to be drawn by whoever draws."""

from __future__ import annotations

import numpy as np
import segno
from numpy.typing import NDArray


def matrix(text: str) -> NDArray[np.bool_]:
    """The modules, True = dark, without the quiet zone. Error correction M: paper gets folded."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return np.array([[bool(module) for module in row] for row in code.matrix], dtype=np.bool_)
