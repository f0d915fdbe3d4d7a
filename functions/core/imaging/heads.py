"""The heads object: everything of a parcel's instances but their pixels, and where the pixels are (FORMAT.md §2)."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import zstandard

from functions.core.imaging import data_set as tags
from functions.core.imaging.errors import ParcelDamaged, ParcelUnknown
from functions.core.imaging.native import Layout, layout_from_json
from functions.core.imaging.pixel_object import CLEAR, HEADS, MAGIC, MAX_OBJECT, VERSION, Piece
from functions.core.imaging.pixel_object import HEADER as PIXEL_HEADER

if TYPE_CHECKING:
    import pydicom

HEADER = struct.Struct("<4sBBBBIIIIIIII")
MAX_DIRECTORY = 32 * 1024 * 1024
MAX_BLOB = 32 * 1024 * 1024
MAX_FRAMES = 2 * tags.MAX_FRAMES  # of a parcel
MODES = ("htj2k", "zstd", "stored", "verbatim")
LEVEL = 3  # 6 takes three times as long and saves 1 %


class Frame(NamedTuple):
    """Pieces of one frame; quarter and half are None for every codec but htj2k."""

    quarter: Piece | None
    half: Piece | None
    full: Piece


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance, or one part of a large one, in a parcel.

    sha256, bytes: of the whole data set as received. part: from 0, of `parts`.
    head: (offset, length) in the blob. runs: lengths of head, pixel, head, … bytes that make the data set in turn.
    first_frame: number from 0, in the instance, of frames[0]. reason: why the data set is kept verbatim, one line; else empty.
    """

    sop_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    sha256: str
    bytes: int
    part: int
    parts: int
    mode: str
    reason: str
    head: tuple[int, int]
    runs: tuple[int, ...]
    layout: Layout | None
    first_frame: int
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class PixelObject:
    """What the heads object says of `low` or `rest`."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Heads:
    """An opened heads object."""

    instances: tuple[Instance, ...]
    low: PixelObject | None
    rest: PixelObject | None
    blob: bytes

    def head_bytes(self, instance: Instance) -> bytes:
        """All bytes of the data set but its pixels, or the bytes of a verbatim part."""
        offset, length = instance.head
        return self.blob[offset : offset + length]

    def data_set(self, instance: Instance) -> pydicom.Dataset:
        """The attributes, without pixel data. Raises DataSetMalformed when the bytes are no data set."""
        from functions.core.imaging.attributes import read

        return read(self.head_bytes(instance), instance.transfer_syntax_uid)


def pack_heads(instances: Sequence[Instance], blob: bytes, low: PixelObject | None, rest: PixelObject | None) -> bytes:
    """Write a heads object. The blob holds every instance's head bytes."""
    directory = json.dumps(
        {"instances": [_to_json(item) for item in instances], "low": _object_json(low), "rest": _object_json(rest)},
        sort_keys=True,
        separators=(",", ":"),
    ).encode("ascii")
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_content_size=True)
    packed_directory, packed_blob = compressor.compress(directory), compressor.compress(blob)
    head = HEADER.pack(
        *(MAGIC, VERSION, HEADS, CLEAR, 0, len(instances)),
        *(len(packed_directory), len(directory), len(packed_blob), len(blob)),
        *(zlib.crc32(packed_directory), zlib.crc32(packed_blob), 0),
    )[:-4]
    return b"".join((head, struct.pack("<I", zlib.crc32(head)), packed_directory, packed_blob))


def open_heads(data: bytes) -> Heads:
    """Read a heads object.

    Raises ParcelDamaged naming what is wrong, ParcelUnknown for another version. Nothing larger than `MAX_DIRECTORY` and
    `MAX_BLOB` is ever allocated: sizes are checked in the header and in the zstd frames before decompression.
    """
    if len(data) < HEADER.size:
        raise ParcelDamaged(what="heads header cut off")
    (magic, version, kind, algorithm, tag_size, count, *sizes, directory_crc, blob_crc, header_crc) = HEADER.unpack_from(data)
    directory_bytes, directory_size, blob_bytes, blob_size = sizes
    if magic != MAGIC:
        raise ParcelDamaged(what="heads magic")
    if zlib.crc32(data[: HEADER.size - 4]) != header_crc:
        raise ParcelDamaged(what="heads header checksum")
    if version != VERSION or algorithm != CLEAR or tag_size != 0:
        raise ParcelUnknown(what=f"heads version {version}, algorithm {algorithm}")
    if kind != HEADS:
        raise ParcelDamaged(what=f"heads expected, kind {kind} found")
    if len(data) != HEADER.size + directory_bytes + blob_bytes or len(data) > MAX_OBJECT:
        raise ParcelDamaged(what=f"heads of {len(data)} bytes, {HEADER.size + directory_bytes + blob_bytes} expected")
    middle = HEADER.size + directory_bytes
    directory = _inflate("directory", data[HEADER.size : middle], directory_size, directory_crc, MAX_DIRECTORY)
    blob = _inflate("blob", data[middle:], blob_size, blob_crc, MAX_BLOB)
    try:
        tables = json.loads(directory)
        low, rest = _object_from_json(tables["low"]), _object_from_json(tables["rest"])
        if sum(len(item.get("frames", ())) for item in tables["instances"]) > MAX_FRAMES:
            raise ParcelDamaged(what=f"heads of more than {MAX_FRAMES} frames")
        instances = tuple(_from_json(item, len(blob), low, rest) for item in tables["instances"])
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        raise ParcelDamaged(what=f"heads directory: {type(error).__name__}") from error
    if len(instances) != count:
        raise ParcelDamaged(what=f"heads of {count} instances, {len(instances)} found")
    if sum(instance.head[1] for instance in instances) > len(blob):  # else twenty thousand could be one and the same 32 MiB
        raise ParcelDamaged(what="heads that share their bytes")
    return Heads(instances, low, rest, blob)


