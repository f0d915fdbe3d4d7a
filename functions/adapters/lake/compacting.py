"""Lines into files: a month's new file is written, its pointer swapped if nobody else did, and only then the lines are marked."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from functions.adapters.lake import files
from functions.adapters.lake.lines import note
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.adapters.vault.port import Vault
from functions.adapters.wiring import Deps
from functions.core.errors import ObjectRefused, VersionConflict
from functions.core.lake import query
from functions.core.lake.line import UNKNOWN_MONTH
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.study import keys
from functions.core.times import iso, parse

GRACE = timedelta(hours=1)  # so long a search may still come for a file that was replaced
TRIES = 8
WORKERS = 16  # a line is four reads and a write: nothing but waiting
PARQUET = "application/vnd.apache.parquet"
LISTED = ("study", "exam", StudyLine.kind)
Versioned = tuple[StudyLine, int]


def compact(deps: Deps, tenant: str) -> int:
    """Every fresh line into the file of its month; returns how many. Stopped anywhere, the next one goes on."""
    by_month: dict[str, list[Versioned]] = {}
    for row in deps.table.fresh_lines(tenant):
        by_month.setdefault(row["month"], []).append((StudyLine.from_row(row), row["version"]))
    for month, lines in sorted(by_month.items()):
        _swap(deps, tenant, month, [line for line, _ in lines])
        _mark(deps.table, lines)
    _remove_old(deps, tenant)
    return sum(map(len, by_month.values()))


def fill(deps: Deps, tenant: str) -> int:
    """All the hospital's studies into files, where these are new or were lost; returns how many names were looked at.

    Stopped before its end it is taken up again: only then a month stands there that says that it was done.
    """
    rows = (row for row in deps.table.scan() if row.get("tenant") == tenant)
    names = {row["exam" if row["kind"] == "exam" else "study"] for row in rows if row["kind"] in LISTED}
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda study: note(deps.table, tenant, study, anew=True), sorted(names)))
    for row in list(deps.table.rows(keys.lake_pk(tenant), keys.lake_month_sk(""))):
        change(deps.table, row["pk"], row["sk"], lambda row: _without_file(row, iso(deps.clock.now())))
    compact(deps, tenant)
    marker = LakeMonth(tenant, UNKNOWN_MONTH)
    change(deps.table, *marker.key(), lambda row: row or marker.to_row())
    return len(names)


def is_filled(deps: Deps, tenant: str) -> bool:
    """Whether that was done, and every file that counts is there: a table restored to an earlier moment may name one that was
    removed since."""
    months = [LakeMonth.from_row(row) for row in deps.table.rows(keys.lake_pk(tenant), keys.lake_month_sk(""))]
    try:
        there = all(deps.vault.head("originals", keys.lake_file(tenant, one.month, one.file)) for one in months if one.file)
    except ObjectRefused:  # which storage says of what is not there
        return False
    return there and any(one.month == UNKNOWN_MONTH for one in months)


def _without_file(row: Row | None, now: str) -> Row | None:
    """Its lines are fresh again, all of them."""
    if not row or not row["file"]:
        return None
    month = LakeMonth.from_row(row)
    before = [*month.before, {"file": month.file, "at": now}]
    return replace(month, file="", lines=0, first="", last="", before=before).to_row()


def _swap(deps: Deps, tenant: str, month: str, fresh: list[StudyLine]) -> None:
    """Raises VersionConflict when others win again and again."""
    for _ in range(TRIES):
        row = deps.table.get(*LakeMonth(tenant, month).key())
        old = LakeMonth.from_row(row) if row else LakeMonth(tenant, month)
        new = written(deps.vault, old, fresh, iso(deps.clock.now()))
        try:
            deps.table.put(new.to_row(), expect=row["version"] if row else None)
        except VersionConflict:
            continue
        return
    raise VersionConflict()


def written(vault: Vault, old: LakeMonth, fresh: list[StudyLine], now: str) -> LakeMonth:
    """The month with these lines in a new file, which is stored; its pointer is the caller's to swap. now: ISO UTC."""
    paths = [files.fetched(vault, old.tenant, old.month, old.file)] if old.file else []
    with files.opened(paths, ((one.study, one.gone, one.line) for one in fresh)) as database:
        sql = query.merged(has_files=bool(paths))
        (facts,) = files.rows(database, query.extent(has_files=bool(paths)), [])
        body = files.written(database, sql, old.serial + 1) if facts["number"] else b""
    file = keys.sha256_hex(body) if body else ""
    if body:
        vault.put("originals", keys.lake_file(old.tenant, old.month, file), body, content_type=PARQUET)
    before = [*old.before, {"file": old.file, "at": now}] if old.file else old.before
    about = {"lines": facts["number"], "first": facts["oldest"] or "", "last": facts["newest"] or ""}
    return replace(old, file=file, serial=old.serial + 1, before=before, **about)


def _mark(table: Table, lines: Iterable[Versioned]) -> None:
    """In the file now; what was noted since stays fresh."""
    for line, version in lines:
        try:
            table.put(replace(line, fresh=False).to_row(), expect=version)
        except VersionConflict:
            continue


def _remove_old(deps: Deps, tenant: str) -> None:
    """Files that were replaced longer ago than any search takes, to the last version: they hold whoever was erased since."""
    now = deps.clock.now()
    for row in deps.table.rows(keys.lake_pk(tenant), keys.lake_month_sk("")):
        month = LakeMonth.from_row(row)
        over = [one for one in month.before if _is_over(one["at"], now)]
        for one in over:
            deps.vault.remove(
                "originals", list(deps.vault.versions("originals", keys.lake_file(tenant, month.month, one["file"])))
            )
        if over:
            left = replace(month, before=[one for one in month.before if one not in over])
            try:
                deps.table.put(left.to_row(), expect=row["version"])
            except VersionConflict:
                continue  # the next compaction removes nothing twice


def _is_over(at: str, now: datetime) -> bool:
    return now - parse(at) > GRACE
