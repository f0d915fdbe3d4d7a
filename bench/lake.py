"""Finding studies among 100,000: the lake's search beside SQLite over the same lines."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from typing import Any

from bench.harness import Goal, Row, compare, fact, timed
from functions.adapters.lake import compacting
from functions.adapters.lake.searching import search
from functions.adapters.table.memory import MemoryTable
from functions.adapters.vault.memory import MemoryVault
from functions.core.lake.line import COLUMNS, line_of
from functions.core.lake.query import Search
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.study import keys
from functions.core.study.records import Exam, Patient, Study

TENANT, STUDIES, MONTHS, FRESH = "bench", 100_000, 24, 500
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
QUESTIONS: dict[str, tuple[Search, str, list[Any]]] = {
    "newest page": (Search(), "1", []),
    "one accession number": (Search(text="A00054321"), "sought LIKE ?", ["%a00054321%"]),
    "part of a name": (Search(text="王伟"), "sought LIKE ?", ["%王伟%"]),
    "one month, held, MR": (
        Search("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z", state="held", modality="MR"),
        "studied_at >= ? AND studied_at < ? AND release = 'held' AND modality = 'MR'",
        ["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"],
    ),
}


def rows() -> Iterator[Row]:
    """Each question with its page and its count; 500 newer lines are half an hour of a large hospital."""
    lines = [_line(number) for number in range(STUDIES)]
    table, vault = MemoryTable(), MemoryVault()
    size = _files(table, vault, lines)
    for line in lines[:FRESH]:
        table.put(StudyLine(TENANT, line["study"], line["studied_at"][:7], {**line, "received": 7}).to_row(), expect=None)
    other = _sqlite(lines)
    for name, (wanted, where, values) in QUESTIONS.items():
        found = search(table, vault, TENANT, wanted)
        theirs = _asked(other, where, values)
        assert (found.total, [line["study"] for line in found.lines]) == theirs, name
        yield compare(
            f"search 100,000 studies: {name}",
            timed(lambda wanted=wanted: search(table, vault, TENANT, wanted)),  # type: ignore[misc]
            timed(lambda where=where, values=values: _asked(other, where, values)),  # type: ignore[misc]
            unit="s",
            goal=Goal("value", "≤", 1.0),
            note="files on disk, 500 newer lines; reference: SQLite in memory, indexed by day",
        )
    yield fact("Parquet of 100,000 studies", size / 1e6, unit="MB")


def _files(table: MemoryTable, vault: MemoryVault, lines: list[dict[str, Any]]) -> int:
    by_month: dict[str, list[StudyLine]] = {}
    for line in lines:
        month = line["studied_at"][:7]
        by_month.setdefault(month, []).append(StudyLine(TENANT, line["study"], month, line))
    size = 0
    for month, fresh in by_month.items():
        made = compacting.written(vault, LakeMonth(TENANT, month), fresh, "2026-11-24T00:00:00Z")
        table.put(made.to_row(), expect=None)
        size += len(vault.get("originals", keys.lake_file(TENANT, month, made.file)))
    return size


def _line(number: int) -> dict[str, Any]:
    chance = random.Random(number)
    month = number % MONTHS
    day = f"{2025 + month // 12}-{month % 12 + 1:02d}-{chance.randint(1, 28):02d}"
    at = f"{day}T{chance.randint(0, 23):02d}:{chance.randint(0, 59):02d}:00Z"
    name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.randint(1, 2)))
    study = keys.Naming(bytes(32)).study(TENANT, str(number))
    modality = chance.choice(["CT", "CT", "MR", "DX", "US"])
    about: dict[str, Any] = {
        "accession_number": f"A{number:08d}",
        "at": at,
        "modalities": [modality],
        "received": 300,
        "complete": True,
    }
    release = chance.choice(["released"] * 9 + ["held"])
    exam = Exam(TENANT, study, item="胸部平扫", release=release)
    return line_of(Study(TENANT, study, "", **about), exam, Patient(TENANT, study, id=f"P{number}", name=name))


def _sqlite(lines: list[dict[str, Any]]) -> sqlite3.Connection:
    plain = [name for name in COLUMNS if COLUMNS[name] != "VARCHAR[]"]
    made = sqlite3.connect(":memory:")
    made.execute(f"CREATE TABLE lines ({', '.join(plain)}, modality)")
    every = [[*(line.get(name) for name in plain), line["modalities"][0]] for line in lines]
    made.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * (len(plain) + 1))})", every)
    made.execute("CREATE INDEX by_day ON lines (studied_at DESC, study)")
    return made


def _asked(lines: sqlite3.Connection, where: str, values: list[Any]) -> tuple[int, list[str]]:
    (total,) = lines.execute(f"SELECT count(*) FROM lines WHERE {where}", values).fetchone()
    page = lines.execute(f"SELECT * FROM lines WHERE {where} ORDER BY studied_at DESC, study LIMIT 50", values)
    return total, [row[0] for row in page]
