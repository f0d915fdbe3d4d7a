"""Names as people write them, from bytes as devices send them."""

from __future__ import annotations

import struct

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.imaging import attributes, charset
from functions.core.imaging.charset import PersonName
from functions.core.imaging.data_set import EXPLICIT_LITTLE
from tests.core.imaging.samples import read_file
from tests.data import files

EXPECTED = {
    "chrArab.dcm": "قباني لنزار",
    "chrFren.dcm": "Buc Jérôme",
    "chrGerm.dcm": "Äneas Rüdiger",
    "chrGreek.dcm": "Διονυσιος",
    "chrH31.dcm": "山田 太郎",
    "chrH32.dcm": "山田 太郎",
    "chrHbrw.dcm": "שרון דבורה",
    "chrI2.dcm": "洪 吉洞",
    "chrRuss.dcm": "Люкceмбypг",
    "chrX1.dcm": "王 小東",
    "chrX2.dcm": "王 小东",
}


def with_name(name: bytes, declared: bytes | None) -> pydicom.Dataset:
    """A data set as it comes off the wire."""
    out = b""
    for tag, vr, value in ((0x0005, b"CS", declared), (0x0060, b"CS", b"CT")):
        if value is not None:
            value += b" " * (len(value) % 2)
            out += struct.pack("<HH2sH", 0x0008, tag, vr, len(value)) + value
    name += b" " * (len(name) % 2)
    out += struct.pack("<HH2sH", 0x0010, 0x0010, b"PN", len(name)) + name
    return attributes.read(out, EXPLICIT_LITTLE)


@pytest.mark.slow
def test_names_of_the_standards_examples_are_read_as_written() -> None:
    paths = {path.name: path for path in files("charsets")}
    for name, expected in EXPECTED.items():
        item = read_file(paths[name])
        ds = attributes.read(item.data_set, item.transfer_syntax_uid)
        assert charset.person_name(ds).shown == expected


@pytest.mark.parametrize("declared", [None, b"", b"ISO_IR 6", b"ISO_IR 100"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb2312"])
def test_chinese_names_are_read_though_their_character_set_is_not_declared(declared: bytes | None, encoding: str) -> None:
    """Many devices send what their keyboard gives and declare nothing; the patient's page must not say ÕÅÈý."""
    assert charset.person_name(with_name("张三^小明".encode(encoding), declared)).shown == "张三 小明"


@pytest.mark.parametrize("declared", [b"GB18030", b"GBK", b"ISO_IR 192", b"\\ISO 2022 IR 58"])
def test_declared_chinese_character_sets_are_followed(declared: bytes) -> None:
    encoded = {
        b"ISO_IR 192": "Zhang^San=张^三".encode(),
        b"\\ISO 2022 IR 58": b"Zhang^San=\x1b$)A" + "张".encode("gb2312") + b"^\x1b$)A" + "三".encode("gb2312"),
    }.get(declared, "Zhang^San=张^三".encode("gb18030"))
    assert charset.person_name(with_name(encoded, declared)) == PersonName("Zhang San", "张 三", "")


def test_western_names_stay_western() -> None:
    """Müller must not become Chinese because two of its bytes could be."""
    assert charset.person_name(with_name("Müller^Jörg".encode("latin-1"), b"ISO_IR 100")).shown == "Müller Jörg"
    assert charset.person_name(with_name("Béé^Zoë".encode("latin-1"), b"ISO_IR 100")).alphabetic.startswith("B")


@given(st.binary(max_size=60), st.sampled_from([None, b"GB18030", b"ISO_IR 192", b"nonsense", b"ISO 2022 IR 87", b"\xff\xfe"]))
def test_no_bytes_and_no_declaration_raise(name: bytes, declared: bytes | None) -> None:
    """A name that cannot be read is shown badly; it is no reason to lose the study."""
    ds = with_name(name, declared)
    assert isinstance(charset.person_name(ds).shown, str)
    assert isinstance(charset.text(ds, 0x00100010), str)


def test_an_absent_name_is_empty() -> None:
    assert charset.person_name(pydicom.Dataset()) == PersonName("", "", "")
