"""What a version of a report says, and of whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import schemas
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core import json_text
from functions.core.study import keys, people
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient


def document_of(tenant: str, sha256: str, deps: Deps) -> dict[str, Any]:
    """The report.v1 of that digest. Raises ObjectMissing; what is there was checked when it was taken in."""
    document: dict[str, Any] = json_text.read(deps.vault.get("originals", keys.report_object(tenant, sha256)))
    schemas.check(document, "report.v1")
    return document


def current_document(exam: Row, deps: Deps) -> dict[str, Any] | None:
    """Of the exam's current version; None while it has no report."""
    standing = Exam.from_row(exam)
    version = standing.reports.get(str(standing.report_version))
    return document_of(standing.tenant, version["sha256"], deps) if version else None


def person_of(document: Mapping[str, Any], hospital: Hospital, deps: Deps) -> Patient:
    """The patient in the words of this report alone, whatever other documents say of the same person."""
    named = document["patient"]
    name = deps.naming.patient(hospital.tenant, issuer=named["issuer"] or hospital.issuer, patient_id=named["id"])
    return people.in_words(hospital.tenant, name, people.words_in_report(document, "", hospital.issuer))
