"""Turns one received data set into head bytes and coded frames, and proves that the way back gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.core.imaging import codestream, fragments, native
from functions.core.imaging import data_set as tags
from functions.core.imaging.data_set import Walked, walk
from functions.core.imaging.errors import ImagingError, PixelsUnreadable
from functions.core.imaging.rebuilding import pack_words, unpack_words, weaves_into

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZSTD_WINS = 0.8  # zstd has no resolutions: it must be this much smaller than htj2k
NATURAL = (1.8, 5.0)  # ratios between which zstd was never smaller over the 16-bit reference images
SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Received:
    """A data set as it came in: its bytes without file meta information, and what the sender said it is.

    checked_sha256: the digest taken at reception, from a caller that has just compared it with `data_set`; by default it is
    computed here.
    """

    sop_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    data_set: bytes
    checked_sha256: str = ""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the data set bytes, hex."""
        return self.checked_sha256 or hashlib.sha256(self.data_set).hexdigest()

    @cached_property
    def walked(self) -> Walked:
        """Where its pixels are. Raises DataSetMalformed."""
        return walk(self.data_set, self.transfer_syntax_uid)


class Coded(NamedTuple):
    """One frame as it is stored: all of its bytes, and for htj2k where they are cut into quarter, half and full."""

    data: bytes
    cuts: codestream.Cuts | None = None

    @property
    def size(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is stored of one instance. Fields as in heads.Instance."""

    received: Received
    mode: str
    reason: str
    head: bytes
    runs: tuple[int, ...]
    layout: native.Layout | None
    frames: Sequence[Coded]


def prepare(received: Received) -> Prepared:
    """Choose the mode, code the frames, rebuild and compare. Never raises for odd data: what does not fit is kept verbatim."""
    if received.transfer_syntax_uid == tags.DEFLATED:
        return verbatim(received, "")
    try:
        walked = received.walked
        if walked.pixels is None:
            return verbatim(received, "")
        code = _native if walked.pixels.fragments is None else _stored
        prepared, pixels = code(received, walked)
        if weaves_into(received.data_set, prepared.runs, prepared.head, pixels):
            return prepared
    except ImagingError as error:
        return verbatim(received, str(error))
    return verbatim(received, "Rebuilt bytes differ from those received.")


def verbatim(received: Received, reason: str) -> Prepared:
    return Prepared(received, "verbatim", reason, received.data_set, (len(received.data_set),), None, ())


def _native(received: Received, walked: Walked) -> tuple[Prepared, Iterator[bytes | memoryview]]:
    """And the pixel bytes as they come out again: a frame is decoded when it is asked for, so that a long cine is not in memory
    twice."""
    assert walked.pixels is not None
    data, offset = received.data_set, walked.pixels.offset
    layout = native.layout_of(walked)
    used, frames = native.frames_of(memoryview(data), walked, layout)
    mode, coded = _code(frames, layout, fits_htj2k(layout) and _no_stray_bits(frames, walked, layout))
    decode = _decoded if mode == "htj2k" else _unpacked
    head = data[:offset] + data[offset + used :]
    runs = (offset, used, len(data) - offset - used)
    pixels = native.byte_runs((decode(frame, layout) for frame in coded), layout)
    return Prepared(received, mode, "", head, runs, layout, coded), pixels


def _code(frames: Sequence[NDArray[Any]], layout: native.Layout, wavelet: bool) -> tuple[str, list[Coded]]:
    """(mode, coded frames). wavelet: whether htj2k may hold them."""
    coded = _wavelet(frames, layout) if wavelet else []
    if coded and not _zstd_may_win(frames, coded, layout):
        return "htj2k", coded
    packed = [Coded(pack_words(frame)) for frame in frames]
    if coded and sum(frame.size for frame in packed) > ZSTD_WINS * sum(frame.size for frame in coded):
        return "htj2k", coded
    return "zstd", packed


def _wavelet(frames: Sequence[NDArray[Any]], layout: native.Layout) -> list[Coded]:
    """Frames as htj2k; none when the codec refuses them."""
    try:
        return [Coded(*codestream.encode(native.to_image(frame, layout))) for frame in frames]
    except PixelsUnreadable:
        return []


def fits_htj2k(layout: native.Layout) -> bool:
    """8 or 16 bit grey, or 8 bit colour of three full samples, at least 32 pixels each way."""
    grey = layout.samples == 1 and layout.bits in (8, 16)
    colour = layout.samples == 3 and layout.bits == 8 and not layout.signed and not layout.subsampled
    return (grey or colour) and min(layout.rows, layout.columns) >= codestream.MIN_SIDE


def _no_stray_bits(frames: Sequence[NDArray[Any]], walked: Walked, layout: native.Layout) -> bool:
    """Whether every word is its stored value.

    Overlays or rubbish above the high bit must be masked out by readers. That cannot be done at reduced size, where values are
    means, and where a mask would turn a mean just above the stored range into black.
    """
    stored, high = walked.number(tags.BITS_STORED), walked.number(tags.HIGH_BIT)
    if stored >= layout.bits:
        return True
    if stored == 0 or high != stored - 1:
        return False
    if not layout.signed:
        return all(frame.max() < 1 << stored for frame in frames)
    return all(frame.max() < 1 << high and frame.min() >= -(1 << high) for frame in frames)


def _zstd_may_win(frames: Sequence[NDArray[Any]], coded: Sequence[Coded], layout: native.Layout) -> bool:
    """Whether zstd is worth a whole trial, from the middle frame: all of it for 8 bit (ultrasound, palettes and screenshots have
    sparse histograms), some of it for 16 bit, and none when the wavelet shortens it as it does natural images."""
    import zstandard

    middle = len(frames) // 2
    raw = frames[middle].data.cast("B")
    if layout.bits == 16:
        if NATURAL[0] < len(raw) / coded[middle].size < NATURAL[1]:
            return False
        at = max(0, (len(raw) - SAMPLE_BYTES) // 2)
        raw = raw[at : at + SAMPLE_BYTES]
    packed = len(zstandard.ZstdCompressor(level=1).compress(raw))
    return packed / len(raw) < coded[middle].size / frames[middle].nbytes


def _decoded(coded: Coded, layout: native.Layout) -> NDArray[Any]:
    return native.from_image(codestream.decode(coded.data), layout)


def _unpacked(coded: Coded, layout: native.Layout) -> NDArray[Any]:
    return unpack_words(coded.data, layout)


def _stored(received: Received, walked: Walked) -> tuple[Prepared, Iterator[bytes]]:
    """Encapsulated pixel data pass through: the bytes between fragments go to the head."""
    view = memoryview(received.data_set)
    groups = fragments.group(view, walked, received.transfer_syntax_uid)
    head, runs, at = [], [], 0
    for offset, length in (fragment for frame in groups for fragment in frame):
        head.append(view[at:offset])
        runs += [offset - at, length]
        at = offset + length
    head.append(view[at:])
    runs.append(len(view) - at)
    frames = [Coded(b"".join(view[at : at + length] for at, length in frame)) for frame in groups]
    prepared = Prepared(received, "stored", "", b"".join(head), tuple(runs), None, frames)
    return prepared, (frame.data for frame in frames)
