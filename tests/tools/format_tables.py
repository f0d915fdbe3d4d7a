"""Reads the tables of a Markdown document, so that a test can hold them against the code.

A layout table has the columns offset, size, type and field, as every FORMAT.md here writes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_CODES = {("u8", 1): "B", ("u16", 2): "H", ("u32", 4): "I", ("u64", 8): "Q", ("i16", 2): "h", ("i32", 4): "i", ("i64", 8): "q"}


@dataclass(frozen=True)
class Table:
    """One table: the heading it stands under, its columns, and its rows by column."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def tables(path: Path) -> list[Table]:
    """All tables of a document in their order. Code marks (`) around a cell are taken off."""
    found: list[Table] = []
    heading, block = "", []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            block.append([_cell(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
            continue
        if len(block) > 2:
            columns = tuple(block[0])
            rows = tuple(dict(zip(columns, row, strict=True)) for row in block[2:])
            found.append(Table(heading, columns, rows))
        block = []
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
    return found


def _cell(text: str) -> str:
    text = text.strip()
    whole = re.fullmatch(r"`([^`]*)`", text)
    return whole[1] if whole else text


def table(path: Path, heading: str, first_column: str) -> Table:
    """The one table under a heading whose first column is so named. Raises LookupError when there is none or more than one."""
    fitting = [each for each in tables(path) if each.heading == heading and each.columns[0] == first_column]
    if len(fitting) != 1:
        raise LookupError(f"{path.name}: {len(fitting)} tables under {heading!r} that begin with {first_column!r}")
    return fitting[0]


def struct_format(layout: Table) -> str:
    """The little-endian struct format that a layout table describes. Raises ValueError where offsets leave gaps or overlap."""
    parts, expected = ["<"], 0
    for row in layout.rows:
        offset, size, kind = int(row["offset"]), int(row["size"]), row["type"]
        if offset != expected:
            raise ValueError(f"{layout.heading}: {row['field']} stands at {offset}; the fields before it end at {expected}")
        parts.append(f"{size}s" if kind in {"bytes", "text"} else _CODES[kind, size])
        expected = offset + size
    return "".join(parts)
