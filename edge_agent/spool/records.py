"""Bytes of the spool as FORMAT.md lays them out: one Struct, one pack and one unpack for each."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

HEAD_MAGIC = b"LBSO"
JOURNAL_MAGIC = b"LBSJ\x01\x00\x00\x00"
VERSION = 2
NUMBERED = 2  # heads of this version on name the object file that they belong to

HEAD = struct.Struct("<4sBBHQQ32s64s64s64s64s64s16s16sI96sI")
RECORD = struct.Struct("<IB3sQI")
HEAD_BYTES = HEAD.size
MAX_PAYLOAD = 64 << 20


class NotAHead(ValueError):
    """These bytes do not begin a promised object."""


class LaterHead(Exception):
    """A whole head that a later version of the agent wrote: promised, and not to be read or removed by this one."""


class ObjectKind(IntEnum):
    DICOM = 1
    REPORT = 2
    REPORT_PDF = 3


class RecordKind(IntEnum):
    OBJECT = 1
    MOVED = 2
    SHIPMENT = 3
    SHIPPED = 4
    NAMED = 5
    DECLARED = 6
    FORGOTTEN = 7
    SNAPSHOT = 8


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of one object. sha256: 64 hex digits, over the data as received."""

    kind: ObjectKind
    data_bytes: int
    received_ms: int
    sha256: str
    sop_class_uid: str = ""
    sop_uid: str = ""
    transfer_syntax_uid: str = ""
    study_uid: str = ""
    series_uid: str = ""
    calling_ae_title: str = ""
    called_ae_title: str = ""

    def pack(self, number: int) -> bytes:
        """512 bytes, for the object file of this number. Raises ValueError for a text that does not fit: `64s` would cut it."""
        texts = []
        for text, size in (
            (self.sop_class_uid, 64),
            (self.sop_uid, 64),
            (self.transfer_syntax_uid, 64),
            (self.study_uid, 64),
            (self.series_uid, 64),
            (self.calling_ae_title, 16),
            (self.called_ae_title, 16),
        ):
            encoded = text.encode("ascii")
            if len(encoded) > size or b"\0" in encoded:
                raise ValueError(f"text of {len(encoded)} bytes does not fit into {size}")
            texts.append(encoded)
        digest = bytes.fromhex(self.sha256)
        if len(digest) != 32:
            raise ValueError("sha256 must have 64 hex digits")
        front = (HEAD_MAGIC, VERSION, self.kind, 0, self.data_bytes, self.received_ms, digest)
        body = HEAD.pack(*front, *texts, number, bytes(96), 0)[:-4]
        return body + struct.pack("<I", zlib.crc32(body))

    @classmethod
    def unpack(cls, raw: bytes, number: int) -> Head:
        """Raises NotAHead for anything that `pack` did not make for this number, LaterHead for what a later version made.

        A file that is used again holds the head of an object that was delivered, until the next one is promised.
        """
        if len(raw) != HEAD_BYTES:
            raise NotAHead(f"{len(raw)} bytes instead of {HEAD_BYTES}")
        magic, version, kind, reserved, data_bytes, received_ms, digest, *texts, told, unused, crc = HEAD.unpack(raw)
        if magic != HEAD_MAGIC or not version:
            raise NotAHead("another magic")
        if crc != zlib.crc32(raw[:-4]):
            raise NotAHead("CRC differs")
        if version > VERSION:
            raise LaterHead(f"version {version}, known are those up to {VERSION}")
        if told != (number if version >= NUMBERED else 0):
            raise NotAHead("the head of another object")
        if reserved or any(unused) or kind not in ObjectKind._value2member_map_:
            raise NotAHead("fields of a later version")
        return cls(
            ObjectKind(kind), data_bytes, received_ms, digest.hex(), *(text.rstrip(b"\0").decode("ascii") for text in texts)
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One journal record. payload: JSON values only."""

    kind: RecordKind
    time_ms: int
    payload: dict[str, Any]

    def pack(self) -> bytes:
        payload = json.dumps(self.payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        front = RECORD.pack(len(payload), self.kind, b"\0\0\0", self.time_ms, 0)[:-4]
        return front + struct.pack("<I", zlib.crc32(payload, zlib.crc32(front))) + payload


def read_records(raw: bytes | memoryview, start: int = len(JOURNAL_MAGIC)) -> Iterator[tuple[Record, int]]:
    """Records from `start` on, each with the offset after it; ends quietly before the first that is cut or damaged."""
    view = memoryview(raw)
    position = start
    while position + RECORD.size <= len(view):
        length, kind, reserved, time_ms, crc = RECORD.unpack_from(view, position)
        body = position + RECORD.size
        if length > MAX_PAYLOAD or body + length > len(view) or any(reserved):
            return
        payload = view[body : body + length]
        if crc != zlib.crc32(payload, zlib.crc32(view[position : body - 4])):
            return
        if kind not in RecordKind._value2member_map_:
            return
        position = body + length
        yield Record(RecordKind(kind), time_ms, json.loads(bytes(payload))), position