def _inflate(what: str, packed: bytes, size: int, crc: int, limit: int) -> bytes:
    if zlib.crc32(packed) != crc:
        raise ParcelDamaged(what=f"heads {what} checksum")
    if size > limit:
        raise ParcelDamaged(what=f"heads {what} of {size} bytes, at most {limit} allowed")
    try:
        if zstandard.get_frame_parameters(packed).content_size != size:
            raise ParcelDamaged(what=f"heads {what} size")
        data: bytes = zstandard.ZstdDecompressor(max_window_size=limit).decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ParcelDamaged(what=f"heads {what}: zstd") from error
    return data


def _to_json(item: Instance) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "sop": item.sop_uid,
        "class": item.sop_class_uid,
        "syntax": item.transfer_syntax_uid,
        "sha256": item.sha256,
        "bytes": item.bytes,
        "part": item.part,
        "parts": item.parts,
        "mode": item.mode,
        "head": list(item.head),
        "runs": list(item.runs),
    }
    if item.reason:
        entry["reason"] = item.reason
    if item.layout:
        entry["layout"] = item.layout.as_json()
    if item.frames:
        entry["first_frame"] = item.first_frame
        entry["frames"] = [[piece and list(piece) for piece in frame] for frame in item.frames]
    return entry


def _from_json(entry: Mapping[str, Any], blob_size: int, low: PixelObject | None, rest: PixelObject | None) -> Instance:
    layout = entry.get("layout")
    head, runs = tuple(map(_whole, entry["head"])), tuple(map(_whole, entry["runs"]))
    item = Instance(
        sop_uid=_text(entry["sop"]),
        sop_class_uid=_text(entry["class"]),
        transfer_syntax_uid=_text(entry["syntax"]),
        sha256=_text(entry["sha256"]),
        bytes=_whole(entry["bytes"]),
        part=_whole(entry["part"]),
        parts=_whole(entry["parts"]),
        mode=entry["mode"],
        reason=_text(entry.get("reason", "")),
        head=(head[0], head[1]),
        runs=runs,
        layout=None if layout is None else layout_from_json(layout),
        first_frame=_whole(entry.get("first_frame", 0)),
        frames=tuple(_frame(frame, low, rest) for frame in entry.get("frames", ())),
    )
    if item.mode not in MODES or len(head) != 2 or sum(head) > blob_size or item.part >= item.parts or len(runs) % 2 == 0:
        raise ValueError("instance")
    if sum(runs[::2]) != head[1] or (sum(runs) != item.bytes and (item.mode != "verbatim" or item.parts == 1)):
        raise ValueError("runs")
    if item.mode in ("htj2k", "zstd") and item.layout is None:
        raise ValueError("layout")
    return item


def _frame(pieces: Sequence[Any], low: PixelObject | None, rest: PixelObject | None) -> Frame:
    quarter, half, full = pieces
    if full is None:
        raise ValueError("frame")
    return Frame(
        None if quarter is None else _piece(quarter, low), None if half is None else _piece(half, rest), _piece(full, rest)
    )


def _piece(numbers: Sequence[Any], home: PixelObject | None) -> Piece:
    offset, size, crc32 = map(_whole, numbers)
    if home is None or offset < PIXEL_HEADER.size or offset + size > home.bytes:
        raise ValueError("piece")
    return Piece(offset, size, crc32)


def _object_json(item: PixelObject | None) -> dict[str, Any] | None:
    return {"sha256": item.sha256, "bytes": item.bytes} if item else None


def _object_from_json(entry: Mapping[str, Any] | None) -> PixelObject | None:
    return None if entry is None else PixelObject(_text(entry["sha256"]), _whole(entry["bytes"]))


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError("number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value
