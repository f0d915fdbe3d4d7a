"""Data sets that a modality, or somebody in its place, might send by C-STORE.

`refused` ones get a status other than success, with a comment that says why; nothing is stored. The others are kept as they came:
they are images of somebody, and no image is lost because it is odd. Then their frames are shown, or counted and not shown.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import config
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
)

from tests.agent.building import encoded, image

UNREADABLE = 0xC000  # Cannot Understand
UNDEFINED = 0xFFFFFFFF
SEQUENCE = 0x00400275  # Request Attributes Sequence: after the UIDs, before the pixels


@dataclass(frozen=True)
class Hostile:
    """says: part of the comment to the sender (refused), or of the reason why it is kept verbatim; "" where there is none.
    frames: in the series index; None: none is looked for."""

    make: Callable[[], bytes]
    refused: bool
    says: str
    syntax: str = ExplicitVRLittleEndian
    frames: int | None = None


def changed(**values: Any) -> Dataset:
    """The small slice with other values, valid or not."""
    ds = image()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def written(**values: Any) -> bytes:
    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        return encoded(changed(**values))
    finally:
        config.settings.writing_validation_mode = before


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Explicit VR little endian, long form."""
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, len(value) if length is None else length) + value


def item(content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content) if length is None else length) + content


def split() -> tuple[bytes, bytes]:
    """The small slice before and from its first element of group 0028."""
    data = encoded(image())
    at = data.index(struct.pack("<HH2s", 0x0028, 0x0002, b"US"))
    return data[:at], data[at:]


def with_element(extra: bytes) -> bytes:
    return extra.join(split())


def pixels(value: bytes, length: int | None = None, vr: bytes = b"OB") -> bytes:
    return element(0x7FE00010, vr, value, length)


def encapsulated(fragments: bytes, **values: Any) -> bytes:
    ds = changed(BitsAllocated=8, BitsStored=8, HighBit=7, **values)
    del ds.PixelData
    return encoded(ds) + pixels(fragments + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), UNDEFINED)


