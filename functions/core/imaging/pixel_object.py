"""The objects `low` and `rest`: a header, then pieces without gaps (FORMAT.md §1)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from functions.core.imaging.errors import ParcelDamaged, ParcelUnknown

MAGIC = b"LBXP"
VERSION = 1
HEADS, LOW, REST = 1, 2, 3
KINDS = {"heads": HEADS, "low": LOW, "rest": REST}
CLEAR = 0
HEADER = struct.Struct("<4sBBBBII")
MAX_OBJECT = 32 * 1024 * 1024


class Piece(NamedTuple):
    """A run of bytes of one frame in `low` or `rest`."""

    offset: int
    bytes: int
    crc32: int


def pack_object(kind: str, pieces: Sequence[bytes | memoryview]) -> bytes:
    head = HEADER.pack(MAGIC, VERSION, KINDS[kind], CLEAR, 0, len(pieces), 0)[:-4]
    return b"".join((head, struct.pack("<I", zlib.crc32(head)), *pieces))


def unpack_header(kind: str, data: bytes | memoryview) -> int:
    """The number of pieces. Raises ParcelDamaged or ParcelUnknown."""
    if len(data) < HEADER.size:
        raise ParcelDamaged(what=f"{kind} header cut off")
    magic, version, found, algorithm, tag_size, count, crc = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ParcelDamaged(what=f"{kind} magic")
    if zlib.crc32(data[:12]) != crc:
        raise ParcelDamaged(what=f"{kind} header checksum")
    if version != VERSION or algorithm != CLEAR or tag_size != 0:
        raise ParcelUnknown(what=f"{kind} version {version}, algorithm {algorithm}")
    if found != KINDS[kind]:
        raise ParcelDamaged(what=f"{kind} expected, kind {found} found")
    return int(count)


def check_piece(kind: str, piece: Piece, data: bytes) -> bytes:
    """The bytes, if they are the piece. Raises ParcelDamaged."""
    if len(data) != piece.bytes:
        raise ParcelDamaged(what=f"{kind} piece at {piece.offset}: {len(data)} of {piece.bytes} bytes")
    if zlib.crc32(data) != piece.crc32:
        raise ParcelDamaged(what=f"{kind} piece at {piece.offset}: checksum")
    return data


def check_object(kind: str, data: bytes, pieces: Iterable[Piece]) -> None:
    """Check a whole object against its pieces: header, count, no gap, no byte too many, each CRC. Raises ParcelDamaged."""
    count, view, at, seen = unpack_header(kind, data), memoryview(data), HEADER.size, 0
    for piece in sorted(pieces):
        if piece.offset != at:
            raise ParcelDamaged(what=f"{kind} gap at {at}")
        at += piece.bytes
        seen += 1
        if len(data) < at or zlib.crc32(view[piece.offset : at]) != piece.crc32:
            raise ParcelDamaged(what=f"{kind} piece at {piece.offset}: checksum")
    if at != len(data) or seen != count:
        raise ParcelDamaged(what=f"{kind} holds {len(data)} bytes and {count} pieces, {at} and {seen} expected")
