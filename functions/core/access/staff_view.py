"""What a hospital's staff is told of an exam: all of it, hidden series too. Phone and ID card are masked even here [SEC-07]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from functions.core.access.exam_view import age_at, exam_view
from functions.core.access.masking import mask_id_card, mask_phone
from functions.core.local_times import local_day
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient, ReportVersion, Series, Study


def staff_exam_view(
    hospital: Hospital,
    exam: Exam,
    patient: Patient | None,
    report: ReportVersion | None,
    studies: Iterable[tuple[Study, Sequence[Series]]],
) -> dict[str, Any]:
    """events/schemas/staff_exam.v1.json. patient, report, studies: as in `exam_view`."""
    standing = list(studies)
    shown = exam_view(hospital, exam, patient, report, standing)
    hidden = {one.series: one.hidden for _, series in standing for one in series}
    return {
        "exam": exam.exam,
        "accession_number": exam.accession_number,
        "item": shown["item"],
        "modalities": exam.modalities,
        "at": shown["at"],
        "release": exam.release,
        "reasons": exam.reasons,
        "patient": _patient_view(patient, exam.at, hospital.time_zone),
        "report": {"state": report.state, "version": report.report_version} if report else None,
        "studies": [
            {**study, "series": [{**one, "hidden": hidden[one["series"]]} for one in study["series"]]}
            for study in shown["studies"]
        ],
        "films": shown["films"],
    }


def contact_view(patient: Patient | None) -> dict[str, str]:
    """events/schemas/staff_patient_answer.v1.json: enough to see which of two numbers stands, not enough to call it."""
    return {"phone": mask_phone(patient.phone) if patient else "", "id_card": mask_id_card(patient.id_card) if patient else ""}


def _patient_view(patient: Patient | None, at: str, zone: str) -> dict[str, str]:
    if patient is None:
        return dict.fromkeys(("name", "id", "sex", "age", "birth_date", "phone", "id_card"), "")
    age = age_at(patient.birth_date, local_day(at, zone)) if at else ""
    about = {"name": patient.name, "id": patient.id, "sex": patient.sex, "age": age, "birth_date": patient.birth_date}
    return {**about, **contact_view(patient)}
