"""What a session sees of its exam, and the keys to its pictures."""

from __future__ import annotations

import json

from functions.adapters import schemas, signing
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.access import sessions
from functions.core.access.exam_view import exam_view, is_shown, report_view
from functions.core.errors import NotInExam
from functions.core.study import keys
from functions.core.study.records import Patient
from functions.core.times import epoch_s, iso
from functions.patient_api.times import moment
from functions.patient_api.visit import Visit, forget_session, visit


def show_exam(request: Request, deps: Deps) -> Answer:
    """The whole exam in one answer: two reads of rows and one query for each study, so that a page may ask every few seconds."""
    seen = visit(request, deps)
    patient = deps.table.get(keys.patient_pk(seen.tenant, seen.exam.patient), "PATIENT") if seen.exam.patient else None
    view = exam_view(seen.hospital, seen.exam, Patient.from_row(patient) if patient else None, seen.report(), seen.studies())
    return Answer(view)


def show_report(request: Request, deps: Deps) -> Answer:
    seen = visit(request, deps)
    report = seen.report()
    if report is None or not is_shown(report):
        raise NotInExam()
    document = json.loads(deps.vault.get("originals", keys.report_object(seen.tenant, report.digests[0])))
    schemas.check(document, "report.v1")
    return Answer(report_view(report, document, seen.tenant))


def open_series(request: Request, deps: Deps) -> Answer:
    """Cookies for one series' pixels, index and thumbnail."""
    seen = visit(request, deps)
    series = seen.series(request.params["series"])
    base = f"/pixels/{keys.parcel_prefix(seen.tenant, series.study, series.series)}"
    times, cookies = _signed(seen, base)
    return Answer({"base": base, "index": series.index, **times}, cookies=cookies)


def open_derived(request: Request, deps: Deps) -> Answer:
    """Cookies for one study's films and report PDFs."""
    seen = visit(request, deps)
    study = request.json["study"]
    seen.require_study(study)
    base = f"/derived/{keys.derived_prefix(seen.tenant, study)}"
    times, cookies = _signed(seen, base)
    return Answer({"base": base, **times}, cookies=cookies)


def end_session(request: Request, deps: Deps) -> Answer:
    """Forgets the session; with or without one the answer is the same."""
    forget_session(request, deps.table)
    return Answer(status=204, cookies=[sessions.clear_cookie()])


def _signed(seen: Visit, base: str) -> tuple[dict[str, str], list[str]]:
    """When the cookies end and should be renewed, and the cookies; they never outlive the session."""
    expires_at, renew_at = sessions.signature_times(epoch_s(seen.deps.clock.now()))
    expires_at = min(expires_at, seen.session.expires_at)
    cookies = signing.cookies_for(base, origin=seen.deps.settings.origin, secrets=seen.deps.secrets, expires_at=expires_at)
    return {"expires_at": iso(moment(expires_at)), "renew_at": iso(moment(min(renew_at, expires_at)))}, cookies
