"""Reads attributes for those who need values: lazily, fast, and never a surprise.

pydicom parses the structure; plain numbers and texts are taken from its raw elements here, since a series index needs thirty
values of each of a thousand slices and a value that cannot be read must be an absent one, not an error.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, Any

from functions.core.imaging.data_set import DEFLATED, EXPLICIT_BIG, PIXEL_DATA, is_implicit
from functions.core.imaging.errors import DataSetMalformed

if TYPE_CHECKING:
    import pydicom

MAX_INFLATED = 64 * 1024 * 1024
MAX_ELEMENTS = 20_000  # at the top level; a megabyte of zeros would be read as 131,072 empty elements
UNREADABLE = (
    *(ValueError, TypeError, KeyError, AttributeError, LookupError, OverflowError, EOFError, OSError),
    *(NotImplementedError, RecursionError, struct.error),
)


def read(data: bytes, transfer_syntax_uid: str) -> pydicom.Dataset:
    """The elements before the top-level pixel data.

    Values are decoded when they are asked for. An unknown character set falls back to Latin-1. Raises DataSetMalformed when the
    bytes cannot be read at all.
    """
    from pydicom import config
    from pydicom.filereader import read_dataset

    config.settings.reading_validation_mode = config.IGNORE  # its warnings quote values, and warnings end up in logs
    if transfer_syntax_uid == DEFLATED:
        data = _inflate(data)
    little = transfer_syntax_uid != EXPLICIT_BIG
    try:
        return read_dataset(BytesIO(data), little and is_implicit(data), little, stop_when=_at_pixels())
    except UNREADABLE as error:
        raise DataSetMalformed(what=type(error).__name__, offset=0) from error


def _at_pixels() -> Callable[[Any, str | None, int], bool]:
    """Where pydicom is to stop: at the pixel data. Raises DataSetMalformed after `MAX_ELEMENTS`."""
    left = MAX_ELEMENTS

    def stop(tag: Any, _vr: str | None, _length: int) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise DataSetMalformed(what=f"more than {MAX_ELEMENTS} elements", offset=0)
        return bool(tag == PIXEL_DATA)

    return stop


def _inflate(data: bytes) -> bytes:
    """Deflated data sets are raw deflate, PS3.5 A.5. Bounded: a bomb is cut off, not unpacked."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise DataSetMalformed(what="deflate", offset=0) from error


def texts(ds: pydicom.Dataset, tag: int) -> list[str]:
    """The values of a CS, DS, IS, TM, DA, UI or plain ASCII element, stripped; empty when absent. For names use `charset`."""
    raw = _raw(ds, tag)
    if raw is None:
        return []
    if isinstance(raw, bytes):
        text = raw.decode("latin-1").rstrip(" \0")
        return [part.strip(" \0") for part in text.split("\\")] if text else []
    if isinstance(raw, str | int | float):
        return [str(raw)]
    return [str(part) for part in raw]


def text(ds: pydicom.Dataset, tag: int) -> str:
    """The first value, or an empty string."""
    values = texts(ds, tag)
    return values[0] if values else ""


def numbers(ds: pydicom.Dataset, tag: int) -> list[float]:
    """The values of a DS or IS element; empty when absent or when one is no finite number."""
    try:
        values = [float(part) for part in texts(ds, tag)]
    except ValueError:
        return []
    return values if all(map(isfinite, values)) else []


def number(ds: pydicom.Dataset, tag: int) -> float | None:
    """The first number of a DS or IS element; None when it has none."""
    values = numbers(ds, tag)
    return values[0] if values else None


def packed(ds: pydicom.Dataset, tag: int, code: str) -> list[Any]:
    """The values of a binary element. code: struct letter of one value: H, h, I, f, d."""
    item = _item(ds, tag)
    value = getattr(item, "value", None)
    if isinstance(value, bytes):
        order = "<" if getattr(item, "is_little_endian", True) else ">"
        count = len(value) // struct.calcsize(code)
        return list(struct.unpack_from(f"{order}{count}{code}", value))
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, Sequence) else [value]


def short(ds: pydicom.Dataset, tag: int, signed: bool = False) -> int | None:
    """The first value of a US, SS or "US or SS" element, read as the pixel representation says whatever VR it came with."""
    values = packed(ds, tag, "H")
    if not values or not isinstance(values[0], int):
        return None
    value = values[0] & 0xFFFF
    return value - 0x10000 if signed and value > 0x7FFF else value


def items(ds: pydicom.Dataset | None, tag: int) -> Sequence[pydicom.Dataset]:
    """The items of a sequence; empty when it is absent or cannot be read."""
    if ds is None or tag not in ds:
        return ()
    try:
        value = ds[tag].value
    except UNREADABLE:
        return ()
    return value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else ()


def first_item(ds: pydicom.Dataset | None, tag: int) -> pydicom.Dataset | None:
    found = items(ds, tag)
    return found[0] if found else None


def _item(ds: pydicom.Dataset, tag: int) -> Any:
    try:
        return ds.get_item(tag)  # None when it is absent
    except UNREADABLE:
        return None


def _raw(ds: pydicom.Dataset, tag: int) -> Any:
    return getattr(_item(ds, tag), "value", None)
