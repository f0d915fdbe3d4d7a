"""Which days' studies have to be looked at: none is missed after days without a run, and nobody looks at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import ClassVar

from functions.core.retention.policy import WARNED_BEFORE_DAYS, first_day, in_use
from functions.core.retention.tiers import NEARLINE_AFTER_DAYS
from functions.core.study import keys
from functions.core.study.record import Record
from functions.core.study.records import ARCHIVES_BEGIN

ROUND = "round"  # the walk of all days, some each night
BEGINNING = date(2000, 1, 1)  # of most digital archives; a hospital's first walk begins there, and the round before
MOST_DAYS = 1500  # of one run: a first walk takes some weeks of nightly runs
ROUND_DAYS = 200  # of one run, over and over: of a day that was walked, studies may come later from another archive
AGAIN_DAYS = 2  # the index's day is UTC's, the hospital's may be one later


@dataclass(frozen=True, eq=False, repr=False)
class Walked(Record):
    """How far each walk came: "years/days before" → the last day looked at."""

    kind: ClassVar[str] = "walked"
    tenant: str
    upto: dict[str, str] = field(default_factory=dict)
    recalled: dict[str, str] = field(default_factory=dict)  # study → until when its full images are there, ISO UTC
    policy: dict[str, int] = field(default_factory=dict)  # that the hospital had at its last walk

    def key(self) -> tuple[str, str]:
        return keys.hospital_pk(self.tenant), "WALKED"


def walks(
    policy: Mapping[str, int],
    walked: Walked,
    today: date,
    *,
    archive_after_years: int = 0,
    beginning: date = BEGINNING,
    round_from: date = ARCHIVES_BEGIN,
    most: int = MOST_DAYS,
) -> Iterator[tuple[str, list[date]]]:
    """(name, days) for each number of years and each distance from the end, for each move to other storage, and of the round: the
    days whose studies may be due, oldest first.

    today: in the hospital's zone. beginning: of a first walk; round_from: of the round; most: days of all walks together.
    """
    left = most
    for name, newest in _newest(policy, archive_after_years, today):
        last = walked.upto.get(name)
        oldest = min(date.fromisoformat(last), newest) - timedelta(days=AGAIN_DAYS) if last else beginning
        count = min((newest - oldest).days + 1, max(0, left))
        if count > 0:
            left -= count
            yield name, _days(oldest, count)
    last, newest = walked.upto.get(ROUND), today - timedelta(days=NEARLINE_AFTER_DAYS)
    oldest = date.fromisoformat(last) + timedelta(days=1) if last else round_from
    oldest = oldest if oldest <= newest else round_from
    count = min((newest - oldest).days + 1, ROUND_DAYS, max(0, left))
    if count > 0:
        yield ROUND, _days(oldest, count)


def _days(oldest: date, count: int) -> list[date]:
    return [oldest + timedelta(days=number) for number in range(count)]


def _newest(policy: Mapping[str, int], archive_after_years: int, today: date) -> Iterator[tuple[str, date]]:
    """Each walk's name and the last day that it has to look at."""
    for years in sorted(in_use(policy)):
        for before in (0, *WARNED_BEFORE_DAYS):
            yield f"{years}/{before}", first_day(today + timedelta(days=before), years)
    yield "nearline", today - timedelta(days=NEARLINE_AFTER_DAYS)
    if archive_after_years:
        yield f"archive/{archive_after_years}", first_day(today, archive_after_years)


def after(walked: Walked, name: str, last: date) -> Walked:
    return replace(walked, upto={**walked.upto, name: last.isoformat()})


def recalled(walked: Walked, study: str, until: str) -> Walked:
    """until: ISO UTC; "" when that is over."""
    others = {name: time for name, time in walked.recalled.items() if name != study}
    return replace(walked, recalled={**others, study: until} if until else others)
