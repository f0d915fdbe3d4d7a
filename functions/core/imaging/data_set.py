"""Walks the bytes of a data set, top level only, without decoding any value.

pydicom's reader is not used here because custody needs the exact place of the pixel bytes in what was received, and because a
thousand slices must be walked in a fraction of a second. Sources: DICOM PS3.5 7.1 (elements), 7.5 (sequences), A.4 (fragments).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.core.imaging.errors import DataSetMalformed

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

PIXEL_DATA = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
LONG_FORM = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
SHORT_FORM = frozenset(
    (
        *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT"),
        *(b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
    )
)
MAX_DEPTH = 64
MAX_FRAMES = 2**17  # of one instance, and of its fragments: each costs some 100 bytes of memory, however small it is

ROWS, COLUMNS, SAMPLES = 0x00280010, 0x00280011, 0x00280002
PHOTOMETRIC, PLANAR, FRAMES = 0x00280004, 0x00280006, 0x00280008
BITS_ALLOCATED, BITS_STORED, HIGH_BIT, REPRESENTATION = 0x00280100, 0x00280101, 0x00280102, 0x00280103
INSTANCE_NUMBER, POSITION, ORIENTATION = 0x00200013, 0x00200032, 0x00200037
EXTENDED_OFFSETS, EXTENDED_LENGTHS = 0x7FE00001, 0x7FE00002
WANTED = frozenset(
    (
        *(ROWS, COLUMNS, SAMPLES, PHOTOMETRIC, PLANAR, FRAMES, BITS_ALLOCATED, BITS_STORED, HIGH_BIT, REPRESENTATION),
        *(INSTANCE_NUMBER, POSITION, ORIENTATION, EXTENDED_OFFSETS, EXTENDED_LENGTHS),
    )
)
WANTED_BIG = {tag: tag for tag in WANTED}  # by group and element read as one number
WANTED_LITTLE = {(tag & 0xFFFF) << 16 | tag >> 16: tag for tag in WANTED}


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the top-level PixelData (7FE0,0010) stands.

    vr: two letters, empty in implicit VR.
    offset, length: bytes of the value; for encapsulated data, from the first item to the delimiter, which is not counted.
    fragments: (offset, length) of the values of all items, the basic offset table first; None for native data.
    """

    vr: bytes
    offset: int
    length: int
    fragments: tuple[tuple[int, int], ...] | None


@dataclass(frozen=True, slots=True)
class Walked:
    """A walked data set. values: raw bytes of the `WANTED` top-level elements by tag."""

    big_endian: bool
    pixels: PixelElement | None
    values: Mapping[int, bytes] = field(default_factory=dict)

    def number(self, tag: int, default: int = 0) -> int:
        """An unsigned short, or `default` when it is absent or has another size."""
        raw = self.values.get(tag, b"")
        return int.from_bytes(raw, "big" if self.big_endian else "little") if len(raw) == 2 else default

    def text(self, tag: int) -> str:
        return self.values.get(tag, b"").decode("ascii", "replace").strip(" \0")

    def decimals(self, tag: int) -> tuple[float, ...]:
        """Numbers of a DS or IS element; empty when one is not a number."""
        try:
            return tuple(float(part) for part in self.text(tag).split("\\"))
        except ValueError:
            return ()


def walk(data: bytes | memoryview, transfer_syntax_uid: str) -> Walked:
    """Find the pixel element and the few values that packing needs.

    Raises DataSetMalformed when a length leaves the data set, when nesting is deeper than `MAX_DEPTH`, when there are more
    fragments than `MAX_FRAMES`, or when it is deflated.
    """
    if transfer_syntax_uid == DEFLATED:
        raise DataSetMalformed(what="deflated", offset=0)
    view = memoryview(data)
    big_endian = transfer_syntax_uid == EXPLICIT_BIG
    return _Reader(view, implicit=not big_endian and is_implicit(view), big_endian=big_endian).top_level()


def is_implicit(data: bytes | memoryview) -> bool:
    """Whether the first element has no VR. The transfer syntax should say so, but senders exist that are wrong about it."""
    return bytes(data[4:6]) not in SHORT_FORM | LONG_FORM


