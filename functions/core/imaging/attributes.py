"""Reads attributes for those who need values: pydicom, lazily, and never a surprise."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from functions.core.imaging.data_set import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE, PIXEL_DATA
from functions.core.imaging.errors import DataSetMalformed

if TYPE_CHECKING:
    import pydicom

MAX_INFLATED = 64 * 1024 * 1024


def read(data: bytes, transfer_syntax_uid: str) -> pydicom.Dataset:
    """The elements before the top-level pixel data.

    Values are decoded when they are asked for. An unknown character set falls back to Latin-1. Raises DataSetMalformed when the
    bytes cannot be read at all.
    """
    from pydicom.errors import BytesLengthException
    from pydicom.filereader import read_dataset

    if transfer_syntax_uid == DEFLATED:
        data = _inflate(data)
    implicit, little = transfer_syntax_uid == IMPLICIT_LITTLE, transfer_syntax_uid != EXPLICIT_BIG
    try:
        return read_dataset(BytesIO(data), implicit, little, stop_when=_at_pixels)
    except (ValueError, EOFError, OSError, AttributeError, KeyError, TypeError, LookupError, NotImplementedError) as error:
        raise DataSetMalformed(what=type(error).__name__, offset=0) from error
    except (BytesLengthException, RecursionError) as error:
        raise DataSetMalformed(what=type(error).__name__, offset=0) from error


def _at_pixels(tag: Any, _vr: str | None, _length: int) -> bool:
    return bool(tag == PIXEL_DATA)


def _inflate(data: bytes) -> bytes:
    """Deflated data sets are raw deflate, PS3.5 A.5. Bounded: a bomb is cut off, not unpacked."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise DataSetMalformed(what="deflate", offset=0) from error
