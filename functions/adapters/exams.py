"""Which exam a study belongs to, and whether the patient may see that exam.

Both sides write first and read then: a report its claim, then the study; a study its row, then the claims. Of two that come at
once at least one sees the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from functions.adapters.observability import count, logger
from functions.adapters.patients import note_words
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.notice.records import EXAM, Due, Registration
from functions.core.notice.rules import publish_time
from functions.core.study import keys
from functions.core.study.bookkeeping import ExamAlias, ExamStudy, QuarantineEntry
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, ReportVersion, Study
from functions.core.study.release import assembled, for_a_person
from functions.core.times import iso

Decide = Callable[[str, str, Deps], None]
Check = Callable[[Exam | None, Exam], Exam]


def settle_exam(tenant: str, study: str, exam: str, deps: Deps) -> None:
    """Put the study (if one is named) where it belongs, then decide every exam that this changes."""
    touched = {exam} if exam else set()
    if study:
        touched |= place_study(tenant, study, deps)
    for name in sorted(touched):
        decide_exam(tenant, name, deps)


def place_study(tenant: str, study: str, deps: Deps, decide_left: Decide | None = None) -> set[str]:
    """Put the study into its exam. Returns the exams to decide.

    decide_left: decides the exam that it leaves; `decide_exam` if not given.
    """
    row = deps.table.get(keys.study_pk(tenant, study), "STUDY")
    if row is None or not row["identities"]:  # known by a declaration alone: nothing says whose it is
        return set()
    standing = Study.from_row(row)
    own = deps.naming.exam(tenant, accession_number=standing.accession_number, study_uid=standing.study_uid)
    target = own if standing.accession_number else _claimed(tenant, own, deps)
    change(deps.table, *ExamStudy(tenant, target, study).key(), lambda row: row or ExamStudy(tenant, target, study).to_row())
    if standing.exam not in ("", target):
        _leave(standing, deps, decide_left or decide_exam)
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        return replace(Study.from_row(row), exam=target, updated_at=now).to_row() if row and row["exam"] != target else None

    change(deps.table, *standing.key(), decide)
    return {target}


def _leave(study: Study, deps: Deps, decide_left: Decide) -> None:
    """Out of its exam, which is decided without it. The study's row still names that exam: stopped here, all comes again."""
    left = deps.table.get(*ExamStudy(study.tenant, study.exam, study.study).key())
    if left is not None:
        deps.table.delete(left["pk"], left["sk"], expect=left["version"])
    decide_left(study.tenant, study.exam, deps)


def _claimed(tenant: str, own: str, deps: Deps) -> str:
    """The one exam whose report lists the study; the study's own when none does, or several do."""
    names = _claims(tenant, own, deps)
    return names[0] if len(names) == 1 else own


def _claims(tenant: str, own: str, deps: Deps) -> list[str]:
    row = deps.table.get(*ExamAlias(tenant, own).key())
    return list(row["names"]) if row else []


def decide_exam(tenant: str, exam: str, deps: Deps, rule: str = "", check: Check = lambda _, new: new) -> None:
    """Assemble the exam's row from what stands in the table now.

    rule: that the exam was decided by before, to keep it; else the hospital's. check: has the last word, given old and new.
    """
    hospital = Hospital.from_row(deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") or {"tenant": tenant, "name": tenant})

    def decide(row: Row | None) -> Row | None:
        old = Exam.from_row(row) if row else None
        if old is not None and old.removed:
            return None
        pk = keys.exam_pk(tenant, exam)
        members = [one["study"] for one in deps.table.rows(pk, "STUDY#")]
        rows = [deps.table.get(keys.study_pk(tenant, member), "STUDY") for member in members]
        studies = [Study.from_row(one) for one in rows if one is not None and one["exam"] in ("", exam)]
        reports = [ReportVersion.from_row(one) for one in deps.table.rows(pk, "REPORT#")]
        standing = deps.table.get(pk, keys.exam_registration_sk())
        registration = Registration.from_row(standing) if standing else None
        if old is None and not studies and not reports and registration is None:
            return None
        now = deps.clock.now()
        due = publish_time(hospital.notice, hospital.time_zone, now)
        new = assembled(
            old,
            tenant,
            exam,
            studies,
            reports,
            claims=len(_claims(tenant, exam, deps)),
            rule=rule or hospital.release_rule,
            rule_serial=hospital.serial,
            now=iso(now),
            due=iso(due) if due else "",
            registration=registration,
        )
        return check(old, new).to_row()

    row = change(deps.table, keys.exam_pk(tenant, exam), "EXAM", decide)
    if row is None:
        return
    registered = deps.table.get(row["pk"], keys.exam_registration_sk())
    kept = row["studies"] or row["reports"] or row["decision"] or registered or row.get("removed")
    if not kept:  # its study has found its place elsewhere
        deps.table.delete(row["pk"], row["sk"], expect=row["version"])
    note_decided(Exam.from_row(row), deps)


def note_decided(exam: Exam, deps: Deps) -> None:
    """What follows from an exam's row wherever it was decided; the same again does no harm."""
    if exam.reports:
        note_words(exam.tenant, exam.exam, deps)
    note_doubts(exam, deps)
    if "held_until" in exam.reasons:
        due = Due(exam.tenant, exam.exam, EXAM, exam.due_at)
        change(deps.table, *due.key(), lambda _: due.to_row())


def note_doubts(exam: Exam, deps: Deps) -> None:
    """A contradiction waits for a person; one that has gone is closed."""
    doubts = for_a_person(exam)
    name = QuarantineEntry(exam.tenant, "exam", exam.exam, "")
    if doubts:
        _wait_for_a_person(replace(name, reason=doubts[0]), deps)
        logger.warning("exam held", extra={"exam": exam.exam, "reasons": doubts})
        count("ExamHeld", reason=doubts[0])
    else:
        change(deps.table, *name.key(), lambda row: {**row, "open": False} if row and row["open"] else None)


def _wait_for_a_person(entry: QuarantineEntry, deps: Deps) -> None:
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        if row and row.get("settled") and row["reason"] == entry.reason:
            return None
        return replace(entry, at=row["at"] if row and row["open"] else now).to_row()

    change(deps.table, *entry.key(), decide)