class _Reader:
    def __init__(self, data: memoryview, *, implicit: bool, big_endian: bool) -> None:
        order = ">" if big_endian else "<"
        self.data, self.size, self.implicit, self.big_endian = data, len(data), implicit, big_endian
        self.explicit_header = struct.Struct(order + "HH2sH").unpack_from
        self.implicit_header = struct.Struct(order + "HHI").unpack_from
        self.u32 = struct.Struct(order + "I").unpack_from
        self.short_header = struct.Struct(order + "I2sH").unpack_from
        self.wanted = WANTED_BIG if big_endian else WANTED_LITTLE

    def header(self, at: int, implicit: bool) -> tuple[int, bytes, int, int]:
        """(tag, VR, length, offset of the value) of the element at `at`."""
        if at + 8 > self.size:
            raise DataSetMalformed(what="element header cut off", offset=at)
        group, element, vr, length = self.explicit_header(self.data, at)
        tag = group << 16 | element
        if implicit or group == 0xFFFE:
            return tag, b"", self.implicit_header(self.data, at)[2], at + 8
        if vr in SHORT_FORM:
            return tag, vr, length, at + 8
        if vr not in LONG_FORM:
            raise DataSetMalformed(what="no value representation", offset=at)
        if at + 12 > self.size:
            raise DataSetMalformed(what="element header cut off", offset=at)
        return tag, vr, self.u32(self.data, at + 8)[0], at + 12

    def top_level(self) -> Walked:
        """What stands after the pixel element may be rubbish (some devices pad): it is no reason to hide the image."""
        values: dict[int, bytes] = {}
        pixels: PixelElement | None = None
        at = 0
        while at < self.size:
            try:
                at = self.short_elements(at, values)
                if at < self.size:
                    at, pixels = self.element(at, values, pixels)
            except DataSetMalformed:
                if pixels is None:
                    raise
                break
        return Walked(self.big_endian, pixels, values)

    def short_elements(self, at: int, values: dict[int, bytes]) -> int:
        """Step over explicit elements of short form and sequences of known length, most of any data set: `element` for all of
        them would take three times as long, and every image that is packed is walked."""
        if self.implicit:
            return at
        data, last, short_form, wanted, unpack = self.data, self.size - 8, SHORT_FORM, self.wanted, self.short_header
        while at <= last:
            raw_tag, vr, length = unpack(data, at)
            if vr not in short_form:
                if vr != b"SQ" or at + 4 > last:
                    return at
                (length,) = self.u32(data, at + 8)
                if length == UNDEFINED:
                    return at
                at += 12 + length
                continue
            if raw_tag in wanted:
                values[wanted[raw_tag]] = bytes(data[at + 8 : self.inside(at + 8, length)])
            at += 8 + length
        return self.inside(at, 0)

    def element(self, at: int, values: dict[int, bytes], pixels: PixelElement | None) -> tuple[int, PixelElement | None]:
        """Step over the element at `at`, keeping what is wanted. Returns its end and the pixel element if it has been met."""
        tag, vr, length, value = self.header(at, self.implicit)
        if tag == PIXEL_DATA:
            if pixels is not None:
                raise DataSetMalformed(what="second pixel element", offset=at)
            found, end = self.pixel_element(vr, length, value)
            return end, found
        if length == UNDEFINED:
            return self.skip_undefined(value, implicit=self.implicit or vr == b"UN"), pixels
        end = self.inside(value, length)
        if tag in WANTED:
            values[tag] = bytes(self.data[value:end])
        return end, pixels

    def inside(self, value: int, length: int) -> int:
        end = value + length
        if end > self.size:
            raise DataSetMalformed(what=f"length {length} leaves the data set", offset=value)
        return end

    def skip_undefined(self, at: int, *, implicit: bool) -> int:
        """End of the undefined-length sequence whose first item is at `at`. A stack, not recursion: hostile files nest deeply."""
        stack: list[tuple[bool, bool]] = [(False, implicit)]  # (inside an item, its elements are implicit)
        while stack:
            in_item, implicit = stack[-1]
            if not in_item:
                tag, _, length, value = self.header(at, True)
                if tag == SEQUENCE_END:
                    stack.pop()
                    at = value
                elif tag != ITEM:
                    raise DataSetMalformed(what="item expected", offset=at)
                elif length == UNDEFINED:
                    stack.append((True, implicit))
                    at = value
                else:
                    at = self.inside(value, length)
                continue
            tag, vr, length, value = self.header(at, implicit)
            if tag == ITEM_END:
                stack.pop()
                at = value
            elif length == UNDEFINED:
                if len(stack) >= MAX_DEPTH:
                    raise DataSetMalformed(what=f"nested deeper than {MAX_DEPTH}", offset=at)
                stack.append((False, implicit or vr == b"UN"))
                at = value
            else:
                at = self.inside(value, length)
        return at

    def pixel_element(self, vr: bytes, length: int, value: int) -> tuple[PixelElement, int]:
        if length != UNDEFINED:
            end = self.inside(value, length)
            return PixelElement(vr, value, length, None), end
        at = value
        fragments: list[tuple[int, int]] = []
        while True:
            tag, _, size, start = self.header(at, True)
            if tag == SEQUENCE_END:
                return PixelElement(vr, value, at - value, tuple(fragments)), start
            if tag != ITEM or size == UNDEFINED:
                raise DataSetMalformed(what="fragment expected", offset=at)
            at = self.inside(start, size)
            fragments.append((start, size))
            if len(fragments) > MAX_FRAMES:
                raise DataSetMalformed(what=f"more than {MAX_FRAMES} fragments", offset=at)
