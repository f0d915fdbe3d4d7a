"""Once a day: find the studies that may be due, and ask for each of them to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from functions.adapters import quarantine
from functions.adapters.rounds import each_hospital
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.local_times import local_day
from functions.core.retention import tiers
from functions.core.retention.due import Do, due
from functions.core.retention.walk import Walked, after, recalled, walks
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.times import parse


def walk(deps: Deps) -> None:
    each_hospital(deps, walk_hospital, failed="RetentionFailed")


def walk_hospital(hospital: Hospital, deps: Deps) -> None:
    now = deps.clock.now()
    today = local_day(now, hospital.time_zone)
    row = deps.table.get(*Walked(hospital.tenant).key())
    walked = Walked.from_row(row) if row else Walked(hospital.tenant)
    for name, days in walks(hospital.retention, walked, today, archive_after_years=hospital.archive_after_years):
        for day in days:
            for found in deps.table.by_day(hospital.tenant, day.isoformat()):
                if found["kind"] == "study" and _is_due(Study.from_row(found), hospital, now):
                    deps.own_queue.send({"tenant": hospital.tenant, "study": found["study"]})
        note(hospital.tenant, lambda old, name=name, last=days[-1]: after(old, name, last), deps)  # type: ignore[misc]
    if hospital.retention != walked.policy:
        look_at_warned(hospital, deps)
    for study, until in walked.recalled.items():
        if now >= parse(until):
            deps.own_queue.send({"tenant": hospital.tenant, "study": study})
            note(hospital.tenant, lambda old, study=study: recalled(old, study, ""), deps)  # type: ignore[misc]


def look_at_warned(hospital: Hospital, deps: Deps) -> None:
    """What was warned of under another policy may be kept for longer now."""
    for entry in quarantine.waiting(deps, hospital.tenant, "study"):
        deps.own_queue.send({"tenant": hospital.tenant, "study": entry.name})
    note(hospital.tenant, lambda old: replace(old, policy=dict(hospital.retention)), deps)


def _is_due(study: Study, hospital: Hospital, now: datetime) -> bool:
    return due(study, hospital, now).do is not Do.NOTHING or tiers.due(study, hospital, now) is not None


def note(tenant: str, so: Callable[[Walked], Walked], deps: Deps) -> None:
    """Amends what is known of a hospital's walks."""
    change(deps.table, *Walked(tenant).key(), lambda row: so(Walked.from_row(row) if row else Walked(tenant)).to_row())
