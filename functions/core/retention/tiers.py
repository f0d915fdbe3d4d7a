"""Where a study's full images lie and where they should: online, after a month in instant storage, in the archive by the
hospital's policy [LIFE-01]. Pure.

Only objects `rest` move. Index, thumbnails, `low` (a quarter of every image), films and reports stay where they are, so that an
archived study still opens at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from functions.core.errors import RequestError
from functions.core.local_times import local_day
from functions.core.retention.policy import FLOOR_YEARS, last_day
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.study.states import TIER, Tier, TierEvent, step
from functions.core.times import iso, parse

NEARLINE_AFTER_DAYS = 30
RECALLED_DAYS = 7
RECALL_OVERDUE = timedelta(days=1)  # Standard takes three to five hours: what has not come by then was lost on the way
LONGEST_PAUSE_S = 15 * 60  # that a queue can put a message off
TAG = "tier"
SHELVES: Mapping[TierEvent, str] = {TierEvent.COOLED: "nearline", TierEvent.ARCHIVED: "archive"}  # as template.yaml's rules say
FULL_IMAGES = ".rest"
BY_POLICY = "lifecycle"


class TierTooEarly(RequestError):
    message = "{day} 的检查未满 3 年，不能归档 · A study of {day} is not three years old: it is not archived."
    hint = "合同要求影像至少在线保存 3 年，可用 --to nearline · Contracts ask for three years online; --to nearline keeps it so."


class TierUnreachable(RequestError):
    message = "检查现在是 {tier}，不能改为 {to} · The study is {tier} and cannot become {to}."
    hint = "已归档的用 --to online 取回，期满自动归档 · What is archived comes back with --to online, for some days."


def standing(study: Study, now: datetime) -> Tier:
    """Its tier. One that was recalled for some days is offline again after them, whether or not anybody has written that down."""
    until = (study.moved or {}).get("until", "")
    if study.tier == Tier.ONLINE and until and now >= parse(until):
        return Tier.OFFLINE
    return Tier(study.tier)


def due(study: Study, hospital: Hospital, now: datetime) -> TierEvent | None:
    """The move that policy asks for. A hold stops none: it is about what is kept, not where."""
    at = standing(study, now)
    if study.removed or at in (Tier.EXPIRED, Tier.RECALLING):
        return None
    if at != study.tier:
        return TierEvent.ARCHIVED
    if at is Tier.OFFLINE or _is_recalled(study):
        return None
    day, today = _day(study, hospital), local_day(now, hospital.time_zone)
    if hospital.archive_after_years and today > last_day(day, hospital.archive_after_years):
        return TierEvent.ARCHIVED
    if at is Tier.ONLINE and today >= day + timedelta(days=NEARLINE_AFTER_DAYS):
        return TierEvent.COOLED
    return None


def wanted(study: Study, hospital: Hospital, to: str, now: datetime) -> TierEvent | None:
    """What an operator's word (nearline, archive, online) asks for; None where it is so already.

    Raises TierTooEarly, TierUnreachable.
    """
    at = standing(study, now)
    match to, at:
        case "online", Tier.RECALLING if is_overdue(study, now):
            return TierEvent.ASKED_FOR
        case ("online", Tier.ONLINE | Tier.NEARLINE | Tier.RECALLING) | ("nearline", Tier.NEARLINE) | ("archive", Tier.OFFLINE):
            return None
        case "online", Tier.OFFLINE:
            return TierEvent.ASKED_FOR
        case "nearline", Tier.ONLINE if not _is_recalled(study):
            return TierEvent.COOLED
        case "archive", Tier.ONLINE | Tier.NEARLINE:
            day = _day(study, hospital)
            if local_day(now, hospital.time_zone) <= last_day(day, FLOOR_YEARS):
                raise TierTooEarly(day=day.isoformat())
            return TierEvent.ARCHIVED
    raise TierUnreachable(tier=at.value, to=to)


def needs_asking(study: Study, now: datetime) -> bool:
    """Whether opening it should ask for its full images: nobody has, or what was asked for was lost."""
    return standing(study, now) is Tier.OFFLINE or is_overdue(study, now)


def is_overdue(study: Study, now: datetime) -> bool:
    """Whether it was asked for so long ago that it should have come."""
    asked = (study.moved or {}).get("at", "")
    return study.tier == Tier.RECALLING and (not asked or now - parse(asked) > RECALL_OVERDUE)


def moved(study: Study, by_event: TierEvent, now: datetime, *, by: str, until: str = "") -> Study:
    """The study after one step of the table; until: ISO UTC, of what was recalled. Raises ImpossibleStep."""
    at = standing(study, now)
    tier = study.tier if at != study.tier and by_event is TierEvent.ARCHIVED else at
    after = step(TIER, Tier(tier), by_event)
    serial = (study.moved or {}).get("serial", 0) + 1
    move: dict[str, Any] = {"tier": after.value, "serial": serial, "at": iso(now), "by": by}
    return replace(study, tier=after.value, moved={**move, "until": until} if until else move)


def pause_s(looks: int) -> int:
    """How long to wait before storage is looked at again, after so many looks."""
    return min(2 << min(looks, 16), LONGEST_PAUSE_S)


def _is_recalled(study: Study) -> bool:
    return bool((study.moved or {}).get("until"))


def _day(study: Study, hospital: Hospital) -> date:
    return local_day(study.counts_from, hospital.time_zone)
