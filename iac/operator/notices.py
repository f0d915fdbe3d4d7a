"""The messages about an exam, and a person's word on one whose fate nobody could tell."""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import RecordMissing, RequestError, ServiceBusy
from functions.core.notice.notices import Notice, settled
from functions.core.notice.states import Event, State
from functions.core.study import changes, keys
from functions.core.study.event import Event as Told
from functions.core.study.records import Exam
from functions.core.times import epoch_s, iso
from iac.operator import exams

OUTCOMES = {"arrived": Event.ARRIVED, "again": Event.AGAIN, "dropped": Event.DROPPED}


class ReleaseOutdated(RequestError):
    message = "此短信之后检查已撤回或重新发布 · The exam was taken back or published anew since this message."
    hint = "请以 dropped 结案 · Settle it as `dropped`; each release sends a message of its own."
    status = 409


def of_exam(deps: Deps, tenant: str, exam: str) -> list[Notice]:
    """In the order in which they last changed."""
    rows = deps.table.rows(keys.exam_pk(tenant, exam), "NOTICE#")
    return sorted(map(Notice.from_row, rows), key=lambda notice: notice.changed_at)


def settle(deps: Deps, tenant: str, exam: str, outcome: str, by: str) -> Notice:
    """A person found out what became of the exam's held message, or wants it sent once more.

    outcome: one of OUTCOMES; by: who decided. `again` may be repeated until the message has gone out.
    Raises RecordMissing (nothing is held), ReleaseOutdated, ServiceBusy.
    """
    standing = of_exam(deps, tenant, exam)
    waiting = [State.HELD, State.PENDING] if outcome == "again" else [State.HELD]
    held = next((notice for notice in reversed(standing) if notice.state in waiting), None)
    if held is None:
        raise RecordMissing(kind="held notice")
    event = _event(deps, held) if outcome == "again" else None

    def decide(row: Row | None) -> Row | None:
        if row is None or row["state"] != State.HELD:
            return None
        return settled(Notice.from_row(row), OUTCOMES[outcome], epoch_s(deps.clock.now()), by).to_row()

    row = change(deps.table, *held.key(), decide)
    if event is not None and deps.bus.put([event]):
        raise ServiceBusy(service="the event bus")
    return Notice.from_row(row) if row else held


def _event(deps: Deps, notice: Notice) -> Told:
    """The release that the message tells of, once more: under its own id nothing is sent that was sent already."""
    exam = exams.find(deps, notice.tenant, notice.exam)
    held = Exam(exam.tenant, exam.exam).to_row()
    for event in changes.events(held, exam.to_row(), iso(deps.clock.now())):
        if event["id"] == notice.event:
            return event
    raise ReleaseOutdated()
