"""What an instance says and shows, in whatever transfer syntax: equal for the same image, different where anything differs.

Of two data sets under one SOP Instance UID the contents tell a duplicate from a conflict (`versions.py`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.core.imaging.attributes import UNREADABLE
from functions.core.imaging.data_set import walk
from functions.core.imaging.errors import DataSetMalformed, ParcelDamaged, PixelsUnreadable
from functions.core.imaging.pixel_format import image_format
from functions.core.imaging.pixels import Decoded, decode_frame
from functions.core.imaging.rebuilding import Fetch, frame_bytes

if TYPE_CHECKING:
    import pydicom

    from functions.core.imaging.heads import Heads, Instance

Parts = Sequence[tuple["Heads", "Instance", Fetch]]

COMPARED_BYTES = 128 * 1024 * 1024  # of one instance
BLOCK_VALUES = 1024 * 1024  # that are brought into canonical form at once
PIXEL_GROUP = 0x7FE0
PIXEL_TAGS = {(PIXEL_GROUP << 16) + element for element in (0x0001, 0x0002, 0x0003, 0x0010)}
OF_THE_SYNTAX = PIXEL_TAGS | {
    0x00280004,  # PhotometricInterpretation: RGB becomes YBR_RCT; that of the decoded pixels counts
    0x00280006,  # PlanarConfiguration
    0xFFFCFFFC,  # DataSetTrailingPadding
}
ITEM, ITEM_END = b"[", b"]"

# What no picture, place or measure depends on: systems on the way correct, add and drop it. All other attributes do count.
UNSEEN_GROUPS = frozenset((0x0008, 0x0010, 0x0012, 0x0032, 0x0038, 0x0040, 0x0088, 0x0400, 0x4008))  # and private ones
UNSEEN = frozenset(
    (
        *(0x00180015, 0x00181030),  # BodyPartExamined, ProtocolName
        *(0x00200010, 0x00200011, 0x00204000),  # StudyID, SeriesNumber, ImageComments
        *(0x00201200, 0x00201202, 0x00201204, 0x00201206, 0x00201208, 0x00201209),  # counts of related objects
        *(0x00280106, 0x00280107, 0x00282110, 0x00282112, 0x00282114),  # of the values, which are compared themselves
    )
)
SEEN = frozenset(
    (
        *(0x00080060, 0x00409096),  # Modality, RealWorldValueMappingSequence: what a value means
        *(0x00080021, 0x00080031, 0x00080032, 0x00100040, 0x00101020, 0x00101030, 0x70531000, 0x70531009),  # an SUV's factors
        0x00102210,  # AnatomicalOrientationType
    )
)


class Content(NamedTuple):
    """Digests, hex. whole: of all attributes and pixels; picture: of pixels and what else is seen or measured.

    decoded: False where pixels could only be compared as the bytes that hold them.
    """

    whole: str
    picture: str
    decoded: bool


def content_of(parts: Parts, limit: int = COMPARED_BYTES) -> Content:
    """Of an instance from all its parts, in order. Raises what `fetch` raises.

    limit: bytes of decoded pixels. Where there are more, or no decoder takes them, the bytes that hold them stand for them; where
    these are more than that, damaged, or no data set, it is like nothing but itself: it never passes for another's equal.
    """
    heads, first, _ = parts[0]
    try:
        ds = heads.data_set(first)
        pixels, decoded = _verbatim_pixels(parts) if first.mode == "verbatim" else _pixels(parts, ds, limit)
    except (DataSetMalformed, ParcelDamaged, PixelsUnreadable):
        return Content(first.sha256, first.sha256, decoded=False)
    whole = _digest(ds, pixels, all_attributes=True)
    return Content(whole, _digest(ds, pixels, all_attributes=False) if pixels else whole, decoded)  # of a text all is read


def pixels_digest(frames: Iterable[Decoded]) -> str:
    """SHA-256, hex, over the stored values of all frames, in order, whatever their width in memory."""
    import numpy as np

    digest = hashlib.sha256()
    for values, photometric in frames:
        digest.update(f"|{photometric}{list(values.shape)}".encode())
        flat = values.reshape(-1)
        for at in range(0, flat.size, BLOCK_VALUES):
            block = flat[at : at + BLOCK_VALUES]
            digest.update(np.ascontiguousarray(block, "<i8" if values.dtype.itemsize > 2 else "<i4").tobytes())
    return digest.hexdigest()


def _pixels(parts: Parts, ds: pydicom.Dataset, limit: int) -> tuple[str, bool]:
    """(digest, whether it is of decoded values)."""
    try:
        form = image_format(ds)
        frames = sum(len(instance.frames) for _, instance, _ in parts)
        if form.rows * form.columns * form.samples * form.bits_allocated * frames <= 8 * limit:
            return pixels_digest(_decoded(parts, ds)), True
    except PixelsUnreadable:
        pass
    return _stored_digest(parts, limit), False


def _decoded(parts: Parts, ds: pydicom.Dataset) -> Iterator[Decoded]:
    for heads, instance, fetch in parts:
        for index in range(len(instance.frames)):
            yield decode_frame(heads, instance, index, fetch, attributes=ds)


def _stored_digest(parts: Parts, limit: int) -> str:
    """Of the frames' bytes in the parcel; equal bytes in another layout or syntax are something else."""
    _, first, _ = parts[0]
    size = sum(piece.bytes for _, instance, _ in parts for frame in instance.frames for piece in frame if piece)
    if size > limit:
        raise PixelsUnreadable(what=f"{size} bytes to compare")
    digest = hashlib.sha256(f"{first.mode}|{first.transfer_syntax_uid}|{first.layout and first.layout.as_json()}".encode())
    for _, instance, fetch in parts:
        for frame in instance.frames:
            stored = frame_bytes(frame, fetch)
            digest.update(struct.pack("<Q", len(stored)))
            digest.update(stored)
    return digest.hexdigest()


