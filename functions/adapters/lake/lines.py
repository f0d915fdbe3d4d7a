"""A study's line, made anew from its rows whenever one of them has changed."""

from __future__ import annotations

from collections.abc import Iterator

from functions.adapters import people
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.lake.line import has_report_alone, line_of, line_without_study, month_of, month_without_study
from functions.core.lake.records import StudyLine
from functions.core.study import keys
from functions.core.study.records import Exam, Study

MOST_OF_A_PATIENT = 200  # exams that follow a patient's name; ids such as that of all unknown persons have thousands


def note(table: Table, tenant: str, study: str, *, anew: bool = False) -> None:
    """Twice is once. What is read is read after the line's row: of two at once the one that writes last has seen the latest.

    anew: a line that has not changed is fresh again, too, since no file has it.
    """

    def decide(row: Row | None) -> Row | None:
        old = StudyLine.from_row(row) if row else None
        new = made(table, tenant, study, old)
        if new is None or (old is not None and not anew and (new.line, new.gone) == (old.line, old.gone)):
            return None
        return new.to_row()

    change(table, *StudyLine(tenant, study, "").key(), decide)


def made(table: Table, tenant: str, study: str, old: StudyLine | None = None) -> StudyLine | None:
    """study: also the name of an exam, for the line that it has without one. None where there is nothing to list yet."""
    row = table.get(keys.study_pk(tenant, study), "STUDY")
    if row is None:
        return _without_study(table, tenant, study, old)
    if row.get("expired_at"):
        return _gone(old)
    standing = Study.from_row(row)
    found = table.get(keys.exam_pk(tenant, standing.exam), "EXAM") if standing.exam else None
    if found is None:
        return None
    exam = Exam.from_row(found)
    return StudyLine(
        tenant, study, old.month if old else month_of(standing), line_of(standing, exam, people.patient_of(table, exam))
    )


def names_of(table: Table, tenant: str, exam: str, *, of_patient: bool = False) -> Iterator[str]:
    """Whose lines an exam changes: its studies and itself; with `of_patient` those of all the patient's exams, whose name it may
    have changed."""
    yield exam
    row = table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is None:
        return
    yield from sorted(row["studies"])
    if of_patient and row["patient"]:
        for number, other in enumerate(table.by_person(tenant, row["patient"])):
            if number == MOST_OF_A_PATIENT:
                return
            if other["kind"] == "exam" and other["exam"] != exam:
                yield from sorted(other["studies"]) or [other["exam"]]


def _without_study(table: Table, tenant: str, name: str, old: StudyLine | None) -> StudyLine | None:
    row = table.get(keys.exam_pk(tenant, name), "EXAM")
    exam = Exam.from_row(row) if row else None
    if exam is None or not has_report_alone(exam):
        return _gone(old)
    month = old.month if old else month_without_study(exam)
    return StudyLine(tenant, name, month, line_without_study(exam, people.patient_of(table, exam)))


def _gone(old: StudyLine | None) -> StudyLine | None:
    return StudyLine(old.tenant, old.study, old.month, gone=True) if old else None
