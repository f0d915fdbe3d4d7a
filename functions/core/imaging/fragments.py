"""Which fragments of encapsulated pixel data belong to which frame.

Source: DICOM PS3.5 A.4 (basic offset table, one or more fragments per frame), PS3.3 C.7.6.3.1.8 (extended offset table).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from functions.core.imaging import data_set as tags
from functions.core.imaging.errors import DataSetMalformed
from functions.core.imaging.native import frame_count
from functions.core.imaging.transfer_syntax import is_video

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.core.imaging.data_set import Walked

STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # JPEG and JPEG-LS; JPEG 2000 and HTJ2K


def group(data: memoryview, walked: Walked, transfer_syntax_uid: str) -> list[list[tuple[int, int]]]:
    """The (offset, length) of each frame's fragments. Video is one frame: its stream knows its pictures.

    Raises DataSetMalformed when frames and fragments cannot be matched without guessing.
    """
    assert walked.pixels is not None
    assert walked.pixels.fragments is not None
    pixels = walked.pixels
    if not pixels.fragments or len(pixels.fragments) == 1:
        raise DataSetMalformed(what="no fragment", offset=pixels.offset)
    table, fragments = walked.pixels.fragments[0], walked.pixels.fragments[1:]
    frames = 1 if is_video(transfer_syntax_uid) else frame_count(walked)
    if frames == 1:
        return [list(fragments)]
    if frames == len(fragments):
        return [[fragment] for fragment in fragments]
    first = fragments[0][0] - 8
    for starts in (_basic(data, table), _extended(walked)):
        if len(starts) == frames:
            return _split(fragments, [first + start for start in starts], pixels.offset)
    starts = [at - 8 for at, size in fragments if bytes(data[at : at + min(size, 4)]).startswith(STARTS)]
    if len(starts) == frames:
        return _split(fragments, starts, pixels.offset)
    raise DataSetMalformed(what=f"{len(fragments)} fragments for {frames} frames", offset=pixels.offset)


def _basic(data: memoryview, table: tuple[int, int]) -> Sequence[int]:
    at, size = table
    return struct.unpack_from(f"<{size // 4}I", data, at)


def _extended(walked: Walked) -> Sequence[int]:
    raw = walked.values.get(tags.EXTENDED_OFFSETS, b"")
    return struct.unpack_from(f"<{len(raw) // 8}Q", raw)


def _split(fragments: Sequence[tuple[int, int]], starts: Sequence[int], offset: int) -> list[list[tuple[int, int]]]:
    """starts: offset of the first item header of each frame."""
    wanted = set(starts)
    frames: list[list[tuple[int, int]]] = []
    for at, size in fragments:
        if at - 8 in wanted:
            frames.append([])
        if not frames:
            break
        frames[-1].append((at, size))
    if len(frames) != len(starts):
        raise DataSetMalformed(what="offset table does not meet fragments", offset=offset)
    return frames
