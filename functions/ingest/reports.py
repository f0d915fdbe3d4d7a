"""A report arrived: its version, and which studies it is about. Of whom it may speak is decided with its exam."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, Poison
from functions.core.study import keys, merge
from functions.core.study.bookkeeping import ExamAlias, PdfOf
from functions.core.study.hospitals import Hospital
from functions.core.study.records import ReportVersion
from functions.core.times import parse
from functions.ingest import receipts
from functions.ingest.messages import Ref
from functions.ingest.taking import Touched, check_exam_stands

PDF = b"%PDF-"
SKEW = timedelta(days=1)  # that a RIS's clock may be ahead


def take_report(ref: Ref, report: dict[str, Any], hospital: Hospital, deps: Deps) -> Touched:
    _verify_times(report, deps.clock.now())
    _verify_pdf(ref, report, deps)
    tenant, naming = ref.tenant, deps.naming
    person = report["patient"]
    patient = naming.patient(tenant, issuer=person["issuer"] or hospital.issuer, patient_id=person["id"])
    exam = naming.exam(tenant, accession_number=report["accession_number"], study_uid="")
    check_exam_stands(tenant, exam, deps)
    studies = {uid: naming.study(tenant, uid) for uid in report.get("study_uids", [])}
    stands = change(
        deps.table,
        keys.exam_pk(tenant, exam),
        keys.exam_report_sk(report["version"]),
        lambda row: merge.report_version(
            ReportVersion.from_row(row) if row else None,
            report,
            ref.sha256,
            exam=exam,
            patient=patient,
            issuer=hospital.issuer,
            studies=studies.values(),
        ).to_row(),
    )
    if "pdf" in report:
        named = PdfOf(tenant, report["pdf"]["sha256"], exam)
        change(deps.table, *named.key(), lambda row: None if row else named.to_row())
    for uid in studies:
        _claim(tenant, naming.exam(tenant, accession_number="", study_uid=uid), exam, deps)
    _quarantine_contradiction(ref, stands, deps)
    return Touched(exams=[(tenant, "", exam), *((tenant, study, "") for study in studies.values())])


def _verify_times(report: dict[str, Any], now: datetime) -> None:
    """The latest report's phone counts: one from the year 2099 would keep every later number out."""
    times = [parse(report[name]) for name in ("examined_at", "reported_at", "audited_at") if name in report]
    if any(time > now + SKEW for time in times):
        raise Poison(reason="time_in_future")


def _verify_pdf(ref: Ref, report: dict[str, Any], deps: Deps) -> None:
    pdf = report.get("pdf")
    if pdf is None:
        return
    facts = deps.vault.head("originals", keys.report_object(ref.tenant, pdf["sha256"]))
    if facts is None:
        raise NotArrived(reason="pdf_missing")
    if (facts.bytes, facts.sha256) != (pdf["bytes"], pdf["sha256"]):
        raise Poison(reason="pdf_wrong")
    if deps.vault.get_range("originals", keys.report_object(ref.tenant, pdf["sha256"]), 0, len(PDF)) != PDF:
        raise Poison(reason="pdf_wrong")


def _claim(tenant: str, own: str, exam: str, deps: Deps) -> None:
    """Note that this exam's report lists the study whose own exam is `own`; used if the study has no accession number."""
    if own == exam:
        return

    def decide(row: Row | None) -> Row:
        alias = ExamAlias.from_row(row) if row else ExamAlias(tenant, own)
        return ExamAlias(tenant, own, sorted({*alias.names, exam})).to_row()

    change(deps.table, *ExamAlias(tenant, own).key(), decide)


def _quarantine_contradiction(ref: Ref, stands: Row | None, deps: Deps) -> None:
    """Every document that claims to be this version is told about, also the one that was indexed before."""
    digests = stands["digests"] if stands else []
    if len(digests) > 1:
        for sha256 in digests:
            receipts.note_quarantined(Ref("report", ref.tenant, sha256), "report_contradicted", deps)
