"""Fills parcels: prepared instances in, sealed objects out."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.heads import MAX_BLOB, Frame, Heads, Instance, PixelObject, open_heads, pack_heads
from functions.core.imaging.pixel_object import HEADER, MAX_OBJECT, Piece, check_object, pack_object
from functions.core.imaging.preparing import Coded, Prepared, Received, prepare, verbatim
from functions.core.imaging.slice_order import sort_key

TARGET_BYTES = 16 * 1024 * 1024
HEAD_RATIO = 8  # attributes of a series are alike: 8 to 1 is what zstd makes of them at the least


@dataclass(frozen=True)
class Blob:
    """One object of a parcel. kind: heads, low or rest."""

    kind: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the object, hex: its name."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Parcel:
    """Sealed: up to three objects, and what they hold."""

    heads: Blob
    low: Blob | None
    rest: Blob | None
    instances: tuple[Instance, ...]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """The objects that exist, heads last: once it is stored, so are the others."""
        return tuple(blob for blob in (self.low, self.rest, self.heads) if blob)


def pack(
    received: Sequence[Received], target_bytes: int = TARGET_BYTES, limit_bytes: int = MAX_OBJECT, workers: int = 1
) -> Iterator[Parcel]:
    """Pack instances of one series, in slice order, into parcels of about `target_bytes`.

    No object is larger than `limit_bytes`; an instance that would be spans several parcels, by frames or, when a frame alone is
    too large or the data set is kept verbatim, by bytes. Every instance is rebuilt from its coded form and compared before its
    parcel is yielded, and every parcel is read back. workers: threads that code (the codec lets go of the interpreter).
    """
    builder = _Builder(target_bytes, min(limit_bytes, MAX_BLOB) * 3 // 4)
    for prepared in _in_order(prepare, sorted(received, key=sort_key), workers):
        for part in split(prepared, target_bytes, limit_bytes):
            yield from builder.seal_before(part)
            builder.add(part)
    yield from builder.seal()


@dataclass(frozen=True, slots=True)
class Part:
    """A run of frames, or of bytes, of one prepared instance."""

    prepared: Prepared
    part: int
    parts: int
    head: bytes
    first_frame: int
    frames: Sequence[Coded]


def split(prepared: Prepared, target_bytes: int, limit_bytes: int) -> list[Part]:
    """One part for most instances."""
    if prepared.mode != "verbatim" and (
        len(prepared.head) > target_bytes or any(frame.size + HEADER.size > limit_bytes for frame in prepared.frames)
    ):
        prepared = verbatim(prepared.received, "A frame or the attributes are larger than a parcel.")
    if prepared.mode == "verbatim":
        data = memoryview(prepared.head)
        chunks = [bytes(data[at : at + target_bytes]) for at in range(0, len(data), target_bytes)] or [b""]
        return [Part(prepared, number, len(chunks), chunk, 0, ()) for number, chunk in enumerate(chunks)]
    runs, start, size = [], 0, 0
    for number, frame in enumerate(prepared.frames):
        if size and size + frame.size > target_bytes:
            runs.append((start, number))
            start, size = number, 0
        size += frame.size
    runs.append((start, len(prepared.frames)))
    return [
        Part(prepared, number, len(runs), prepared.head, first, prepared.frames[first:end])
        for number, (first, end) in enumerate(runs)
    ]


class _Builder:
    """The parcel being filled."""

    def __init__(self, target_bytes: int, blob_limit: int) -> None:
        """blob_limit: head bytes, before compression, that a parcel takes at most beside its first instance."""
        import imagecodecs

        self.target_bytes, self.blob_limit = target_bytes, blob_limit
        # Several times as fast as zlib's, which is what reads it back. The cast: its stub forgets memoryview.
        self._crc32 = cast("Callable[[bytes | memoryview], int]", imagecodecs.deflate_crc32)
        self._clear()

    def _clear(self) -> None:
        self.instances: list[Instance] = []
        self.heads: list[bytes] = []
        self.low: list[bytes | memoryview] = []
        self.rest: list[bytes | memoryview] = []
        self.head_size, self.low_size, self.rest_size = 0, HEADER.size, HEADER.size

    def seal_before(self, part: Part) -> Iterator[Parcel]:
        pixels = self.low_size + self.rest_size + sum(frame.size for frame in part.frames)
        head = self.head_size + len(part.head)
        if self.instances and (pixels + head // HEAD_RATIO > self.target_bytes or head > self.blob_limit):
            yield from self.seal()

    def add(self, part: Part) -> None:
        prepared, received = part.prepared, part.prepared.received
        verbatim_part = prepared.mode == "verbatim"
        self.instances.append(
            Instance(
                sop_uid=received.sop_uid,
                sop_class_uid=received.sop_class_uid,
                transfer_syntax_uid=received.transfer_syntax_uid,
                sha256=received.sha256,
                bytes=len(received.data_set),
                part=part.part,
                parts=part.parts,
                mode=prepared.mode,
                reason=prepared.reason,
                head=(self.head_size, len(part.head)),
                runs=(len(part.head),) if verbatim_part else prepared.runs,
                layout=prepared.layout,
                first_frame=part.first_frame,
                frames=tuple(self._frame(frame) for frame in part.frames),
            )
        )
        self.heads.append(part.head)
        self.head_size += len(part.head)

    def _frame(self, coded: Coded) -> Frame:
        if coded.cuts is None:
            return Frame(None, None, self._rest(coded.data))
        data, cuts = memoryview(coded.data), coded.cuts
        low = data[: cuts.half]
        quarter = Piece(self.low_size, len(low), self._crc32(low))
        self.low.append(low)
        self.low_size += len(low)
        return Frame(quarter, self._rest(data[cuts.half : cuts.full]), self._rest(data[cuts.full :]))

    def _rest(self, data: bytes | memoryview) -> Piece:
        piece = Piece(self.rest_size, len(data), self._crc32(data))
        self.rest.append(data)
        self.rest_size += len(data)
        return piece

    def seal(self) -> Iterator[Parcel]:
        """Write, read back, yield; then empty."""
        if not self.instances:
            return
        low = Blob("low", pack_object("low", self.low)) if self.low else None
        rest = Blob("rest", pack_object("rest", self.rest)) if self.rest else None
        data = pack_heads(self.instances, b"".join(self.heads), _named(low), _named(rest))
        heads = open_heads(data)
        check_pieces(heads, low.data if low else None, rest.data if rest else None)
        parcel = Parcel(Blob("heads", data), low, rest, heads.instances)
        self._clear()
        yield parcel


def check_parcel(heads: Heads, low: bytes | None, rest: bytes | None) -> None:
    """Check the pixel objects whole against an opened heads object: digest, header, every piece, no byte too many.

    Raises ParcelDamaged.
    """
    for kind, data, known in (("low", low, heads.low), ("rest", rest, heads.rest)):
        if data is not None and known is not None and hashlib.sha256(data).hexdigest() != known.sha256:
            raise ParcelDamaged(what=f"{kind} digest")
    check_pieces(heads, low, rest)


def check_pieces(heads: Heads, low: bytes | None, rest: bytes | None) -> None:
    """As `check_parcel`, without the digests."""
    frames = [frame for instance in heads.instances for frame in instance.frames]
    quarters = [frame.quarter for frame in frames if frame.quarter]
    others = [piece for frame in frames for piece in (frame.half, frame.full) if piece]
    for kind, data, known, pieces in (("low", low, heads.low, quarters), ("rest", rest, heads.rest, others)):
        if (data is None) != (known is None):
            raise ParcelDamaged(what=f"{kind} missing or not wanted")
        if data is not None:
            check_object(kind, data, pieces)


def _named(blob: Blob | None) -> PixelObject | None:
    return PixelObject(blob.sha256, len(blob.data)) if blob else None


def _in_order(work: Callable[[Received], Prepared], items: Iterable[Received], workers: int) -> Iterator[Prepared]:
    """`map` over threads, results in order, never more than two per thread waiting in memory."""
    if workers < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers, "pack") as pool:
        waiting: deque[Future[Prepared]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
