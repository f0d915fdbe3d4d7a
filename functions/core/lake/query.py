"""A search as SQL over `files` (lines as they were compacted) and `tail` (lines that changed since), of which the tail wins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from functions.core.lake.line import COLUMNS, folded
from functions.core.times import iso

STATES = {
    "released": "release = 'released'",
    "held": "release = 'held'",
    "hidden": "release = 'hidden'",
    "incomplete": "NOT complete",
    "quarantined": "doubted",
}
NAME_BEGINS = re.compile("[a-z2-7]{12,32}", re.ASCII)  # of a study or an exam in this system, as pages and logs show it
NEWEST = "9999-12-31T23:59:59Z"


@dataclass(frozen=True)
class Search:
    """since, until: ISO UTC, `until` not included; "" without a bound. after: `cursor` of the last line before."""

    since: str = ""
    until: str = ""
    state: str = ""  # one of STATES
    modality: str = ""
    text: str = ""
    after: str = ""
    limit: int = 50

    def meets(self, first: str, last: str) -> bool:
        """Whether lines between these times, both included, can be within the search's."""
        return (not self.until or first < self.until) and (not self.since or last >= self.since)


def of_days(first: str, last: str, zone: str) -> tuple[str, str]:
    """(since, until) of days (yyyy-mm-dd, both included, "" without a bound) in a hospital's zone. Raises ValueError."""
    return _midnight(first, zone), _midnight(last, zone, days=1)


def cursor(line: dict[str, Any]) -> str:
    return f"{line['studied_at']}#{line['study']}"


def page(search: Search, *, has_files: bool) -> tuple[str, list[Any]]:
    """(SQL, parameters) of one page, the newest first, and one line more that says whether another follows."""
    conditions, values = _conditions(search)
    if search.after:
        at, _, study = search.after.rpartition("#")
        conditions.append("(studied_at < ? OR (studied_at = ? AND study > ?))")
        values += [at, at, study]
    sql = f"SELECT {', '.join(COLUMNS)} FROM {_lines(has_files)}{_where(conditions)} ORDER BY studied_at DESC, study LIMIT ?"  # noqa: S608
    return sql, [*values, search.limit + 1]


def total(search: Search, *, has_files: bool) -> tuple[str, list[Any]]:
    """(SQL, parameters) of how many lines the search has, on all pages."""
    conditions, values = _conditions(search)
    return f"SELECT count(*) FROM {_lines(has_files)}{_where(conditions)}", values  # noqa: S608


def merged(*, has_files: bool) -> str:
    """SQL of a month's lines as they stand now: what compaction writes."""
    return f"SELECT {', '.join(COLUMNS)} FROM {_lines(has_files)} ORDER BY studied_at DESC, study"  # noqa: S608


def extent(*, has_files: bool) -> str:
    """SQL of how many lines that is, and the times of the oldest and the newest."""
    facts = "count(*) AS number, min(studied_at) AS oldest, max(studied_at) AS newest"
    return f"SELECT {facts} FROM {_lines(has_files)}"  # noqa: S608


def _lines(has_files: bool) -> str:
    names = ", ".join(COLUMNS)
    fresh = f"SELECT {names} FROM tail WHERE NOT gone"  # noqa: S608
    if not has_files:
        return f"({fresh})"
    return f"(SELECT {names} FROM files WHERE study NOT IN (SELECT study FROM tail) UNION ALL {fresh})"  # noqa: S608


def _conditions(search: Search) -> tuple[list[str], list[Any]]:
    found = list(_each(search))
    return [condition for condition, _ in found], [value for _, values in found for value in values]


def _each(search: Search) -> Iterator[tuple[str, list[Any]]]:
    if search.since:
        yield "studied_at >= ?", [search.since]
    if search.until:
        yield "studied_at < ?", [search.until]
    if search.state:
        yield STATES[search.state], []
    if search.modality:
        yield "list_contains(modalities, ?)", [search.modality]
    if wanted := folded(search.text):
        if NAME_BEGINS.fullmatch(wanted):
            yield "(contains(sought, ?) OR starts_with(study, ?) OR starts_with(exam, ?))", [wanted] * 3
        else:
            yield "contains(sought, ?)", [wanted]


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _midnight(day: str, zone: str, *, days: int = 0) -> str:
    if not day:
        return ""
    from zoneinfo import ZoneInfo  # not at import: few of an API's routes ask for it

    return iso(datetime.combine(date.fromisoformat(day) + timedelta(days=days), time(), ZoneInfo(zone)))
