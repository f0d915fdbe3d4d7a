"""Texts of a data set for people to read: decoded as declared, as meant where the declaration is wrong, never an error.

Sources: DICOM PS3.3 C.12.1.1.2, PS3.5 6.1 and 6.2.1 (person names). Many Chinese devices send GB 18030 or UTF-8 bytes and declare
ISO_IR 100 or nothing at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from functions.core.imaging.attributes import UNREADABLE

if TYPE_CHECKING:
    import pydicom

CHARACTER_SET, PATIENT_NAME = 0x00080005, 0x00100010
GB2312_RUNS = re.compile(rb"[\x00-\x7f]*(?:(?:[\xa1-\xf7][\xa1-\xfe])+[\x00-\x7f]+)*(?:[\xa1-\xf7][\xa1-\xfe])*")
ESCAPES = re.compile("\x1b[$()-]+[A-Z@]")  # those of GB 2312 and KS X 1001 stay behind when the bytes are decoded
DELIMITERS = set(b"\\^=\n\r\t\f")


class PersonName(NamedTuple):
    """alphabetic, ideographic, phonetic: representations of a name, family and given name joined by a space; '' when absent."""

    alphabetic: str
    ideographic: str
    phonetic: str

    @property
    def shown(self) -> str:
        """What to put on a page: the ideographic name, else the alphabetic one."""
        return self.ideographic or self.alphabetic


def text(ds: pydicom.Dataset, tag: int) -> str:
    """The value of a text element, several joined by a backslash; '' when it is absent. Never raises."""
    if tag not in ds:
        return ""
    try:
        raw = ds.get_item(tag)
        value = getattr(raw, "value", None)
        if isinstance(value, bytes):
            return decode(value, _declared(ds)).strip(" \0")
        original = getattr(value, "original_string", value)
        if isinstance(original, bytes):
            return decode(original, _declared(ds)).strip(" \0")
        return "" if value is None else str(value).strip(" \0")
    except UNREADABLE:
        return ""


def person_name(ds: pydicom.Dataset, tag: int = PATIENT_NAME) -> PersonName:
    """A person's name in its representations. Never raises."""
    groups = [" ".join(" ".join(part.split("^")).split()) for part in text(ds, tag).split("=")]
    alphabetic, ideographic, phonetic = (*groups, "", "", "")[:3]
    return PersonName(alphabetic, ideographic, phonetic)


def decode(value: bytes, declared: list[str]) -> str:
    """Decode as declared; where that cannot be, or the bytes are plainly UTF-8 or GB 2312, as what they are."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    single_byte = not declared or declared in ([""], ["ISO_IR 6"], ["ISO_IR 100"])
    if single_byte:
        for encoding, fits in (("utf-8", True), ("gb18030", GB2312_RUNS.fullmatch(value) is not None)):
            if fits:
                try:
                    return value.decode(encoding)
                except UnicodeDecodeError:
                    continue
        return value.decode("latin-1")
    from pydicom.charset import convert_encodings, decode_bytes

    try:
        return ESCAPES.sub("", str(decode_bytes(value, convert_encodings(declared), DELIMITERS)))
    except UNREADABLE:
        return value.decode("gb18030", "replace")


def _declared(ds: pydicom.Dataset) -> list[str]:
    from functions.core.imaging.attributes import texts

    return texts(ds, CHARACTER_SET)
