"""One line for each study, with all that lists show, sort by and search. A function of rows: it can be made again at any time.

An exam of which there is a report and no study has a line too, by its own name: as soon as its first study is there that has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from functions.core import plain_text
from functions.core.study.records import Exam, Patient, Study
from functions.core.study.release import for_a_person

COLUMNS: Mapping[str, str] = {  # of the Parquet files, in DuckDB's types
    "study": "VARCHAR",  # the exam's own name where there is no study
    "exam": "VARCHAR",
    "studied_at": "VARCHAR",  # ISO UTC
    "accession_number": "VARCHAR",
    "patient": "VARCHAR",  # keyed name
    "patient_id": "VARCHAR",
    "name": "VARCHAR",
    "sex": "VARCHAR",
    "birth_date": "VARCHAR",
    "item": "VARCHAR",
    "modalities": "VARCHAR[]",
    "imaging": "VARCHAR",
    "reporting": "VARCHAR",
    "release": "VARCHAR",
    "reasons": "VARCHAR[]",
    "doubted": "BOOLEAN",  # waits for a person
    "received": "BIGINT",
    "declared": "BIGINT",  # NULL until somebody declared
    "complete": "BOOLEAN",
    "sought": "VARCHAR",  # what `text` is looked for in, as `folded`
    "updated_at": "VARCHAR",
}
UNKNOWN_MONTH = "0000-00"
Line = Mapping[str, Any]  # a column that is NULL is not there


def line_of(study: Study, exam: Exam, patient: Patient | None) -> dict[str, Any]:
    known = patient or Patient(study.tenant, exam.patient)
    line: dict[str, Any] = {
        "study": study.study,
        "exam": exam.exam,
        "studied_at": study.at or exam.at or study.created_at,
        "accession_number": plain_text.line(study.accession_number or exam.accession_number),
        "patient": exam.patient or study.patient,
        "patient_id": plain_text.line(known.id),
        "name": plain_text.line(known.name),
        "sex": known.sex,
        "birth_date": known.birth_date,
        "item": plain_text.line(_item(study, exam)),
        "modalities": list(study.modalities),
        "imaging": study.imaging,
        "reporting": exam.reporting,
        "release": exam.release,
        "reasons": list(exam.reasons),
        "doubted": bool(for_a_person(exam)),
        "received": study.received,
        "complete": study.complete,
        "updated_at": max(study.updated_at, exam.updated_at),
    }
    line["sought"] = "\n".join(folded(line[name]) for name in ("accession_number", "patient_id", "name"))
    return line if study.declared is None else {**line, "declared": study.declared}


def _item(study: Study, exam: Exam) -> str:
    """What tells an exam's studies apart stands behind what was ordered."""
    words = [exam.item, study.description if len(exam.studies) > 1 or not exam.item else ""]
    return " · ".join(word for word in words if word)


def line_without_study(exam: Exam, patient: Patient | None) -> dict[str, Any]:
    """An exam of which there is a report alone, as a study of which nothing has come."""
    return line_of(_no_study(exam), exam, patient)


def has_report_alone(exam: Exam) -> bool:
    """One that is only registered has nothing to look at: the hospital's own system lists those."""
    return bool(exam.reports) and not exam.studies and not exam.removed


def folded(text: str) -> str:
    """As it is compared: case, width, accents' form, blanks and DICOM's separators of names do not matter."""
    return re.sub(r"[\s^=]", "", unicodedata.normalize("NFKC", text).casefold())


def month_of(study: Study) -> str:
    """The month (yyyy-mm) whose file has the study's line: that of its arrival, which never changes as its date may."""
    return study.created_at[:7] or UNKNOWN_MONTH


def month_without_study(exam: Exam) -> str:
    return month_of(_no_study(exam))


def _no_study(exam: Exam) -> Study:
    return Study(exam.tenant, exam.exam, "", created_at=exam.created_at)
