"""HTJ2K codestreams cut by resolution.

The profile (docs: FORMAT.md §1): reversible 5/3, RPCL, 5 decompositions, 64×64 blocks, one tile, tile-parts at resolutions, TLM.
Markers and segments: ISO/IEC 15444-1 Annex A. The codec is imported where it is used: it costs 100 ms and 60 MB that a function
which only reads tables must not pay.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.core.imaging.errors import PixelsUnreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECOMPOSITIONS = 5
TILE_PARTS = DECOMPOSITIONS + 1
MIN_SIDE = 32
SOC, SOT, COM, EOC = 0xFF4F, 0xFF90, 0xFF64, 0xFFD9
SOT_SEGMENT = struct.Struct(">HxxHIB")  # marker, (length), tile, length of the tile-part, its number: A.4.2
END = b"\xff\xd9"
SIZ = b"\xff\x4f\xff\x51"
JP2_SIGNATURE = b"\0\0\0\x0cjP  "


class Cuts(NamedTuple):
    """Where the pieces half and full begin in a codestream; quarter begins it."""

    half: int
    full: int


def encode(frame: NDArray[Any]) -> tuple[bytes, Cuts]:
    """Encode one frame without loss and find its pieces.

    frame: (rows, columns) of 8 or 16 bit, or (rows, columns, 3) uint8; int8 is widened to int16.
    Returns what `cut` does. Raises PixelsUnreadable when the codec refuses the frame.
    """
    import imagecodecs
    import numpy as np

    if frame.dtype == np.int8:
        frame = frame.astype(np.int16)
    colour = True if frame.ndim == 3 else None
    try:
        stream = imagecodecs.htj2k_encode(frame, reversible=True, resolutions=DECOMPOSITIONS, tlm=True, tilepart=1, rgb=colour)
    except (RuntimeError, ValueError, TypeError) as error:
        raise PixelsUnreadable(what=f"HTJ2K: {type(error).__name__}") from error
    return cut(bytes(stream))


def decode(stream: bytes, reduce: int = 0) -> NDArray[Any]:
    """Decode a codestream, or its beginning up to the resolution asked for.

    reduce: 0 full, 1 half, 2 quarter size. Raises PixelsUnreadable.
    """
    import imagecodecs

    try:
        return imagecodecs.htj2k_decode(stream, skipres=reduce or None)
    except (RuntimeError, ValueError, TypeError, OverflowError) as error:
        raise PixelsUnreadable(what=f"HTJ2K: {type(error).__name__}") from error


def check_size(stream: bytes, shape: tuple[int, int, int]) -> None:
    """Compare the size a codestream claims with (rows, columns, samples), before a decoder allocates it.

    Source: ISO/IEC 15444-1 A.5.1, SIZ. Raises PixelsUnreadable.
    """
    at = _start(stream)
    if not stream.startswith(SIZ, at) or at + 42 > len(stream):
        raise PixelsUnreadable(what="codestream without size")
    right, bottom, left, top = struct.unpack_from(">4I", stream, at + 8)
    (samples,) = struct.unpack_from(">H", stream, at + 40)
    if (bottom - top, right - left, samples) != shape:
        raise PixelsUnreadable(what=f"codestream of {bottom - top} × {right - left} × {samples} instead of {shape}")


def _start(stream: bytes) -> int:
    """Where the codestream begins: some writers leave the boxes of a JP2 file round it (ISO/IEC 15444-1 I.4)."""
    at = 0
    while stream.startswith(JP2_SIGNATURE) and at + 8 <= len(stream):
        length, kind = struct.unpack_from(">I4s", stream, at)
        if kind == b"jp2c":
            return at + 8
        if length < 8:
            break
        at += length
    return 0


def cut(stream: bytes) -> tuple[bytes, Cuts]:
    """Drop the comments of a codestream of the profile, and find where resolutions 1/4 and 1/2 end.

    Returns the codestream without comments, in one piece because it is decoded and compared as such, and the cuts.
    Raises PixelsUnreadable when it is not of the profile: nothing is guessed.
    """
    main, first = _main_header(stream)
    ends, at = [], first
    for number in range(TILE_PARTS):
        if at + 12 > len(stream):
            raise PixelsUnreadable(what="tile-part missing")
        marker, tile, length, index = SOT_SEGMENT.unpack_from(stream, at)
        if marker != SOT:
            raise PixelsUnreadable(what="tile-part missing")
        if tile != 0 or index != number or length < 14 or at + length > len(stream):
            raise PixelsUnreadable(what="tile-parts out of order")
        ends.append(at := at + length)
    if stream[at:] != END:
        raise PixelsUnreadable(what="no end of codestream")
    dropped = first - len(main)
    return b"".join((main, memoryview(stream)[first:])), Cuts(ends[TILE_PARTS - 3] - dropped, ends[TILE_PARTS - 2] - dropped)


def _main_header(stream: bytes) -> tuple[bytes, int]:
    """The main header without comments, and the offset of the first tile-part."""
    if stream[:2] != b"\xff\x4f":
        raise PixelsUnreadable(what="not a codestream")
    kept, at = [stream[:2]], 2
    while at + 4 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, at)
        if marker == SOT:
            return b"".join(kept), at
        if marker != COM:
            kept.append(stream[at : at + 2 + length])
        at += 2 + length
    raise PixelsUnreadable(what="main header cut off")
