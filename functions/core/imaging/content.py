"""The content digest: equal for the same image in another transfer syntax, different when anything a reader sees differs.

A second instance under one SOP Instance UID is a duplicate when the content digests are equal, else a conflict.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from functions.core.imaging.attributes import UNREADABLE

if TYPE_CHECKING:
    import pydicom

    from functions.core.imaging.pixels import Decoded

PIXEL_GROUP = 0x7FE0
PIXEL_TAGS = {(PIXEL_GROUP << 16) + element for element in (0x0001, 0x0002, 0x0003, 0x0010)}
OF_THE_SYNTAX = PIXEL_TAGS | {
    0x00280004,  # PhotometricInterpretation: RGB becomes YBR_RCT; that of the decoded pixels counts
    0x00280006,  # PlanarConfiguration
    0xFFFCFFFC,  # DataSetTrailingPadding
}
ITEM, ITEM_END = b"[", b"]"


def content_digest(ds: pydicom.Dataset, frames: Iterable[Decoded]) -> str:
    """SHA-256, hex, over the attributes in canonical form and the stored values of all frames, in order.

    ds: attributes as `Heads.data_set` gives them, not yet touched. Left out: what another transfer syntax changes (VRs, byte
    order, lengths, padding, planar configuration, the colour transform of a codec).
    """
    import numpy as np

    digest = hashlib.sha256()
    _attributes(digest, ds)
    for values, photometric in frames:
        digest.update(f"|{photometric}{list(values.shape)}".encode())
        digest.update(np.ascontiguousarray(values, "<i8" if values.dtype.itemsize > 2 else "<i4").tobytes())
    return digest.hexdigest()


def _attributes(digest: Any, ds: pydicom.Dataset) -> None:
    """Elements in the order of their tags: tag, length, value; sequences as brackets round their items."""
    for tag in sorted(ds.keys()):
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
            _attributes(digest, item)
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
