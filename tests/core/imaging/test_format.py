"""FORMAT.md against the code that writes and reads it."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from functions.core.imaging import heads, pixel_object
from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.parcel import Received
from tests.core.imaging.samples import CT, opened

FORMAT = (Path(pixel_object.__file__).parent / "FORMAT.md").read_text()
CODES = {"u8": "B", "u32": "I", "bytes": "4s"}
ROW = re.compile(r"^\| (\d+) \| (\d+) \| (\w+) \| (\w+) \|", re.MULTILINE)


def table(section: str) -> list[tuple[int, int, str, str]]:
    """(offset, size, type, field) rows of a section of FORMAT.md."""
    text = FORMAT.split(f"## {section}")[1].split("\n## ")[0]
    return [(int(offset), int(size), kind, field) for offset, size, kind, field in ROW.findall(text)]


@pytest.mark.parametrize(("section", "header"), [("1. Pixel", pixel_object.HEADER), ("2. Heads", heads.HEADER)])
def test_the_tables_describe_the_headers_that_are_written(section: str, header: struct.Struct) -> None:
    """Who writes a reader from the document alone must be able to."""
    rows = table(section)
    assert "<" + "".join(CODES[kind] for _, _, kind, _ in rows) == header.format
    ends = [offset + size for offset, size, _, _ in rows]
    assert [offset for offset, *_ in rows] == [0, *ends[:-1]]
    assert ends[-1] == header.size


def test_each_field_of_a_heads_header_is_where_the_table_says() -> None:
    (found, parcel), *_ = opened([Received("1.2.3", CT, "1.2.840.10008.1.2.1", bytes(8))])
    data = parcel.heads.data
    fields = {
        field: int.from_bytes(data[offset : offset + size], "little") if kind != "bytes" else data[offset : offset + size]
        for offset, size, kind, field in table("2. Heads")
    }
    assert fields["magic"] == b"LBXP"
    assert (fields["version"], fields["kind"], fields["algorithm"], fields["tag_size"]) == (1, 1, 0, 0)
    assert fields["instance_count"] == 1
    assert fields["blob_size"] == len(found.blob) == 8
    assert heads.HEADER.size + int(fields["directory_bytes"]) + int(fields["blob_bytes"]) == len(data)


def test_the_worked_example_of_a_low_object_is_what_is_written() -> None:
    hexadecimal = re.search(r"^    (4c 42 58 50(?:\s+[0-9a-f]{2})+)", FORMAT, re.MULTILINE)
    assert hexadecimal is not None
    assert pixel_object.pack_object("low", [b"x"])[:16] == bytes.fromhex(hexadecimal[1])


def test_the_worked_example_of_a_directory_is_what_is_written() -> None:
    import zstandard

    (_, parcel), *_ = opened([Received("1.2.3", "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.1.2", bytes(8))])
    sizes = heads.HEADER.unpack_from(parcel.heads.data)
    directory = zstandard.decompress(parcel.heads.data[40 : 40 + sizes[6]]).decode()
    example = FORMAT.split("with one verbatim instance of 8 bytes:")[1].split("## 3")[0]
    assert "".join(example.split()) == directory


def test_limits_in_the_document_are_those_of_the_code() -> None:
    mebibytes = {int(number) * 2**20 for number in re.findall(r"(\d+) MiB", FORMAT.split("## 2")[1])}
    assert mebibytes == {heads.MAX_DIRECTORY, heads.MAX_BLOB, pixel_object.MAX_OBJECT}


def test_every_mode_of_the_document_is_one_of_the_code() -> None:
    stated = re.search(r"\| `mode` \| text \| (.*?) \|", FORMAT)
    assert stated is not None
    assert tuple(re.findall(r"`(\w+)`", stated[1])) == heads.MODES


def test_another_version_is_refused_not_guessed() -> None:
    data = bytearray(pixel_object.pack_object("low", [b"x"]))
    data[5] = 9
    with pytest.raises(ParcelDamaged):
        pixel_object.unpack_header("low", bytes(data))