def _verbatim_pixels(parts: Parts) -> tuple[str, bool]:
    """As `_pixels`: of the pixel element where the data set lies whole in its parcel; without one there is nothing to decode."""
    heads, first, _ = parts[0]
    if first.parts > 1:
        raise PixelsUnreadable(what="a data set in pieces")
    data = heads.head_bytes(first)
    walked = walk(data, first.transfer_syntax_uid)
    found = walked.pixels
    if found is None:
        return "", True
    digest = hashlib.sha256(f"{walked.big_endian}|{found.fragments is None}".encode())
    digest.update(memoryview(data)[found.offset : found.offset + found.length])
    return digest.hexdigest(), False


def _digest(ds: pydicom.Dataset, pixels: str, *, all_attributes: bool) -> str:
    """Left out: what another transfer syntax changes (VRs, byte order, lengths, padding, planar configuration, the colour
    transform of a codec), and without `all_attributes` what no reader sees."""
    digest = hashlib.sha256()
    tags: Iterable[Any] = ds.keys()
    _attributes(digest, ds, [tag for tag in tags if all_attributes or is_seen(tag)])
    digest.update(pixels.encode())
    return digest.hexdigest()


def is_seen(tag: int) -> bool:
    """Whether a top-level attribute can make a picture, its place or a measure another."""
    group = tag >> 16
    return tag in SEEN or not (tag in UNSEEN or group in UNSEEN_GROUPS or group % 2)


def _attributes(digest: Any, ds: pydicom.Dataset, tags: Iterable[Any]) -> None:
    """Elements in the order of their tags: tag, length, value; sequences as brackets round their items."""
    for tag in sorted(tags):
        if tag in OF_THE_SYNTAX or tag & 0xFFFF == 0:
            continue
        value = _value(ds, tag)
        digest.update(struct.pack("<I", tag))
        if isinstance(value, bytes):
            digest.update(struct.pack("<I", len(value)))
            digest.update(value)
            continue
        for item in value:
            digest.update(ITEM)
            _attributes(digest, item, item.keys())
            digest.update(ITEM_END)


def _value(ds: pydicom.Dataset, tag: Any) -> bytes | list[pydicom.Dataset]:
    """The items of a sequence, or the value's bytes in little-endian without padding."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    raw = ds.get_item(tag)
    is_sequence = getattr(raw, "VR", None) == "SQ" or (dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ")
    if not is_sequence and isinstance(getattr(raw, "value", None), bytes) and getattr(raw, "is_little_endian", False):
        return bytes(raw.value).rstrip(b" \0")
    try:
        element = ds[tag]
        return list(element.value) if element.VR == "SQ" else _little_endian(element)
    except UNREADABLE:
        content = getattr(raw, "value", None)
        return content if isinstance(content, bytes) else repr(content).encode()


def _little_endian(element: Any) -> bytes:
    """An element as implicit VR little endian writes it, header and padding removed."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element

    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, True
    write_data_element(out, element)
    return bytes(out.getvalue()[8:]).rstrip(b" \0")
