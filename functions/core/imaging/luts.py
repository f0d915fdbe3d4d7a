"""Lookup tables of a data set: modality, VOI and palette.

Sources: DICOM PS3.3 C.11.1.1 and C.11.2.1.1 (descriptor), C.7.6.3.1.5 (palette), C.7.9.2 (segmented palette).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.core.imaging.attributes import packed

if TYPE_CHECKING:
    import pydicom

DESCRIPTOR, DATA = 0x00283002, 0x00283006
PALETTES = ((0x00281101, 0x00281201, 0x00281221), (0x00281102, 0x00281202, 0x00281222), (0x00281103, 0x00281203, 0x00281223))
MAX_ENTRIES = 65536


@dataclass(frozen=True, slots=True)
class Lut:
    """first: stored value mapped to values[0]; values below and above take the ends. bits: of one value."""

    first: int
    bits: int
    values: tuple[int, ...]


def read_lut(item: pydicom.Dataset | None, signed: bool) -> Lut | None:
    """A modality or VOI LUT from its sequence item; None when it has none that can be used."""
    if item is None:
        return None
    return _lut(item, DESCRIPTOR, DATA, signed)


def read_palette(ds: pydicom.Dataset) -> tuple[Lut, Lut, Lut] | None:
    """Red, green and blue of PALETTE COLOR, segmented ones expanded; None when one is missing."""
    tables = []
    for descriptor, data, segmented in PALETTES:
        table = _lut(ds, descriptor, data, False) or _segmented(ds, descriptor, segmented)
        if table is None:
            return None
        tables.append(table)
    red, green, blue = tables
    return red, green, blue


def _descriptor(ds: pydicom.Dataset, tag: int, signed: bool) -> tuple[int, int, int] | None:
    """(entries, first, bits). The first mapped value is signed when the pixels are, whatever VR it came with."""
    values = packed(ds, tag, "H")
    if len(values) != 3:
        return None
    entries, first, bits = (int(value) & 0xFFFF for value in values)
    if not 1 <= bits <= 16:
        return None
    return entries or MAX_ENTRIES, first - 0x10000 if signed and first > 0x7FFF else first, bits


def _lut(ds: pydicom.Dataset, descriptor: int, data: int, signed: bool) -> Lut | None:
    facts = _descriptor(ds, descriptor, signed)
    words = [int(value) & 0xFFFF for value in packed(ds, data, "H")]
    if facts is None or not words:
        return None
    entries, first, bits = facts
    if len(words) < entries <= 2 * len(words):  # 8-bit entries, two in a word, the first in the low byte
        words = [value for word in words for value in (word & 0xFF, word >> 8)]
    if len(words) < entries:
        return None
    values = words[:entries]
    top = (1 << bits) - 1
    if max(values) > top:  # some writers say 8 and store 16 bits
        bits = max(values).bit_length()
    return Lut(first, bits, tuple(values))


def _segmented(ds: pydicom.Dataset, descriptor: int, data: int) -> Lut | None:
    facts = _descriptor(ds, descriptor, False)
    words = [int(value) & 0xFFFF for value in packed(ds, data, "H")]
    if facts is None or not words:
        return None
    entries, first, bits = facts
    if bits == 8:
        words = list(struct.pack(f"<{len(words)}H", *words))
    values = _expand(words, entries)
    return Lut(first, bits, tuple(values)) if values is not None else None


def _expand(segments: Sequence[int], entries: int) -> list[int] | None:
    """Discrete, linear and indirect segments; None when they do not give `entries` values."""
    values: list[int] = []
    at = 0
    try:
        while at + 1 < len(segments) and len(values) < entries:
            at = _segment(segments, at, values, entries)
    except IndexError:
        return None
    return values[:entries] if len(values) >= entries else None


def _segment(segments: Sequence[int], at: int, values: list[int], entries: int, nested: bool = False) -> int:
    """Append one segment's values; returns where the next begins. An indirect one ends with the table: six kilobytes of segments
    that refer to each other can claim billions of values."""
    kind, length = segments[at], segments[at + 1]
    if kind == 0 and length:
        values.extend(segments[at + 2 : at + 2 + length])
        return at + 2 + length
    if kind == 1 and length and values:
        start, end = values[-1], segments[at + 2]
        values.extend(round(start + (end - start) * step / length) for step in range(1, length + 1))
        return at + 3
    if kind == 2 and not nested:
        place = segments[at + 2] | segments[at + 3] << 16
        for _ in range(length):
            if len(values) >= entries:
                break
            place = _segment(segments, place, values, entries, nested=True)
        return at + 4
    raise IndexError(at)
