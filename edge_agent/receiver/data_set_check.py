"""A look through a received data set before anything is promised: whose it is, and whether its lengths add up.

Only tags and lengths are read; values stay untouched, pixel data is stepped over. Encodings: PS3.5 chapter 7 and A.
What cannot be walked for lack of a known VR is taken as it is, if the four UIDs were found; what is cut is refused.
"""

from __future__ import annotations

import mmap
import re
import struct
import threading
import zlib
from typing import NamedTuple

from edge_agent.errors import DataSetUnreadable

DEFLATED = {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
IMPLICIT_LITTLE, EXPLICIT_BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"

_SOP_CLASS, _SOP, _STUDY, _SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
_WANTED = {
    _SOP_CLASS: "SOPClassUID",
    _SOP: "SOPInstanceUID",
    _STUDY: "StudyInstanceUID",
    _SERIES: "SeriesInstanceUID",
}
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT_VRS = frozenset({b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL"})
_SHORT_VRS |= {b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
_MAX_DEPTH = 64
_MAX_INFLATED = 32 << 20  # of a deflated data set; what comes later is not looked at
_MAX_ELEMENTS = 500_000  # half a second's look; an object of more is taken without the rest of it, if its UIDs were found
_one_at_a_time = threading.Lock()  # for what is inflated: sixteen associations must not hold sixteen of them
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")

Data = mmap.mmap | bytes


class Identity(NamedTuple):
    """Four UIDs of a data set, each 1–64 characters of digits and dots."""

    sop_class_uid: str
    sop_uid: str
    study_uid: str
    series_uid: str


class _Enough(Exception):
    """The walk ends here: an unknown VR, or more elements than are looked at."""


def examine(data: Data, start: int, transfer_syntax_uid: str) -> Identity:
    """Walk the data set that begins at `start`. Raises DataSetUnreadable."""
    if transfer_syntax_uid not in DEFLATED:
        return _examined(data, start, transfer_syntax_uid, whole=True)
    with _one_at_a_time:
        inflated, whole = _inflate(data, start)
        return _examined(inflated, 0, transfer_syntax_uid, whole)


def examine_beginning(beginning: bytes, size: int, transfer_syntax_uid: str) -> Identity | None:
    """As `examine`, of a data set of `size` bytes of which only the first are at hand: they suffice when large values come last.

    None when they do not, or when anything is unusual: then `examine` has to say what is so.
    """
    if transfer_syntax_uid in DEFLATED:
        return None
    walk = _Walk(beginning, size, big=transfer_syntax_uid == EXPLICIT_BIG, whole=True)
    try:
        walk.elements(0, implicit=transfer_syntax_uid == IMPLICIT_LITTLE, depth=0)
        return _identity(walk.found)
    except (_Enough, DataSetUnreadable, struct.error, IndexError):
        return None


def _examined(data: Data, start: int, transfer_syntax_uid: str, whole: bool) -> Identity:
    """whole: False when `data` is only the beginning of the data set."""
    walk = _Walk(data, len(data), big=transfer_syntax_uid == EXPLICIT_BIG, whole=whole)
    try:
        walk.elements(start, implicit=transfer_syntax_uid == IMPLICIT_LITTLE, depth=0)
    except _Enough:
        pass
    except (struct.error, IndexError):
        if whole:
            raise DataSetUnreadable(reason="it ends within an element") from None
    return _identity(walk.found)


def _identity(found: dict[int, bytes]) -> Identity:
    missing = [name for tag, name in _WANTED.items() if tag not in found]
    if missing:
        raise DataSetUnreadable(reason="no " + ", ".join(missing))
    uids = []
    for tag, name in _WANTED.items():
        uid = found[tag].rstrip(b"\0 ").decode("ascii", "replace")
        if len(uid) > 64 or not _UID.fullmatch(uid):
            raise DataSetUnreadable(reason=f"{name} is not a UID")
        uids.append(uid)
    return Identity(*uids)


def _inflate(data: Data, start: int) -> tuple[bytes, bool]:
    """Inflated data set and whether it is whole; a bomb is looked at only up to `_MAX_INFLATED`."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(memoryview(data)[start:], _MAX_INFLATED)
    except zlib.error:
        raise DataSetUnreadable(reason="the deflated data is damaged") from None
    if not inflater.eof and not inflater.unconsumed_tail:
        raise DataSetUnreadable(reason="the deflated data is cut")
    return inflated, inflater.eof


class _Walk:
    """One pass; `found` fills with the wanted values of the top level.

    data: may end before the data set does; what is needed from behind its end raises struct.error or IndexError.
    """

    def __init__(self, data: Data, end: int, big: bool, whole: bool) -> None:
        self.data, self.end, self.whole = data, end, whole
        self.found: dict[int, bytes] = {}
        self._left = _MAX_ELEMENTS
        order = ">" if big else "<"
        self._short = struct.Struct(order + "HH2sH").unpack_from
        self._plain = struct.Struct(order + "HHI").unpack_from
        self._u32 = struct.Struct(order + "I").unpack_from

    def elements(self, position: int, implicit: bool, depth: int, inside_item: bool = False) -> int:
        """Step over elements up to the end, or (inside an item of undefined length) its delimiter; returns where it is."""
        data, end, found = self.data, self.end, self.found
        while position < end:
            if end - position < 8 and end <= len(data) and not any(data[position:end]):
                return end  # padding
            self._left -= 1
            if self._left < 0:
                raise _Enough
            if implicit:
                group, element, length = self._plain(data, position)
                position += 8
                vr = b""
            else:
                group, element, vr, length = self._short(data, position)
                position += 8
                if vr in _LONG_VRS:
                    (length,) = self._u32(data, position)
                    position += 4
                elif group == 0xFFFE:
                    (length,) = self._u32(data, position - 4)
                elif vr not in _SHORT_VRS:
                    raise _Enough
            if group == 0xFFFE:
                if inside_item and element == 0xE00D:
                    return position
                raise DataSetUnreadable(reason=f"a stray delimiter at byte {position}")
            if length == _UNDEFINED:
                encapsulated = group == 0x7FE0
                position = self.items(position, implicit or vr == b"UN", encapsulated, depth + 1)
                continue
            if not depth and (tag := group << 16 | element) in _WANTED and length <= 66:
                found[tag] = data[position : position + length]
                if position + length > len(data) and position + length <= end:
                    raise IndexError
            position += length
            if position > end:
                if self.whole:
                    raise DataSetUnreadable(reason=f"an element overruns by {position - end} bytes")
                return end
        if inside_item:
            raise DataSetUnreadable(reason="it ends within an item")
        return position

    def items(self, position: int, implicit: bool, encapsulated: bool, depth: int) -> int:
        """Step over items of a sequence, or fragments of pixel data, of undefined length."""
        if depth > _MAX_DEPTH:
            raise DataSetUnreadable(reason=f"nested deeper than {_MAX_DEPTH}")
        while True:
            group, element, length = self._plain(self.data, position)
            position += 8
            if group != 0xFFFE:
                raise DataSetUnreadable(reason=f"no item where one should begin, at byte {position}")
            if element == 0xE0DD:
                return position
            if length == _UNDEFINED and not encapsulated:
                position = self.elements(position, implicit, depth, inside_item=True)
            else:
                position += length
                if position > self.end:
                    raise DataSetUnreadable(reason=f"an item overruns by {position - self.end} bytes")
