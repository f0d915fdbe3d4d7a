"""Compares every row with the journal: what was never told is told now, what was told and not finished is taken up again.

The stream forgets after a day, and the local cloud's over a restart; queues that are lost with the table take their messages
along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from functions.adapters import links as link_rows
from functions.adapters import people
from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access.accounts import Account
from functions.core.access.links import Link
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.billing.records import Case, Correction, Prices, Statement
from functions.core.history.folding import History
from functions.core.notice.notices import Notice
from functions.core.notice.receipts import Delivery, is_awaited, next_ask
from functions.core.notice.records import Binding, Due, Registration
from functions.core.notice.states import RESTING, State
from functions.core.study import keys
from functions.core.study.agents import Agent, AgentKey
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.changes import events
from functions.core.study.event import Event
from functions.core.study.hospitals import Hospital
from functions.core.study.receipts import Receipt
from functions.core.study.record import Record
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.core.times import epoch_s, iso, iso_at, parse
from iac.operator.reconcile.documents import is_before_billing, newest_of
from iac.operator.reconcile.outcome import NOT_TOLD, Outcome
from iac.operator.reconcile.replaying import replaying

TELLING: Mapping[str, type[Record]] = {
    kind.kind: kind
    for kind in (
        *(Hospital, Agent, AgentKey, Series, Study, Receipt, QuarantineEntry, ReportVersion, Exam, Link, Notice),
        *(Case, Correction, Prices, Statement, Binding, Registration),
        *(Share, Opening, Account),
    )
}
UNDER_WAY = timedelta(days=4)  # how long a queue keeps a message: an older one is not under way any more
NEWS = timedelta(days=1)  # a release that nobody told is news for so long after its documents were made
BATCH = 10


@dataclass
class Teller:
    """rebuilt: the rows were lost just now, and with them whatever was under way.
    in_flight: changes younger than this may still be on their way through stream and queues, and are left to them."""

    history: History
    deps: Deps
    outcome: Outcome
    rebuilt: bool
    in_flight: timedelta
    _told_now: set[str] = field(default_factory=set)
    _waiting: list[Event] = field(default_factory=list)

    def tell(self) -> None:
        for row in self.deps.table.scan():
            kind = TELLING.get(row["kind"])
            if kind is None or row.get("tenant") != self.history.tenant:
                continue
            record = kind.from_row(row)
            self._tell_of({**record.to_row(), "version": row["version"]})
            if isinstance(record, Exam):
                self._take_up_notice(record)
                self._take_up_receipts(record)
        self._flush()

    def _tell_of(self, row: Row) -> None:
        now = iso(self.deps.clock.now())
        told = [event for event in events(None, row, now) if not self._is_before_billing(event)]
        for event in told:
            if not self.history.knows(event) and not self._is_in_flight(row):
                self._news(event)
        for event in told:
            if self.history.knows(event) and self._is_unrendered(event, row):
                self.outcome.count("rendered again")
                self._offer({**event, "replayed": True})

    def _is_before_billing(self, event: Event) -> bool:
        """An exam of an installation older than its bills is no case of this month: it is nobody's."""
        if event["type"] != "case_earned" or self.history.knows(event):
            return False
        before = is_before_billing(self._hospital, event["body"]["exam"], self.deps)
        if before:
            self.outcome.count("before billing")
        return before

    @cached_property
    def _hospital(self) -> Hospital:
        row = self.deps.table.get(keys.hospital_pk(self.history.tenant), "HOSPITAL")
        return Hospital.from_row(row) if row else Hospital(self.history.tenant, "")

    def _news(self, event: Event) -> None:
        """Into the journal, then on the bus: as `publish` would have."""
        if event["type"] == "exam_released" and self.rebuilt and (self._was_told_of(event) or self._is_old(event)):
            event = {**event, "replayed": True}  # nobody gets an SMS about last year, or a second one for what a rebuild did
            self.outcome.lack(f"exam {event['body']['exam']}", NOT_TOLD)
        journal_first(event, self.deps)
        self.history.add(event)
        self._told_now.add(event["id"])
        self.outcome.count("told")
        self._offer(event)

    def _is_old(self, event: Event) -> bool:
        return self.deps.clock.now() - newest_of(event["tenant"], event["body"]["exam"], self.deps) > NEWS

    def _was_told_of(self, event: Event) -> bool:
        past = self.history.exams.get(event["body"]["exam"])
        return past is not None and bool(past.released_at)

    def _is_in_flight(self, row: Row) -> bool:
        """By the row's own time, where it has one; what has none is told: twice does no harm."""
        changed = row.get("updated_at") or row.get("at") or ""
        return not self.rebuilt and bool(changed) and self.deps.clock.now() - parse(changed) < self.in_flight

    def _is_unrendered(self, event: Event, row: Row) -> bool:
        """Told long ago, and nothing was made of it. Without a rebuild only what a queue may have lost."""
        if not self.rebuilt and not self._may_be_lost(row):
            return False
        match event["type"]:
            case "series_indexed":
                return not row["thumbnail"]
            case "study_completed":
                return not row["films"]
            case "report_audited":
                return not row["document"] and len(row["digests"]) == 1
            case "exam_released":
                rows = (self.deps.table.get(keys.study_pk(row["tenant"], study), "STUDY") for study in row["studies"])
                return any(one is not None and one["frames"] and not one["films"] for one in rows)
        return False

    def _may_be_lost(self, row: Row) -> bool:
        changed = row.get("updated_at") or ""
        return bool(changed) and self.in_flight <= self.deps.clock.now() - parse(changed) < UNDER_WAY

    # -- notices ----------------------------------------------------------------------------------------------------------------

    def _take_up_notice(self, exam: Exam) -> None:
        """A release that was told and whose message nobody knows of. After a rebuild it may have gone out: it is looked up by its
        request id before anything is sent (design §12); else notify had not begun."""
        past = self.history.exams.get(exam.exam)
        at = past.released_at.get(exam.release_serial) if past else None
        if exam.release != "released" or at is None or not self.deps.secrets.values().sms:
            return
        age = self.deps.clock.now() - parse(at)
        if not self.rebuilt and age < self.in_flight:
            return
        (event,) = (one for one in events(None, exam.to_row(), at) if one["type"] == "exam_released")
        if event["id"] in self._told_now:
            return
        row = self.deps.table.get(*Notice(exam.tenant, exam.exam, event["id"], "sms", 1).key())
        phone = self._phone(exam)
        if row is None and not phone:
            people.note_untold(self.deps.table, exam, people.NO_PHONE, untold=True, now=at)
        if age > UNDER_WAY or (row is not None and row["state"] in RESTING) or not phone:
            return
        if row is None and self.rebuilt:
            self._note_unknown(exam, event["id"])
        self.outcome.count("notices looked up")
        self._offer(event)

    def _take_up_receipts(self, exam: Exam) -> None:
        """What the last carrier to answer could not deliver waits for a person. After a rebuild the entries are gone by which the
        others are asked."""
        notices = [Notice.from_row(row) for row in self.deps.table.rows(keys.exam_pk(exam.tenant, exam.exam), "NOTICE#")]
        answered = [one for one in notices if one.delivery in (Delivery.DELIVERED, Delivery.UNDELIVERED)]
        last = max(answered, key=lambda one: one.delivered_at, default=None)
        if last is not None and last.delivery == Delivery.UNDELIVERED:
            at = iso_at(last.delivered_at)
            people.note_untold(self.deps.table, exam, people.NOT_DELIVERED, untold=True, now=at)
        for notice in notices if self.rebuilt else []:
            until = next_ask(notice, epoch_s(self.deps.clock.now()))
            if is_awaited(notice) and until is not None:
                self._await_receipt(notice, iso_at(until))

    def _await_receipt(self, notice: Notice, until: str) -> None:
        (event,) = events(None, notice.to_row(), iso(self.deps.clock.now()))
        due = Due(notice.tenant, notice.exam, event["id"], until, dict(event))
        change(self.deps.table, *due.key(), lambda row: row or due.to_row())
        self.outcome.count("receipts awaited")

    def _phone(self, exam: Exam) -> str:
        patient = people.patient_of(self.deps.table, exam)
        return patient.phone if patient else ""

    def _note_unknown(self, exam: Exam, event: str) -> None:
        now = epoch_s(self.deps.clock.now())
        past = replaying(self.deps, self.deps.clock.now())
        key = self.deps.secrets.values().link_key
        _, link = link_rows.standing_link(
            past.table, key, tenant=exam.tenant, exam=exam.exam, patient=exam.patient, channel="sms", now=now
        )
        log: list[Mapping[str, Any]] = [{"at": now, "event": "lost", "detail": "rebuilt"}]
        notice = Notice(
            *(exam.tenant, exam.exam, event, "sms", link.serial), state=State.UNKNOWN.value, attempts=1, changed_at=now, log=log
        )
        change(past.table, *notice.key(), lambda row: row or notice.to_row())

    # -- the bus ----------------------------------------------------------------------------------------------------------------

    def _offer(self, event: Event) -> None:
        self._waiting.append(event)
        if len(self._waiting) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        refused = self.deps.bus.put(waiting) if waiting else set()
        for name in refused:
            self.outcome.failed.append((f"event {name}", "the bus refused it"))
