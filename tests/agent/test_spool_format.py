"""Bytes of the spool are what FORMAT.md says, and damage never passes for data."""

from __future__ import annotations

import dataclasses
import struct
import zlib
from pathlib import Path

import pytest

from edge_agent.spool import records
from edge_agent.spool.records import JOURNAL_MAGIC, Head, LaterHead, NotAHead, ObjectKind, Record, RecordKind, read_records
from tests.tools.format_tables import struct_format, table

FORMAT = Path(records.__file__).with_name("FORMAT.md")
HEAD = Head(ObjectKind.DICOM, 3, 0, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", *["1.2"] * 5, "A", "B")
RECORDS = [
    Record(RecordKind.OBJECT, 1, {"number": 1, "sop_uid": "1.2"}),
    Record(RecordKind.NAMED, 2, {"names": {"1.2": "研究"}}),
    Record(RecordKind.SHIPPED, 3, {"number": 1, "state": 4, "reason": ""}),
]


def test_the_head_table_is_the_struct():
    """A reader of FORMAT.md must be able to read our files."""
    assert struct_format(table(FORMAT, "1. Object file", "offset")) == records.HEAD.format
    assert records.HEAD_BYTES == 512


def test_the_record_table_is_the_struct():
    assert struct_format(table(FORMAT, "2. Journal", "offset")) == records.RECORD.format


def test_the_record_kinds_are_the_documented_ones():
    documented = {row["name"]: int(row["kind"]) for row in table(FORMAT, "2. Journal", "kind").rows}
    assert documented == {kind.name.lower(): kind.value for kind in RecordKind}


def test_the_worked_example_is_what_is_written():
    raw = HEAD.pack(7)
    assert raw[:24].hex() == "4c42534f" + "02" + "01" + "0000" + "0300000000000000" + "0000000000000000"
    assert raw[24:56].hex() == HEAD.sha256
    assert raw[56:376] == (b"1.2" + bytes(61)) * 5
    assert raw[376:408] == b"A" + bytes(15) + b"B" + bytes(15)
    assert raw[408:508] == bytes((7, 0, 0, 0)) + bytes(96)
    assert Head.unpack(raw, 7) == HEAD


def test_a_head_of_version_1_is_read_under_any_number():
    """Spools of the first version hold promises too; its heads named no number."""
    raw = bytearray(HEAD.pack(0))
    raw[4] = 1
    raw[508:] = struct.pack("<I", zlib.crc32(raw[:508]))
    assert Head.unpack(bytes(raw), 7) == HEAD


def test_the_head_of_a_later_version_is_told_from_no_head():
    """What is no head may be removed; this was promised by a newer agent and may not."""
    raw = bytearray(HEAD.pack(7))
    raw[4] = 3
    with pytest.raises(NotAHead, match="CRC"):
        Head.unpack(bytes(raw), 7)
    raw[508:] = struct.pack("<I", zlib.crc32(raw[:508]))
    with pytest.raises(LaterHead, match="version 3"):
        Head.unpack(bytes(raw), 7)


def test_the_head_of_another_object_is_none():
    """A file that is used again holds an old head until its new one is written; that must not be taken for a promise."""
    with pytest.raises(NotAHead, match="another object"):
        Head.unpack(HEAD.pack(7), 8)


@pytest.mark.parametrize("field", ["sop_uid", "study_uid", "calling_ae_title"])
def test_a_full_field_survives_and_a_longer_text_is_refused(field):
    """`64s` would cut silently, and a cut UID is another object's."""
    size = 16 if field == "calling_ae_title" else 64
    whole = dataclasses.replace(HEAD, **{field: "1" * size})
    assert Head.unpack(whole.pack(7), 7) == whole
    with pytest.raises(ValueError, match="does not fit"):
        dataclasses.replace(HEAD, **{field: "1" * (size + 1)}).pack(7)


def test_no_shorter_head_and_no_flipped_bit_passes():
    raw = HEAD.pack(7)
    for length in range(len(raw)):
        with pytest.raises(NotAHead):
            Head.unpack(raw[:length], 7)
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotAHead):
            Head.unpack(bytes(flipped), 7)


def test_an_empty_file_is_not_a_head():
    """Prepared files hold zeros or nothing until an object is promised."""
    for raw in (b"", bytes(512)):
        with pytest.raises(NotAHead):
            Head.unpack(raw, 0)


def test_a_cut_journal_gives_the_records_before_the_cut():
    """A power cut leaves any length behind."""
    packed = [record.pack() for record in RECORDS]
    raw = JOURNAL_MAGIC + b"".join(packed)
    ends = [len(JOURNAL_MAGIC) + sum(map(len, packed[:count])) for count in range(len(packed) + 1)]
    for length in range(len(JOURNAL_MAGIC), len(raw) + 1):
        found = [record for record, _ in read_records(raw[:length])]
        assert found == RECORDS[: sum(end <= length for end in ends) - 1]


def test_a_flipped_bit_ends_the_journal_there():
    """Nothing after a damaged record is believed, nothing before it is lost."""
    packed = [record.pack() for record in RECORDS]
    raw = JOURNAL_MAGIC + b"".join(packed)
    start = len(JOURNAL_MAGIC) + len(packed[0])
    for bit in range(start * 8, (start + len(packed[1])) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert [record for record, _ in read_records(bytes(flipped))] == RECORDS[:1]
