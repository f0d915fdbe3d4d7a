"""How the stored values of an image are to be read. Source: DICOM PS3.3 C.7.6.3, PS3.5 8.1.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.core.imaging.attributes import short, text
from functions.core.imaging.errors import PixelsUnreadable

if TYPE_CHECKING:
    import pydicom
    from numpy.typing import NDArray

ROWS, COLUMNS, SAMPLES, PHOTOMETRIC, PLANAR = 0x00280010, 0x00280011, 0x00280002, 0x00280004, 0x00280006
ALLOCATED, STORED, HIGH_BIT, REPRESENTATION = 0x00280100, 0x00280101, 0x00280102, 0x00280103
PADDING, PADDING_LIMIT = 0x00280120, 0x00280121


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """padding: (PixelPaddingValue, PixelPaddingRangeLimit), equal when there is no limit; None without padding."""

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    padding: tuple[int, int] | None


def format_of(ds: pydicom.Dataset) -> PixelFormat | None:
    """None when the data set is no image."""
    rows, columns = short(ds, ROWS), short(ds, COLUMNS)
    if not rows or not columns:
        return None
    allocated = min(short(ds, ALLOCATED) or 8, 64)
    stored = min(short(ds, STORED) or allocated, allocated)
    high = short(ds, HIGH_BIT)
    signed = short(ds, REPRESENTATION) == 1
    return PixelFormat(
        rows=rows,
        columns=columns,
        samples=min(short(ds, SAMPLES) or 1, 4),
        photometric=text(ds, PHOTOMETRIC)[:24] or "MONOCHROME2",
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high if high is not None and stored - 1 <= high < allocated else stored - 1,
        signed=signed,
        padding=_padding(ds, signed),
    )


def image_format(ds: pydicom.Dataset) -> PixelFormat:
    """As `format_of`. Raises PixelsUnreadable when the data set is no image."""
    form = format_of(ds)
    if form is None:
        raise PixelsUnreadable(what="no image")
    return form


def _padding(ds: pydicom.Dataset, signed: bool) -> tuple[int, int] | None:
    value, limit = short(ds, PADDING, signed), short(ds, PADDING_LIMIT, signed)
    if value is None:
        return None
    return value, value if limit is None else limit


def stored_values(words: NDArray[Any], form: PixelFormat) -> NDArray[Any]:
    """The stored values in their containers: bits above high_bit are dropped (old images keep overlays there), the sign extended.

    words: integers of 8, 16 or 32 bit, signed or not. Returns the same shape; the same array when nothing is to be done.
    """
    import numpy as np

    width = words.dtype.itemsize * 8
    kind = np.dtype(f"{'i' if form.signed else 'u'}{width // 8}")
    spare = width - form.bits_stored
    if spare <= 0 or form.bits_allocated == 1:
        return words.view(kind) if words.dtype != kind and form.bits_allocated > 1 else words
    if width != form.bits_allocated:  # a decoder's container, not the data set's
        if form.signed and words.dtype.kind == "i":
            return words
        up = spare
    else:
        up = width - 1 - form.high_bit
    return (words.view(kind) << up) >> spare
