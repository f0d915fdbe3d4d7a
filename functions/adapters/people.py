"""Whom an exam is about, and at which phone: one answer for the SMS, for the question at the door and for an operator."""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.notice.records import Binding, Registration
from functions.core.study import correcting, keys, people
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.records import Exam, Patient, ReportVersion
from functions.core.study.states import Release

NO_PHONE, NOT_DELIVERED = "no_phone", "not_delivered"  # why nobody was told, as the operator reads it


def patient_of(table: Table, exam: Exam, report: ReportVersion | None = None) -> Patient | None:
    """The exam's patient; None when nobody knows who it is.

    report: its current version, read here if not given. What it says counts from the release on, also in the moment before the
    patient's own row has it.
    """
    if not exam.patient:
        return None
    row = table.get(keys.patient_pk(exam.tenant, exam.patient), "PATIENT")
    known = Patient.from_row(row) if row else None
    if report is None and exam.report_version:
        version = table.get(keys.exam_pk(exam.tenant, exam.exam), keys.exam_report_sk(exam.report_version))
        report = ReportVersion.from_row(version) if version else None
    words = people.spoken_by(exam, report, exam.patient)
    return known if words is None else people.with_report(known, exam.tenant, exam.patient, exam.exam, words)


def corrected_at(table: Table, tenant: str, patient: str) -> int:
    """`correcting.last_at` of a patient by name."""
    row = table.get(keys.patient_pk(tenant, patient), "PATIENT")
    return correcting.last_at(row.get("corrected") or {}) if row else 0


def bindings_of(table: Table, tenant: str, patient: str) -> list[Binding]:
    """The WeChat accounts that are the patient's: unbound by nobody, and bound since their phone or ID card was corrected."""
    since = corrected_at(table, tenant, patient)
    rows = table.rows(keys.patient_pk(tenant, patient), "WECHAT#")
    return [one for one in map(Binding.from_row, rows) if not one.unbound_at and one.bound_at > since]


def registration_of(table: Table, exam: Exam) -> Registration | None:
    """What the hospital's system says of the exam, where it is the same patient's."""
    row = table.get(keys.exam_pk(exam.tenant, exam.exam), keys.exam_registration_sk())
    registration = Registration.from_row(row) if row else None
    return registration if registration and registration.patient == exam.patient else None


def registered_phone(table: Table, exam: Exam, patient: Patient | None) -> str:
    """The number that the patient gave at registration; empty where there is none, staff has corrected theirs since, or the
    hospital's system goes on saying what they corrected."""
    registration = registration_of(table, exam)
    phone = registration.person.get("phone", "") if registration else ""
    corrected = patient.corrected.get(correcting.PHONE) if patient else None
    if registration is None or corrected is None:
        return phone
    return "" if corrected["at"] >= registration.changed_at or phone in corrected["wrong"] else phone


def registered_phones(table: Table, tenant: str, patient: str) -> set[str]:
    """Whatever number the registrations of a patient's exams name now."""
    exams = [Exam.from_row(row) for row in table.by_person(tenant, patient) if row["kind"] == Exam.kind]
    found = [registration_of(table, exam) for exam in exams]
    return {one.person.get("phone", "") for one in found if one} - {""}


def phone_of(table: Table, exam: Exam, patient: Patient | None) -> str:
    """The report's number, else the one of the registration; empty where there is none."""
    return patient.phone if patient is not None and patient.phone else registered_phone(table, exam, patient)


def phone_asked(table: Table, exam: Exam, patient: Patient | None) -> str:
    """The one number that answers at the door: who was told at it what the exam shows now. A registration is typed in a hurry:
    its number follows how the exam gets on, and opens what is published only where no signed report names one."""
    return phone_told(table, exam, patient, "released" if exam.release == Release.RELEASED else "registered")


def phone_told(table: Table, exam: Exam, patient: Patient | None, occasion: str) -> str:
    """The number that a notice goes to. occasion: `registered`, `released` or `ending`."""
    if occasion == "registered":
        return registered_phone(table, exam, patient) or (patient.phone if patient else "")
    return phone_of(table, exam, patient)


def note_untold(table: Table, exam: Exam, reason: str, *, untold: bool, now: str) -> None:
    """An exam of which its patient cannot be told, or the message did not arrive, waits for a person until they are told of it.

    reason: NO_PHONE, NOT_DELIVERED. now: ISO UTC; what a person settled since stays so.
    """
    entry = QuarantineEntry(exam.tenant, "notice", exam.exam, reason, at=now)

    def decide(row: Row | None) -> Row | None:
        if not untold:
            return {**row, "open": False} if row and row["open"] and row["reason"] == reason else None
        settled = (row and row.get("settled")) or {}
        is_over = bool(settled) and row is not None and row["reason"] == reason and settled["at"] >= now
        return None if row and (row["open"] or is_over) else entry.to_row()

    change(table, *entry.key(), decide)
