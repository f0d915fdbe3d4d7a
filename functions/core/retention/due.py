"""What has to happen to a study now: nothing, a warning, its end, or the removal of what it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from functions.core.local_times import local_day
from functions.core.retention.policy import (
    FLOOR_YEARS,
    NOTICE_DAYS,
    PATIENT_WARNED_BEFORE_DAYS,
    WARNED_BEFORE_DAYS,
    last_day,
    years_kept,
)
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.study.states import Tier
from functions.core.times import parse

SIGNATURES_END_S = 10 * 60  # cookies that were given before the end open objects for five minutes; twice that


class Do(StrEnum):
    NOTHING = "nothing"
    WARN = "warn"
    EXPIRE = "expire"
    WAIT = "wait"  # expired, and signatures that were given before may still open something
    REMOVE = "remove"


@dataclass(frozen=True)
class Due:
    do: Do
    kept_until: date  # the last whole day in the hospital's zone
    days_before: int = 0  # the end, of the warning that is due or was given; 0 when none is
    after_s: int = 0  # of a wait


def kept_until(study: Study, hospital: Hospital) -> date:
    """The last whole day of a study in its hospital's zone: its policy's years after its own day, but three years after it came
    and thirty days after it was first warned of at the earliest.

    A scanner's clock may be wrong, an exam of long ago come from an archive, and a policy be mistyped: none of them removes what
    nobody was told of.
    """
    zone = hospital.time_zone
    until = last_day(local_day(study.counts_from, zone), years_kept(hospital.retention, study.modalities))
    came = local_day(study.created_at or study.counts_from, zone)
    told = [local_day(study.warned_at, zone) + timedelta(days=NOTICE_DAYS - 1)] if study.warned_at else []
    return max(until, last_day(came, FLOOR_YEARS), *told)


def exam_kept_until(studies: Iterable[Study], hospital: Hospital) -> date | None:
    """The last whole day of an exam: that of the study which ends first. None without a study, and while one of them is held."""
    standing = [study for study in studies if not study.expired_at and not study.removed]
    if any(study.is_held for study in standing):
        return None
    return min((kept_until(study, hospital) for study in standing), default=None)


def ending_first(studies: Iterable[Study], hospital: Hospital, now: datetime) -> Study | None:
    """The study that speaks for its exam to the patient: the one that ends first, in its last thirty days; of several that end on
    one day always the same. None before and after these days, and while a study of the exam is held."""
    standing = [study for study in studies if not study.expired_at and not study.removed]
    first = min(standing, key=lambda study: (kept_until(study, hospital), study.study), default=None)
    if first is None or any(study.is_held for study in standing):
        return None
    today = local_day(now, hospital.time_zone)
    until = kept_until(first, hospital)
    return first if until - timedelta(days=PATIENT_WARNED_BEFORE_DAYS) < today <= until else None


def due(study: Study, hospital: Hospital, now: datetime) -> Due:
    """A hold stops removal, never what hides an exam from anybody."""
    until = kept_until(study, hospital)
    if study.removed:
        return Due(Do.NOTHING, until)
    if study.tier == Tier.EXPIRED:
        if study.is_held:
            return Due(Do.NOTHING, until)
        waited = (now - parse(study.expired_at)).total_seconds()
        if waited < SIGNATURES_END_S:
            return Due(Do.WAIT, until, after_s=int(SIGNATURES_END_S - waited) + 1)
        return Due(Do.REMOVE, until)
    today = local_day(now, hospital.time_zone)
    if today > until and study.warned_at and not study.is_held:
        return Due(Do.EXPIRE, until)
    if study.is_held:
        return Due(Do.NOTHING, until)
    for days in sorted(WARNED_BEFORE_DAYS):  # the nearest: one that was missed is not told late
        if today > until - timedelta(days=days):
            told = bool(study.warned_at) and min(study.warned, default=days + 1) <= days
            return Due(Do.NOTHING if told else Do.WARN, until, days_before=days)
    return Due(Do.NOTHING, until)
