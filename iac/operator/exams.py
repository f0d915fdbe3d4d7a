"""Exams, the links that open them, and what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, product

from functions.adapters import people
from functions.adapters.exams import note_decided
from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access import links, tokens
from functions.core.access.links import Link
from functions.core.errors import RecordMissing, RequestError
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.changes import events, link_revoked
from functions.core.study.records import Exam, Patient, Series, Study
from functions.core.study.release import released_anew, with_decision
from functions.core.study.states import ExamState, Imaging, Release, Reporting, Tier, exam_state
from functions.core.times import epoch_s, iso


class NotReleased(RequestError):
    message = "检查尚未发布 · The exam is not published."
    hint = "原因见 exam status · `exam status` says why; publishing it sends an SMS of its own."
    status = 409


class NoPhone(RequestError):
    message = "报告中没有该患者的电话 · No report of the exam's patient names a phone."
    hint = (
        "请医院补发带电话的报告，或交付胶片与验证码 · "
        "Have the hospital send the report with a phone, or hand out the film with its code."
    )
    status = 409


def exam_name(deps: Deps, tenant: str, *, accession_number: str = "", study_uid: str = "") -> str:
    return deps.naming.exam(tenant, accession_number=accession_number, study_uid=study_uid)


def find(deps: Deps, tenant: str, exam: str) -> Exam:
    """Raises RecordMissing."""
    row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is None:
        raise RecordMissing(kind="exam")
    return Exam.from_row(row)


def decide(deps: Deps, tenant: str, exam: str, action: str, by: str) -> Exam:
    """Hide or show an exam. action: `hide` or `show`; by: who decided. Raises RecordMissing."""
    now = iso(deps.clock.now())
    before = find(deps, tenant, exam)
    if action == "hide":
        for event in events(before.to_row(), with_decision(before, action, by=by, now=now).to_row(), now):
            journal_first(event, deps)
    else:
        _end_links_of_others(deps, before)
    row = change(
        deps.table,
        *before.key(),
        lambda row: with_decision(Exam.from_row(row), action, by=by, now=now).to_row() if row else None,
    )
    if row is None:
        raise RecordMissing(kind="exam")
    exam_now = Exam.from_row(row)
    note_decided(exam_now, deps)
    return exam_now


def tell_again(deps: Deps, tenant: str, exam: str, by: str) -> Exam:
    """Publish a released exam anew: its event sends one SMS, with the standing link or, where that ended, the next one.

    Raises RecordMissing, NotReleased, NoPhone.
    """
    patient = patient_of(deps, find(deps, tenant, exam))
    if patient is None or not patient.phone:
        raise NoPhone()

    def decide(row: Row | None) -> Row:
        if row is None or row["release"] != Release.RELEASED:
            raise NotReleased()
        return released_anew(Exam.from_row(row), by=by, now=iso(deps.clock.now())).to_row()

    row = change(deps.table, *Exam(tenant, exam).key(), decide)
    return Exam.from_row(row) if row else find(deps, tenant, exam)


def patient_of(deps: Deps, exam: Exam) -> Patient | None:
    return people.patient_of(deps.table, exam)


def _end_links_of_others(deps: Deps, exam: Exam) -> None:
    """Shown, the exam is its present patient's: links made for those whom earlier versions named open nothing, and say so."""
    key = deps.secrets.values().link_key
    others = {one["patient"] for one in exam.reports.values()} - {exam.patient}
    for patient, channel in product(sorted(others), tokens.CHANNELS):
        for serial in count(1):
            token = tokens.link_token(key, tenant=exam.tenant, exam=exam.exam, patient=patient, channel=channel, serial=serial)
            row = deps.table.get(keys.link_pk(tokens.token_digest(token)), "LINK")
            if row is None:
                break
            revoke_link(deps, Link.from_row(row))


def find_link(deps: Deps, tenant: str, exam: str, channel: str, serial: int) -> Link:
    """A link is found by what it opens, and for whom: its token is a function of that. Raises RecordMissing."""
    patient, key = find(deps, tenant, exam).patient, deps.secrets.values().link_key
    token = tokens.link_token(key, tenant=tenant, exam=exam, patient=patient, channel=channel, serial=serial)
    row = deps.table.get(keys.link_pk(tokens.token_digest(token)), "LINK")
    if row is None:
        raise RecordMissing(kind="link")
    return Link.from_row(row)


def unlock_link(deps: Deps, link: Link) -> Link:
    """After wrong answers, once the operator is sure who asks."""
    row = change(deps.table, *link.key(), lambda row: links.unlocked(Link.from_row(row)).to_row() if row else None)
    return Link.from_row(row) if row else link


def revoke_link(deps: Deps, link: Link) -> Link:
    """It opens nothing from now on, nor do the sessions that it opened."""
    if link.revoked:
        return link
    now = epoch_s(deps.clock.now())
    journal_first(link_revoked(links.revoked(link, now).to_row()), deps)
    row = change(deps.table, *link.key(), lambda row: links.revoked(Link.from_row(row), now).to_row() if row else None)
    return Link.from_row(row) if row else link


def state_of(deps: Deps, study: Study) -> ExamState:
    """What people see of the study's exam [ING-01]; of a study that has no exam yet, what its images say."""
    row = deps.table.get(keys.exam_pk(study.tenant, study.exam), "EXAM") if study.exam else None
    exam = Exam.from_row(row) if row else Exam(study.tenant, study.exam, imaging=study.imaging)
    return exam_state(Imaging(exam.imaging), Reporting(exam.reporting), Release(exam.release), Tier(study.tier))


def study_of(deps: Deps, tenant: str, study: str) -> Study:
    """Raises RecordMissing, also for what was removed."""
    row = deps.table.get(keys.study_pk(tenant, study), "STUDY")
    if row is None or row.get("removed"):
        raise RecordMissing(kind="study")
    return Study.from_row(row)


def studies_of(deps: Deps, tenant: str, day: str) -> Iterator[Study]:
    """Of one day (yyyy-mm-dd, UTC), newest first."""
    return map(Study.from_row, deps.table.by_day(tenant, day))


def series_in_conflict(deps: Deps, entry: QuarantineEntry) -> tuple[Study, Series] | None:
    """The study and series that an entry about a series names."""
    pk = keys.study_pk(entry.tenant, entry.study)
    study, series = deps.table.get(pk, "STUDY"), deps.table.get(pk, keys.series_sk(entry.name))
    return (Study.from_row(study), Series.from_row(series)) if study and series else None
