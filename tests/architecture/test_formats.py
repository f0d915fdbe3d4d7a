"""What FORMAT.md says of bytes is what the code writes: a reader of the document alone could read the files."""

from __future__ import annotations

import importlib
import struct
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from tests.tools.format_tables import Table, struct_format, table, tables

ROOT = Path(__file__).resolve().parents[2]
PARCELS, SPOOL = "functions/core/imaging/FORMAT.md", "edge_agent/spool/FORMAT.md"

# document, heading, where its Struct is
LAYOUTS = [
    (PARCELS, "1. Pixel objects: `low` and `rest`", "functions.core.imaging.pixel_object:HEADER"),
    (PARCELS, "2. Heads object", "functions.core.imaging.heads:HEADER"),
    (SPOOL, "1. Object file", "edge_agent.spool.records:HEAD"),
    (SPOOL, "2. Journal", "edge_agent.spool.records:RECORD"),
]
# document, where its version number is
VERSIONS = [(PARCELS, "functions.core.imaging.pixel_object:VERSION"), (SPOOL, "edge_agent.spool.records:VERSION")]


def named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("document", "heading", "place"), LAYOUTS)
def test_a_layout_table_is_the_codes_struct(document: str, heading: str, place: str):
    layout = struct_format(table(ROOT / document, heading, "offset"))
    assert layout == named(place).format
    assert struct.calcsize(layout) == named(place).size


@pytest.mark.parametrize(("document", "place"), VERSIONS)
def test_the_newest_version_listed_is_the_one_written(document: str, place: str):
    """borg's table once said version 1 while its writer wrote 2."""
    assert max(int(row["version"]) for row in table(ROOT / document, "Versions", "version").rows) == named(place)


def test_the_journals_kinds_are_those_of_the_code():
    kinds: type[IntEnum] = named("edge_agent.spool.records:RecordKind")
    rows = table(ROOT / SPOOL, "2. Journal", "kind").rows
    assert {int(row["kind"]): row["name"] for row in rows} == {kind.value: kind.name.lower() for kind in kinds}


def test_every_document_with_a_layout_is_held_against_code():
    """A new FORMAT.md, or a new table in one, is not forgotten here."""
    skip = {"node_modules", ".venv", "build"}
    documents = [path for path in ROOT.rglob("FORMAT.md") if not skip & set(path.relative_to(ROOT).parts)]
    described = {
        (path.relative_to(ROOT).as_posix(), each.heading)
        for path in documents
        for each in tables(path)
        if each.columns[:2] == ("offset", "size")
    }
    assert described == {(document, heading) for document, heading, _ in LAYOUTS}


def test_a_gap_between_fields_is_noticed():
    rows = ({"offset": "0", "size": "4", "type": "u32", "field": "a"}, {"offset": "6", "size": "1", "type": "u8", "field": "b"})
    with pytest.raises(ValueError, match="b stands at 6"):
        struct_format(Table("gap", ("offset", "size", "type", "field"), rows))
