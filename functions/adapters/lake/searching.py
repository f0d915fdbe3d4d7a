"""A search over a hospital's studies: files that may hold what is sought, and every line that is newer, which wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from functions.adapters.lake import files
from functions.adapters.table.port import Table
from functions.adapters.vault.port import Vault
from functions.core.errors import ObjectMissing, ObjectRefused
from functions.core.lake import query
from functions.core.lake.query import Search
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.study import keys

TRIES = 3


@dataclass(frozen=True)
class Found:
    lines: list[dict[str, Any]]  # columns of `line.COLUMNS`
    after: str | None  # for the next page; None on the last
    total: int


def search(table: Table, vault: Vault, tenant: str, wanted: Search) -> Found:
    """Raises ObjectMissing, ObjectRefused."""
    for tries in range(TRIES):
        # lines before files: what a compaction takes from the one meanwhile is in the other
        fresh = [StudyLine.from_row(row) for row in table.fresh_lines(tenant)]
        months = [LakeMonth.from_row(row) for row in table.rows(keys.lake_pk(tenant), keys.lake_month_sk(""))]
        sought = [one for one in months if one.file and wanted.meets(one.first, one.last)]
        try:
            paths = [files.fetched(vault, tenant, one.month, one.file) for one in sought]
        except (ObjectMissing, ObjectRefused):  # replaced long ago, by the time that we came for it
            if tries == TRIES - 1:
                raise
            continue
        return _found(paths, fresh, wanted)
    raise AssertionError


def _found(paths: list[str], fresh: list[StudyLine], wanted: Search) -> Found:
    with files.opened(paths, ((one.study, one.gone, one.line) for one in fresh)) as database:
        lines = files.rows(database, *query.page(wanted, has_files=bool(paths)))
        counted = files.rows(database, *query.total(wanted, has_files=bool(paths)))
    page = lines[: wanted.limit]
    after = query.cursor(page[-1]) if len(lines) > wanted.limit else None
    return Found(page, after, int(next(iter(counted[0].values()))))
