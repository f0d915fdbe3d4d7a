"""Data sets for the imaging tests: made from arrays, or read from files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from functions.core.imaging.data_set import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from functions.core.imaging.parcel import Fetch, Heads, Instance, Parcel, Received, open_heads, pack, rebuild_parts

CT, SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"
DEFAULT_SYNTAX = IMPLICIT_LITTLE


def written(ds: pydicom.Dataset, transfer_syntax_uid: str = EXPLICIT_LITTLE) -> bytes:
    """The bytes of a data set, without file meta information."""
    out = DicomBytesIO()
    out.is_little_endian = transfer_syntax_uid != EXPLICIT_BIG
    out.is_implicit_VR = transfer_syntax_uid == IMPLICIT_LITTLE
    write_dataset(out, ds)
    return out.getvalue()


def image(pixels: NDArray[Any], **attributes: Any) -> pydicom.Dataset:
    """An image of (frames, rows, columns[, 3]) or (rows, columns[, 3]). attributes: by keyword, over the defaults."""
    pixels = np.asarray(pixels)
    colour = pixels.shape[-1] == 3 and pixels.ndim >= 3
    frames = pixels if pixels.ndim == 3 + colour else pixels[None]
    bits = pixels.dtype.itemsize * 8
    ds = pydicom.Dataset()
    ds.SOPClassUID = CT
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    ds.Modality = "CT"
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    ds.Rows, ds.Columns = frames.shape[1:3]
    if len(frames) > 1:
        ds.NumberOfFrames = len(frames)
    if colour:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    raw = frames.astype(pixels.dtype.newbyteorder("<")).tobytes()
    ds.PixelData = raw + b"\0" * (len(raw) % 2)
    ds["PixelData"].VR = "OW" if bits > 8 else "OB"
    return ds


def received(ds: pydicom.Dataset, transfer_syntax_uid: str = EXPLICIT_LITTLE) -> Received:
    if transfer_syntax_uid == EXPLICIT_BIG and ds.BitsAllocated > 8:
        width = ds.BitsAllocated // 8
        ds.PixelData = np.frombuffer(ds.PixelData, f"<u{width}").astype(f">u{width}").tobytes()
    return Received(str(ds.SOPInstanceUID), str(ds.SOPClassUID), transfer_syntax_uid, written(ds, transfer_syntax_uid))


def encapsulated(ds: pydicom.Dataset, frames: list[bytes], transfer_syntax_uid: str, **options: Any) -> Received:
    """The image with its pixel data replaced by fragments. options: of pydicom.encaps.encapsulate."""
    ds.PixelData = encapsulate(frames, **options)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return received(ds, transfer_syntax_uid)


def read_file(path: Path) -> Received:
    """A DICOM file as a sender would give it: the data set's bytes and what the meta information says.

    A file without preamble or meta information, or one that is no DICOM at all, becomes the bytes of a data set in the default
    transfer syntax.
    """
    data = path.read_bytes()
    uids, at = {}, 0
    if data[128:132] == b"DICM":
        at = 132
    while data[at : at + 2] == b"\x02\x00" and at + 12 <= len(data):
        element, vr = struct.unpack_from("<H2s", data, at + 2)
        long = vr in (b"OB", b"UN")
        length = struct.unpack_from("<I" if long else "<H", data, at + (8 if long else 6))[0]
        at += 12 if long else 8
        uids[element] = data[at : at + length].decode("ascii", "replace").strip("\0 ")
        at += length
    return Received(uids.get(0x0003, ""), uids.get(0x0002, ""), uids.get(0x0010, DEFAULT_SYNTAX), data[at:])


def fetch_from(parcel: Parcel) -> Fetch:
    """Ranges of a parcel held in memory."""
    objects = {blob.kind: blob.data for blob in parcel.blobs}
    return lambda kind, offset, length: objects[kind][offset : offset + length]


def opened(items: list[Received], **options: Any) -> list[tuple[Heads, Parcel]]:
    return [(open_heads(parcel.heads.data), parcel) for parcel in pack(items, **options)]


def rebuilt(items: list[Received], **options: Any) -> dict[str, bytes]:
    """Pack and rebuild: data set bytes by SHA-256."""
    return rebuild_opened(opened(items, **options))


def rebuild_opened(parcels: list[tuple[Heads, Parcel]]) -> dict[str, bytes]:
    """Data set bytes, by SHA-256, of all instances in some parcels."""
    parts: dict[str, list[tuple[Heads, Instance, Fetch]]] = {}
    for heads, parcel in parcels:
        for instance in heads.instances:
            parts.setdefault(instance.sha256, []).append((heads, instance, fetch_from(parcel)))
    return {digest: rebuild_parts(found) for digest, found in parts.items()}
