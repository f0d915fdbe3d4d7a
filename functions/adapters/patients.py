"""What a decided exam says of its patient is noted with the patient; what it says no longer is taken back."""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study import keys, people
from functions.core.study.records import Exam, Patient, ReportVersion


def note_words(tenant: str, exam: str, deps: Deps) -> None:
    """For everybody whom any document of its report ever named: whom the last decision left is among them."""
    reports = [ReportVersion.from_row(row) for row in deps.table.rows(keys.exam_pk(tenant, exam), "REPORT#")]
    for patient in sorted({name for report in reports for name in report.patients}):
        _note(tenant, exam, patient, deps)


def _note(tenant: str, exam: str, patient: str, deps: Deps) -> None:
    def decide(row: Row | None) -> Row:
        old = Patient.from_row(row) if row else None
        # after the patient's row: of two that decided at once the one that writes last has seen the last decision
        standing = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
        now = Exam.from_row(standing) if standing else None
        version = deps.table.get(keys.exam_pk(tenant, exam), keys.exam_report_sk(now.report_version)) if now else None
        words = people.spoken_by(now, ReportVersion.from_row(version) if version else None, patient)
        return people.with_report(old, tenant, patient, exam, words).to_row()

    change(deps.table, keys.patient_pk(tenant, patient), "PATIENT", decide)
