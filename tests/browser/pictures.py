"""Pictures for the stand-in cloud: the chest phantom as a thumbnail and as a sheet of film."""

from __future__ import annotations

import hashlib
import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iac.local.phantom.scan import ChestScan

SHEET = (1240, 1754)  # width, height: A4 at 150 dpi
COLUMNS, ROWS = 4, 5
MARGIN = 30


@cache
def _slices() -> tuple[NDArray[np.uint8], ...]:
    """Twenty slices, 256 x 256, soft tissue and lung in one window (centre -300 HU, width 1500 HU)."""
    return tuple(_windowed(hu) for hu in ChestScan(256, 7).slices(COLUMNS * ROWS))


def _windowed(hu: NDArray[np.int16]) -> NDArray[np.uint8]:
    return np.clip((hu.astype(np.float32) + 1050) / 1500 * 255, 0, 255).astype(np.uint8)


@cache
def thumbnail(number: int = 9) -> bytes:
    """One slice as a JPEG of 256 x 256."""
    return _jpeg(Image.fromarray(_slices()[number % len(_slices())]))


@cache
def sheet(number: int = 0) -> bytes:
    """All slices on one sheet, as a JPEG. Sheets of other numbers begin with other slices."""
    page = Image.new("L", SHEET, 0)
    width = (SHEET[0] - 2 * MARGIN) // COLUMNS
    height = (SHEET[1] - 2 * MARGIN) // ROWS
    for place in range(COLUMNS * ROWS):
        values = _slices()[(place + number) % len(_slices())]
        picture = Image.fromarray(values).resize((width - 6, width - 6), Image.Resampling.LANCZOS)
        page.paste(picture, (MARGIN + place % COLUMNS * width, MARGIN + place // COLUMNS * height))
    return _jpeg(page)


@cache
def named() -> dict[str, bytes]:
    """Sheets and thumbnails by their SHA-256, as the vault names them."""
    pictures = [*(sheet(number) for number in range(2)), *(thumbnail(number) for number in range(3))]
    return {hashlib.sha256(picture).hexdigest(): picture for picture in pictures}


def name_of(picture: bytes) -> str:
    """Its SHA-256."""
    return hashlib.sha256(picture).hexdigest()


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
