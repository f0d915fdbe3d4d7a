"""From a parcel back to the data set bytes, exactly as received."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from functions.core.imaging import codestream, native
from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.pixel_object import Piece, check_piece

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.core.imaging.heads import Frame, Heads, Instance

Fetch = Callable[[str, int, int], bytes]
"""fetch(kind, offset, length) → bytes of the parcel's `low` or `rest`."""


def frame_bytes(frame: Frame, fetch: Fetch, reduce: int = 0) -> bytes:
    """The pieces of a frame joined, each checked. reduce: 0 full, 1 half, 2 quarter. Raises ParcelDamaged."""
    if frame.quarter is None:
        return _piece("rest", frame.full, fetch)
    pieces = [_piece("low", frame.quarter, fetch)]
    if reduce < 2 and frame.half:
        pieces.append(_piece("rest", frame.half, fetch))
    if reduce < 1:
        pieces.append(_piece("rest", frame.full, fetch))
    return b"".join(pieces) if reduce < 1 else b"".join((*pieces, codestream.END))


def _piece(kind: str, piece: Piece, fetch: Fetch) -> bytes:
    return check_piece(kind, piece, fetch(kind, piece.offset, piece.bytes))


def words(instance: Instance, stored: bytes) -> NDArray[Any]:
    """Flat stored values of one frame of an htj2k or zstd instance, little-endian. Raises PixelsUnreadable, ParcelDamaged."""
    assert instance.layout is not None
    if instance.mode == "htj2k":
        codestream.check_size(stored, instance.layout.shape)
        return native.from_image(codestream.decode(stored), instance.layout)
    return unpack_words(stored, instance.layout)


def pack_words(frame: NDArray[Any]) -> bytes:
    """A frame's words as a zstd blob."""
    import zstandard

    packed: bytes = zstandard.ZstdCompressor(level=6, write_content_size=True).compress(frame.data)
    return packed


def unpack_words(stored: bytes, layout: native.Layout) -> NDArray[Any]:
    """The opposite of `pack_words`. Raises ParcelDamaged; allocates no more than one frame."""
    import numpy as np
    import zstandard

    try:
        if zstandard.get_frame_parameters(stored).content_size != layout.frame_bytes:
            raise ParcelDamaged(what="zstd frame size")
        data = zstandard.ZstdDecompressor().decompress(stored, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ParcelDamaged(what="zstd frame") from error
    return np.frombuffer(data, native.word_type(layout))


def weave(runs: Sequence[int], head: bytes, pixels: bytes | memoryview) -> bytes:
    """Lay head and pixel bytes in turn, as the recipe says."""
    if len(runs) == 1:
        return head
    out, sources, at = [], (memoryview(head), memoryview(pixels)), [0, 0]
    for number, length in enumerate(runs):
        side = number % 2
        out.append(sources[side][at[side] : at[side] + length])
        at[side] += length
    return b"".join(out)


def weaves_into(data: bytes, runs: Sequence[int], head: bytes, pixels: Iterable[bytes | memoryview]) -> bool:
    """Whether `weave` gives `data`, found out without making it. pixels: in runs of any length, taken one at a time."""
    heads, chunk, at = memoryview(head), memoryview(b""), 0
    stream = (memoryview(run) for run in pixels if len(run))
    for number, length in enumerate(runs):
        end = at + length
        if number % 2 == 0:
            piece, heads = heads[:length], heads[length:]
            if len(piece) != length or not data.startswith(piece, at):
                return False
        else:
            while at < end:
                chunk = chunk or next(stream, chunk)
                piece, chunk = chunk[: end - at], chunk[end - at :]
                if not piece or not data.startswith(piece, at):
                    return False
                at += len(piece)
        at = end
    return at == len(data) and not heads and not chunk and not any(stream)


def rebuild_parts(parts: Sequence[tuple[Heads, Instance, Fetch]]) -> bytes:
    """The data set bytes of an instance from all its parts, in any order, checked against its SHA-256.

    Raises ParcelDamaged when a part is missing, a piece is damaged or the digest differs.
    """
    ordered = sorted(parts, key=lambda part: part[1].part)
    first_heads, first, _ = ordered[0]
    if [part[1].part for part in ordered] != list(range(first.parts)) or len({part[1].sha256 for part in ordered}) != 1:
        raise ParcelDamaged(what=f"{len(ordered)} of {first.parts} parts")
    if first.mode == "verbatim":
        data = b"".join(heads.head_bytes(instance) for heads, instance, _ in ordered)
    else:
        stored = [frame_bytes(frame, fetch) for _, instance, fetch in ordered for frame in instance.frames]
        data = weave(first.runs, first_heads.head_bytes(first), pixel_bytes(first, stored))
    if len(data) != first.bytes or hashlib.sha256(data).hexdigest() != first.sha256:
        raise ParcelDamaged(what="rebuilt data set differs from what was received")
    return data


def pixel_bytes(instance: Instance, stored: Sequence[bytes]) -> bytes | memoryview:
    """The pixel bytes of the data set from the stored bytes of all its frames."""
    if instance.mode == "stored":
        return b"".join(stored)
    assert instance.layout is not None
    return native.to_bytes([words(instance, frame) for frame in stored], instance.layout)


def rebuild(heads: Heads, instance: Instance, fetch: Fetch) -> bytes:
    """The data set bytes of an instance that is whole in this parcel. Raises ParcelDamaged."""
    return rebuild_parts([(heads, instance, fetch)])
