"""The report as a PDF: the hospital's own, byte for byte, else one made of its text.

A version's PDF is made once and of that version alone, not of images or other documents that may come before or after it: a
patient who opens it twice reads the same, and so does everybody whatever came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import fonts
from functions.adapters.pdf import pdf
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access.exam_view import is_shown
from functions.core.errors import ServiceBusy
from functions.core.report.page import ReportPage, Signature, lay_out
from functions.core.study import keys
from functions.core.study.records import Exam, ReportVersion
from functions.core.times import parse
from functions.render.paper import Paper, hospital_of, paper_of
from functions.render.reported import document_of, person_of

NO_TIME = "1970-01-01T00:00:00Z"


def render_report(tenant: str, exam: str, deps: Deps, *, at_least: int = 0) -> None:
    """Put the current version's PDF where its patient gets it, and name it in the version's row.

    It stands under the exam's name, so that an exam whose images are elsewhere, or late, has its report all the same.
    at_least: a version that exists. Its event may be faster than the exam's own row, and no other event follows: raises
    ServiceBusy until the exam knows it.
    """
    exam_row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    standing = Exam.from_row(exam_row) if exam_row else None
    if at_least and (standing is None or standing.report_version < at_least):
        raise ServiceBusy(service="an exam whose report has just come")
    if standing is None or not standing.report_version:
        return
    key = keys.exam_pk(tenant, exam), keys.exam_report_sk(standing.report_version)
    row = deps.table.get(*key)
    report = ReportVersion.from_row(row) if row else None
    if report is None or not is_shown(report) or report.document is not None:
        return
    body = _body(report, deps)
    if body is None:
        return
    document = {"exam": exam, "name": f"report/{keys.sha256_hex(body)}.pdf"}
    deps.vault.put("derived", keys.derived_prefix(tenant, exam) + document["name"], body, content_type="application/pdf")

    def decide(old: Row | None) -> Row | None:
        if old is None or old["digests"] != report.digests:
            return None
        return {**old, "document": document}

    change(deps.table, *key, decide)


def _body(report: ReportVersion, deps: Deps) -> bytes | None:
    """None where the hospital is unknown."""
    if report.pdf is not None:
        return deps.vault.get("originals", keys.report_object(report.tenant, report.pdf["sha256"]))
    hospital = hospital_of(report.tenant, deps)
    if hospital is None:
        return None
    document = document_of(report.tenant, report.digests[0], deps)
    return _pdf(document, paper_of(hospital, report.exam, report.patient, deps), deps)


def _pdf(document: Mapping[str, Any], paper: Paper, deps: Deps) -> bytes:
    patient = person_of(document, paper.hospital, deps)
    times = [document.get(name, "") for name in ("examined_at", "reported_at", "audited_at")]
    examined_at, reported_at, audited_at = times
    page = ReportPage(
        hospital=paper.hospital.name,
        name=patient.name,
        sex=paper.sex(patient),
        age=paper.age(patient, next(filter(None, times), "")),
        patient_id=patient.id,
        accession_number=document["accession_number"],
        item=document.get("item", ""),
        examined_at=paper.local(examined_at),
        reported_at=paper.local(reported_at),
        audited_at=paper.local(audited_at),
        findings=document["findings"],
        impression=document["impression"],
        signatures=tuple(Signature(person["role"], person["name"]) for person in document["people"]),
        state=document["state"],
        version=document["version"],
        language=document["language"],
        link=paper.link,
        code=paper.code,
    )
    return pdf(
        lay_out(page, fonts.face()),
        fonts.face(),
        fonts.path(),
        title=page.item or page.hospital,
        created=parse(audited_at or reported_at or examined_at or NO_TIME),
        language=page.language,
    )
