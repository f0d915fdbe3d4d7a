"""A study's line, made anew from its rows whenever one of them has changed."""

from __future__ import annotations

from collections.abc import Iterator

from functions.adapters import people
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.lake.line import line_of, month_of
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
    """None for a study of which there is nothing to list yet."""
    row = table.get(keys.study_pk(tenant, study), "STUDY")
    if row is None or row.get("expired_at"):
        return StudyLine(tenant, study, old.month, gone=True) if old else None
    standing = Study.from_row(row)
    found = table.get(keys.exam_pk(tenant, standing.exam), "EXAM") if standing.exam else None
    if found is None:
        return None
    exam = Exam.from_row(found)
    return StudyLine(
        tenant, study, old.month if old else month_of(standing), line_of(standing, exam, people.patient_of(table, exam))
    )


def studies_of(table: Table, tenant: str, exam: str, *, of_patient: bool = False) -> Iterator[str]:
    """The exam's studies; with `of_patient` those of all the patient's exams, whose name it may have changed."""
    row = table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is None:
        return
    yield from sorted(row["studies"])
    if of_patient and row["patient"]:
        for number, other in enumerate(table.by_person(tenant, row["patient"])):
            if number == MOST_OF_A_PATIENT:
                return
            if other["kind"] == "exam" and other["exam"] != exam:
                yield from sorted(other["studies"])
