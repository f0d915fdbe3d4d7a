"""Parcels: instances of a series in up to three immutable objects, and back (FORMAT.md).

Writer: `pack` turns `Received` into `Parcel`s of `Blob`s. Reader: `open_heads` gives `Heads` with `Instance`s; `rebuild` gives
the data set bytes as received; `frame_pixels` gives stored values. Errors: `functions.core.imaging.errors`.
"""

from __future__ import annotations

from functions.core.imaging.errors import DataSetMalformed, ParcelDamaged, ParcelUnknown, PixelsUnreadable
from functions.core.imaging.heads import Frame, Heads, Instance, PixelObject, open_heads
from functions.core.imaging.packing import TARGET_BYTES, Blob, Parcel, check_parcel, pack
from functions.core.imaging.pixel_object import MAX_OBJECT, Piece
from functions.core.imaging.pixels import Decoded, decode_frame, frame_pixels
from functions.core.imaging.preparing import Received
from functions.core.imaging.rebuilding import Fetch, rebuild, rebuild_parts

__all__ = [
    "MAX_OBJECT",
    "TARGET_BYTES",
    "Blob",
    "DataSetMalformed",
    "Decoded",
    "Fetch",
    "Frame",
    "Heads",
    "Instance",
    "Parcel",
    "ParcelDamaged",
    "ParcelUnknown",
    "Piece",
    "PixelObject",
    "PixelsUnreadable",
    "Received",
    "check_parcel",
    "decode_frame",
    "frame_pixels",
    "open_heads",
    "pack",
    "rebuild",
    "rebuild_parts",
]