def nested_undefined(depth: int) -> bytes:
    return with_element((element(SEQUENCE, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * depth)


def nested_defined(depth: int) -> bytes:
    """Every length is right. Headers are made from the inside out, laid from the outside in."""
    headers, size = [], 0
    for _ in range(depth):
        inner = item(b"", size)
        headers.append(element(SEQUENCE, b"SQ", b"", len(inner) + size) + inner)
        size += len(headers[-1])
    return with_element(b"".join(reversed(headers)))


def deflated(first: bytes, repeated: bytes, times: int) -> bytes:
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezed.compress(first) + b"".join(squeezed.compress(repeated) for _ in range(times)) + squeezed.flush()


def short(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


MEBIBYTE_OF_ELEMENTS = short(0x00090010, b"CS", b"") * (2**20 // 8)


def jpeg_of_65535() -> bytes:
    """A JPEG that claims 65535 × 65535 pixels, and so does its data set."""
    stream = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB3B", 11, 8, 65535, 65535, 1, 1, 0x11, 0) + bytes(40) + b"\xff\xd9"
    return encapsulated(item(b"") + item(stream + bytes(len(stream) % 2)), Rows=65535, Columns=65535)


def jpeg_2000_of_65535(rows: int) -> bytes:
    size = struct.pack(">HHIIIIIIIIH3B", 41, 0, 65535, 65535, 0, 0, 65535, 65535, 0, 0, 1, 7, 1, 1)
    stream = b"\xff\x4f\xff\x51" + size + bytes(60) + b"\xff\xd9"
    return encapsulated(item(b"") + item(stream + bytes(len(stream) % 2)), Rows=rows, Columns=rows)


def palette_bomb() -> bytes:
    """Each indirect segment repeats a thousand linear ones of 65,535 values: six kilobytes that claim 65 million."""
    segments = [2, 1000, 4, 0, *[0, 1, 7], *[1, 65535, 9] * 1000]
    table = struct.pack(f"<{len(segments)}H", *segments)
    ds = changed(PhotometricInterpretation="PALETTE COLOR", BitsStored=16, HighBit=15)
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [0, 0, 16])
        setattr(ds, f"Segmented{colour}PaletteColorLookupTableData", table)
    return encoded(ds)


def table_for_thousands_of_frames() -> bytes:
    """One lookup table of 128 kB and two thousand frames of one pixel."""
    table = Dataset()
    table.LUTDescriptor = [0, 0, 16]
    table["LUTDescriptor"].VR = "US"
    table.add_new(0x00283006, "OW", np.arange(65536, dtype="<u2").tobytes())
    frames = [Dataset() for _ in range(2000)]
    ds = changed(Rows=1, Columns=1, NumberOfFrames=2000, PixelData=bytes(4000), VOILUTSequence=[table])
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [Dataset()], frames
    return encoded(ds)


def frames_of_one_pixel(count: int) -> bytes:
    return encoded(changed(Rows=1, Columns=1, NumberOfFrames=str(count), PixelData=bytes(2 * count)))


def empty_fragments(count: int) -> bytes:
    return encapsulated(item(b"") + item(b"") * count, NumberOfFrames=str(count))


def lying_offset_table() -> bytes:
    table = struct.pack("<3I", 0, 4_000_000_000, 7)
    return encapsulated(item(table) + item(bytes(10)) * 4, NumberOfFrames="3")


def uid(keyword: str, value: str) -> Hostile:
    return Hostile(lambda: written(**{keyword: value}), True, f"{keyword} is not a UID")


def cut(count: int) -> bytes:
    return encoded(image())[:-count]


DATA_SETS: dict[str, Hostile] = {
    "a picture": Hostile(lambda: b"GIF89a" + bytes(range(256)) * 40, True, "no SOPClassUID"),
    "a web page": Hostile(lambda: b"<!doctype html><script>alert(1)</script>" * 100, True, "no SOPClassUID"),
    "an archive": Hostile(lambda: b"PK\x03\x04" + np.random.default_rng(1).bytes(50_000), True, "no SOPClassUID"),
    "a megabyte of zeros": Hostile(lambda: bytes(2**20), True, "no SOPClassUID", ImplicitVRLittleEndian),
    "32 MiB of empty elements": Hostile(lambda: bytes(2**25), True, "no SOPClassUID", ImplicitVRLittleEndian),
    "the end is missing": Hostile(lambda: cut(100), True, "overruns by 100 bytes"),
    "cut within a header": Hostile(lambda: with_element(b"")[:37], True, "ends within an element"),
    "an element longer than the file": Hostile(
        lambda: with_element(short(0x00201002, b"IS", b"")[:-2] + b"\xff\xff"), True, "overruns by"
    ),
    "a negative length": Hostile(lambda: with_element(element(0x00210010, b"OB", b"", 0xFFFFFFFE)), True, "overruns by"),
    "pixels longer than the file": Hostile(lambda: split()[0] + pixels(bytes(8), 2**31), True, "overruns by"),
    "a fragment longer than the file": Hostile(
        lambda: encapsulated(item(b"") + item(b"abcd", 2**31)), True, "overruns by", JPEGBaseline8Bit
    ),
    "nested ten thousand deep": Hostile(lambda: nested_undefined(10_000), True, "nested deeper than 64"),
    "half a deflate stream": Hostile(
        lambda: deflated(encoded(image()), b"", 0)[:-200], True, "deflated data is", DeflatedExplicitVRLittleEndian
    ),
    "a deflate bomb": Hostile(
        lambda: deflated(b"", MEBIBYTE_OF_ELEMENTS, 300), True, "no SOPClassUID", DeflatedExplicitVRLittleEndian
    ),
    "a path for a study UID": uid("StudyInstanceUID", "../../../etc/passwd"),
    "a wildcard for a series UID": uid("SeriesInstanceUID", "1.2.*"),
    "a script for a study UID": uid("StudyInstanceUID", "<script>alert(1)</script>"),
    "a line break in a series UID": uid("SeriesInstanceUID", "1.2\n3"),
    "an empty study UID": uid("StudyInstanceUID", ""),
    "a study UID of 65 characters": uid("StudyInstanceUID", "1." + "2" * 63),
    # kept
    "nested ten thousand deep, lengths right": Hostile(lambda: nested_defined(10_000), False, "", frames=1),
    "4 gigapixels in 2 kB": Hostile(lambda: written(Rows=65535, Columns=65535), False, "2048 pixel bytes of", frames=1),
    "fewer pixels than rows and columns": Hostile(lambda: written(PixelData=bytes(10)), False, "10 pixel bytes of", frames=1),
    "more pixels than rows and columns": Hostile(lambda: written(PixelData=bytes(100_000)), False, "", frames=1),
    "no rows": Hostile(lambda: written(Rows=0), False, "pixel format not supported"),
    "2,147,483,648 frames": Hostile(lambda: written(NumberOfFrames=str(2**31)), False, "number of frames", frames=1),
    "a million frames of one pixel": Hostile(lambda: frames_of_one_pixel(10**6), False, "number of frames", frames=1),
    "a negative number of frames": Hostile(lambda: written(NumberOfFrames="-5"), False, "number of frames", frames=1),
    "a million empty fragments": Hostile(
        lambda: empty_fragments(10**6), False, "more than 131072 fragments", JPEGBaseline8Bit, frames=1
    ),
    "offsets that lead elsewhere": Hostile(lying_offset_table, False, "offset table", JPEGBaseline8Bit, frames=1),
    "a JPEG of 4 gigapixels": Hostile(jpeg_of_65535, False, "", JPEGBaseline8Bit, frames=1),
    "a JPEG 2000 of 4 gigapixels": Hostile(lambda: jpeg_2000_of_65535(65535), False, "", JPEG2000Lossless, frames=1),
    "a JPEG 2000 larger than its rows": Hostile(lambda: jpeg_2000_of_65535(32), False, "", JPEG2000Lossless, frames=1),
    "a deflate bomb with UIDs": Hostile(
        lambda: deflated(split()[0], MEBIBYTE_OF_ELEMENTS, 300), False, "", DeflatedExplicitVRLittleEndian
    ),
    "a palette of 65 million colours": Hostile(palette_bomb, False, "", frames=1),
    "one table for thousands of frames": Hostile(table_for_thousands_of_frames, False, "", frames=2000),
    "a name of 60,000 letters": Hostile(lambda: written(PatientName="A" * 60_000), False, "", frames=1),
    "lengths beyond meaning": Hostile(
        lambda: written(PixelSpacing=["1e308", "1e-308"], SliceThickness="1e308", RescaleSlope="1e308", InstanceNumber="1e300"),
        False,
        "",
        frames=1,
    ),
    "a window of no width": Hostile(lambda: written(WindowCenter="1e308", WindowWidth="1e-308"), False, "", frames=1),
    "the year 1": Hostile(lambda: written(StudyDate="00010101", StudyTime="000000"), False, "", frames=1),
    "the year 9999": Hostile(lambda: written(StudyDate="99991231", StudyTime="235959"), False, "", frames=1),
    "the year 2099": Hostile(lambda: written(StudyDate="20991231", PatientBirthDate="29991231"), False, "", frames=1),
}
