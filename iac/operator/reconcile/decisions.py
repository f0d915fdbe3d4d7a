"""Writes what the journal says into rows that lack it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.access.accounts import Account
from functions.core.access.agreements import Consent
from functions.core.access.links import Link
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.billing.records import Case, Correction, Prices, Statement
from functions.core.history import retention, sharing, staff, standing
from functions.core.history.folding import History
from functions.core.notice.notices import Notice
from functions.core.notice.records import Binding, Bound
from functions.core.study import keys
from functions.core.study.agents import Agent, AgentKey
from functions.core.study.bookkeeping import ExamStudy, QuarantineEntry
from functions.core.study.hospitals import Hospital
from functions.core.study.record import Record
from functions.core.study.records import Exam, Patient, Series, Study
from functions.core.times import iso_at

R = TypeVar("R", bound=Record)
Key = tuple[str, str]
# (what it is, its key, what it should be given what stands there; None: leave it)
Decision = tuple[str, Key, Callable[[Row | None], Row | None]]


def decisions(history: History) -> Iterator[Decision]:
    """In the order in which they take effect: the hospital first, whatever lets somebody in last."""
    yield "hospitals", (keys.hospital_pk(history.tenant), "HOSPITAL"), _as(Hospital, lambda old: standing.hospital(old, history))
    for name, exam in history.exams.items():
        yield "exams", Exam(history.tenant, name).key(), _as(Exam, _bound(standing.exam, name, exam, history))
    for name, study in history.studies.items():
        yield (
            "holds",
            (keys.study_pk(history.tenant, name), "STUDY"),
            _as(Study, _bound(retention.study, history.tenant, name, study)),
        )
    for name, study in history.studies.items():
        if study.expired_at and study.exam and study.exam not in history.removed_exams:
            member = retention.member(history.tenant, name, study)
            yield "holds", member.key(), _as(ExamStudy, _bound(lambda old, past: old or past, member))
    for notice in history.notices.values():
        yield "notices", notice.key(), _as(Notice, _bound(standing.notice, notice, history))
    gone = retention.patients_gone(history.removed_exams)
    for binding in history.bindings.values():
        if iso_at(binding.bound_at) <= gone.get(binding.patient, ""):
            continue
        yield "bindings", binding.key(), _as(Binding, _bound(standing.binding, binding, history))
        bound = Bound(history.tenant, binding.patient, binding.wechat)
        yield "bindings", bound.key(), _as(Bound, _bound(lambda old, past: old or past, bound))
    yield from bill_decisions(history)
    for opening in history.shared.openings.values():
        yield "openings", opening.key(), _as(Opening, _bound(lambda old, past: old or past, opening))
    for account in history.staff.accounts.values():
        yield "accounts", account.key(), _as(Account, _bound(staff.account, account))
    for entry in history.staff.entries():
        yield "settled", entry.key(), _as(QuarantineEntry, _bound(staff.entry, entry))
    yield from staff_decisions(history, gone)
    for consent in history.consents:
        if consent.at <= gone.get(consent.patient, ""):
            continue
        yield "consents", consent.key(), _as(Consent, _bound(lambda old, past: old or past, consent))
    for agent in standing.agents(history):
        yield "agents", agent.key(), _as(Agent, _bound(standing.agent, agent, history))
    for held in standing.agent_keys(history):
        yield "keys", held.key(), _as(AgentKey, _bound(standing.agent_key, held))
    for digest, link in history.links.items():
        yield "links", (keys.link_pk(digest), "LINK"), _as(Link, _bound(standing.link, digest, link, history))
    for digest, share in history.shared.shares.items():  # links too: a lost one comes back last
        yield "links", (keys.share_pk(digest), "SHARE"), _as(Share, _bound(sharing.share, digest, share, history.tenant))


def staff_decisions(history: History, gone: Mapping[str, str]) -> Iterator[Decision]:
    """A series whose row is lost gets its decision back with that (`derived.give_back`)."""
    for (study, series), _ in history.decided.hidings.items():
        key = keys.study_pk(history.tenant, study), keys.series_sk(series)
        yield "series decided", key, _as(Series, _bound(history.decided.series, study, series))
    for patient, said in history.decided.corrections.items():
        if all(one["at"] <= gone.get(patient, "") for one in said):
            continue
        key = keys.patient_pk(history.tenant, patient), "PATIENT"
        yield "patients corrected", key, _as(Patient, _bound(history.decided.patient, patient))


def bill_decisions(history: History) -> Iterator[Decision]:
    """Nothing is counted or added up anew: what stood on a bill stands there again."""
    tenant, bills = history.tenant, history.bills
    yield "prices", Prices(tenant).key(), _as(Prices, lambda old: standing.prices(old, history))
    for statement in bills.statements.values():
        yield "statements", statement.key(), _as(Statement, _bound(standing.statement, statement))
    for exam, (at, month) in bills.cases.items():
        case = Case(tenant, exam, month, at)
        yield "cases", case.key(), _as(Case, _bound(standing.case, case))
    for correction in bills.corrections.values():
        yield "corrections", correction.key(), _as(Correction, _bound(lambda old, past: old or past, correction))


def apply(decision: Decision, table: Table) -> bool:
    """True if the row was changed."""
    _, key, decide = decision
    changed = [False]

    def noted(row: Row | None) -> Row | None:
        new = decide(row)
        changed[0] = new is not None
        return new

    change(table, *key, noted)
    return changed[0]


def is_lacking(decision: Decision, table: Table) -> bool:
    """An exam that its study has left for another, with nothing of its own, is gone and not lost."""
    what, key, decide = decision
    row = table.get(*key)
    new = decide(row)
    if what == "exams" and row is None and new is not None and not new["decision"]:
        return any(one["kind"] in ("exam_study", "report", "registration") for one in table.rows(key[0]))
    return new is not None


def _as(kind: type[R], decide: Callable[[R | None], R | None]) -> Callable[[Row | None], Row | None]:
    """From rows to records and back; None where nothing changes, so that a whole row is not written again."""

    def of_row(row: Row | None) -> Row | None:
        old = kind.from_row(row) if row else None
        new = decide(old)
        return None if new is None or new == old else new.to_row()

    return of_row


def _bound(decide: Callable[..., R | None], *facts: object) -> Callable[[R | None], R | None]:
    return lambda old: decide(old, *facts)
