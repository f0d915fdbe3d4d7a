"""DuckDB over a month's files and the lines that are newer. Nothing of it outlives one call but files that were fetched."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.adapters.vault.port import Vault
from functions.core.lake.line import COLUMNS, Line
from functions.core.study import keys

if TYPE_CHECKING:
    import duckdb

CACHED_FILES = 400  # some thirty years of months; the oldest go first
LIMITS = {"threads": "2", "memory_limit": "400MB", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def folder() -> Path:
    """Where fetched files stay while the function is warm."""
    place = Path(tempfile.gettempdir()) / "lightbox-lake"
    place.mkdir(mode=0o700, exist_ok=True)
    return place


def fetched(vault: Vault, tenant: str, month: str, file: str) -> str:
    """Path of a month's file, whose name is its digest: one that is there is right. Raises ObjectMissing, ObjectRefused."""
    path = folder() / f"{file}.parquet"
    if not path.exists():
        body = vault.get("originals", keys.lake_file(tenant, month, file))
        _make_room()
        with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as part:
            part.write(body)
        os.replace(part.name, path)
    return str(path)


@contextmanager
def opened(files: list[str], tail: Iterable[tuple[str, bool, Line]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with `files` (not there where the list is empty) and `tail`. tail: (study, gone, line)."""
    import duckdb  # half a second, which only a search needs

    with (
        tempfile.TemporaryDirectory(dir=folder()) as place,
        duckdb.connect(config={**LIMITS, "temp_directory": place}) as database,
    ):
        path = Path(place) / "tail.json"
        with path.open("w", encoding="utf-8") as text:
            for study, gone, line in tail:
                text.write(json.dumps({**line, "study": study, "gone": gone}, ensure_ascii=False) + "\n")
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in {**COLUMNS, "gone": "BOOLEAN"}.items())
        read = f"read_json('{path}', format='newline_delimited', columns={{{columns}}})"
        database.execute(f"CREATE TABLE tail AS SELECT * FROM {read}")  # noqa: S608 — names are this module's own
        if files:
            listed = ", ".join(f"'{one}'" for one in files)
            database.execute(f"CREATE VIEW files AS SELECT * FROM read_parquet([{listed}])")  # noqa: S608
        yield database


def written(database: duckdb.DuckDBPyConnection, sql: str, serial: int) -> bytes:
    """The query's lines as a Parquet file. serial: stands in it, so that no two files of a month are the same object."""
    with tempfile.TemporaryDirectory(dir=folder()) as place:
        path = Path(place) / "lines.parquet"
        database.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{serial: '{serial}'}})")
        return path.read_bytes()


def rows(database: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    found = database.execute(sql, values)
    names = [one[0] for one in found.description or ()]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def _make_room() -> None:
    kept = sorted(folder().glob("*.parquet"), key=lambda path: path.stat().st_mtime)
    for path in kept[: max(0, len(kept) - CACHED_FILES)]:
        path.unlink(missing_ok=True)
