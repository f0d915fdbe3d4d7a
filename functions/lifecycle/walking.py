"""Once a day: find the studies that may be due, and ask for each of them to be looked at."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from functions.adapters.rounds import each_hospital
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.retention.due import Do, due
from functions.core.retention.walk import Walked, after, walks
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study


def walk(deps: Deps) -> None:
    each_hospital(deps, walk_hospital, failed="RetentionFailed")


def walk_hospital(hospital: Hospital, deps: Deps) -> None:
    now = deps.clock.now()
    today = now.astimezone(ZoneInfo(hospital.time_zone)).date()
    row = deps.table.get(*Walked(hospital.tenant).key())
    walked = Walked.from_row(row) if row else Walked(hospital.tenant)
    for name, days in walks(hospital.retention, walked, today):
        for day in days:
            for found in deps.table.by_day(hospital.tenant, day.isoformat()):
                if found["kind"] == "study" and due(Study.from_row(found), hospital, now).do is not Do.NOTHING:
                    deps.own_queue.send({"tenant": hospital.tenant, "study": found["study"]})
        _note(hospital.tenant, name, days[-1], deps)


def _note(tenant: str, name: str, last: date, deps: Deps) -> None:
    def decide(row: Row | None) -> Row:
        return after(Walked.from_row(row) if row else Walked(tenant), name, last).to_row()

    change(deps.table, *Walked(tenant).key(), decide)
