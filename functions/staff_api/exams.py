"""One exam for the hospital's doctors: its images and report, and what they decide about its series and its patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from functions.adapters import corrections, people, schemas, signing
from functions.adapters.http import Answer, Request
from functions.adapters.journal import journal_first
from functions.adapters.observability import count, logger
from functions.adapters.openings import note_opened
from functions.adapters.recalls import tier_for
from functions.adapters.shares import shares_of
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core import json_text, plain_text
from functions.core.access import shares
from functions.core.access.exam_view import hospital_view, is_shown, report_pdf, report_view
from functions.core.access.sessions import signature_times
from functions.core.access.shares import Share
from functions.core.access.staff_view import contact_view, staff_exam_view
from functions.core.errors import ExamExpired, IdCardWrong, NotFound, ObjectMissing, ObjectRefused, PhoneWrong
from functions.core.study import correcting, hiding, keys
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.core.times import epoch_s, iso, iso_at
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller


def show_exam(caller: Caller, request: Request, deps: Deps) -> Answer:
    """All of the exam, whatever patients may see of it. That staff looked is noted, once a session."""
    exam = _exam(caller, request, deps)
    _note_opened(caller, exam, deps)
    report = _report(exam, deps)
    patient = people.patient_of(deps.table, exam, report)
    return Answer(staff_exam_view(caller.hospital, exam, patient, report, _studies(exam, deps)))


def show_report(caller: Caller, request: Request, deps: Deps) -> Answer:
    """The signed report's words, and cookies for its PDF."""
    exam = _exam(caller, request, deps)
    report = _report(exam, deps)
    if report is None or not is_shown(report):
        raise NotFound()
    document = json_text.read(deps.vault.get("originals", keys.report_object(exam.tenant, report.digests[0])))
    schemas.check(document, "report.v1")
    path = report_pdf(report, exam.tenant)
    _, cookies = _signed(caller, deps, *([path] if path else []))
    return Answer(report_view(report, document, exam.tenant), cookies=cookies)


def open_series(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Cookies for the pixels, indexes and thumbnails of the series' whole study: staff sees hidden ones too."""
    study, series = _found(_exam(caller, request, deps), request, deps)
    if series.index is None:
        raise NotFound()
    times, cookies = _signed(caller, deps, f"/pixels/{keys.study_prefix(series.tenant, series.study)}")
    base = f"/pixels/{keys.parcel_prefix(series.tenant, series.study, series.series)}"
    tier = tier_for(study, deps, by=caller.by)
    return Answer({"base": base, "index": series.index, "tier": tier, **times}, cookies=cookies)


def open_derived(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Cookies for one study's films, or for the current report's PDF where the exam itself is named."""
    exam, name = _exam(caller, request, deps), request.json["study"]
    base = f"/derived/{keys.derived_prefix(exam.tenant, name)}"
    if name == exam.exam:
        report = _report(exam, deps)
        pdf = report_pdf(report, exam.tenant) if report is not None and is_shown(report) else None
        paths = [pdf] if pdf else []
    elif name in exam.studies and _study(exam, name, deps) is not None:
        paths = [f"{base}film/"]
    else:
        raise NotFound()
    times, cookies = _signed(caller, deps, *paths)
    return Answer({"base": base, **times}, cookies=cookies)


def hide_series(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Gone at once for the patient, their guests and other systems; cookies that are out already end within five minutes."""
    return _decide(caller, request, deps, hiding.HIDE)


def show_series(caller: Caller, request: Request, deps: Deps) -> Answer:
    """A series that was hidden is seen again."""
    return _decide(caller, request, deps, hiding.SHOW)


def correct_patient(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Phone or ID card as the doctor knows them: from now on the door asks for these, and the old ones open nothing."""
    exam, asked = _exam(caller, request, deps), request.json
    values = {}
    if "phone" in asked:
        values[correcting.PHONE] = correcting.phone_of(asked["phone"]) or _refuse(PhoneWrong())
    if "id_card" in asked:
        values[correcting.ID_CARD] = correcting.id_card_of(asked["id_card"]) or _refuse(IdCardWrong())
    patient = people.patient_of(deps.table, exam)
    if patient is None:
        raise NotFound()
    reason = plain_text.line(asked["reason"]).strip()
    done = corrections.correct(deps, exam.tenant, patient.patient, values, by=caller.by, reason=reason)
    logger.info("patient corrected", extra={"tenant": exam.tenant, "exam": exam.exam, "what": "+".join(done)})
    count("PatientCorrected")
    return Answer({**contact_view(people.patient_of(deps.table, exam)), "corrected": done})


def list_openings(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Who opened the exam and when, the newest first: the patient, whoever they shared it with, and staff."""
    exam = _exam(caller, request, deps)
    rows = sorted(deps.table.rows(keys.opened_pk(exam.tenant, exam.exam)), key=lambda row: str(row["at"]), reverse=True)
    told = [
        {"at": row["at"], "by": row["by"], "serial": row["serial"] or None, "account": row["account"] or None}
        for row in rows[:MOST_OPENINGS]
    ]
    return Answer({"openings": told})


def list_shares(caller: Caller, request: Request, deps: Deps) -> Answer:
    """What the exam's patient gave to others, the newest first; not the links, which open the exam."""
    exam, now = _exam(caller, request, deps), epoch_s(deps.clock.now())
    found = [share for _, share in shares_of(deps.table, deps.secrets.values().link_key, exam)]
    opened = sorted((str(row["at"]), str(row["share"])) for row in deps.table.rows(keys.opened_pk(exam.tenant, exam.exam)))
    return Answer({"shares": [_share_view(share, opened, now) for share in reversed(found)]})


MOST_OPENINGS = 500  # of an exam, told at once
NUMBER_LENGTH = 16  # of what tells openings apart (`openings.Opening.number`)
MISSING = (NotFound, ExamExpired)
ROUTES = (
    StaffRoute("GET", "/staff/v1/exams/{exam}", show_exam, right="studies.view", answer="staff_exam.v1", refusals=MISSING),
    StaffRoute(
        *("GET", "/staff/v1/exams/{exam}/openings", list_openings),
        right="shares.read",
        answer="staff_openings.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("GET", "/staff/v1/exams/{exam}/shares", list_shares),
        right="shares.read",
        answer="staff_shares.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("GET", "/staff/v1/exams/{exam}/report", show_report),
        right="studies.view",
        answer="patient_report.v1",
        refusals=(*MISSING, ObjectMissing, ObjectRefused),
    ),
    StaffRoute(
        *("POST", "/staff/v1/exams/{exam}/series/{series}/open", open_series),
        right="studies.view",
        schema="patient_series_request.v1",
        answer="patient_series_answer.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("POST", "/staff/v1/exams/{exam}/derived/open", open_derived),
        right="studies.view",
        schema="patient_derived_request.v1",
        answer="patient_derived_answer.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("POST", "/staff/v1/exams/{exam}/series/{series}/hide", hide_series),
        right="series.hide",
        schema="staff_series_request.v1",
        answer="staff_series_answer.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("POST", "/staff/v1/exams/{exam}/series/{series}/show", show_series),
        right="series.hide",
        schema="staff_series_request.v1",
        answer="staff_series_answer.v1",
        refusals=MISSING,
    ),
    StaffRoute(
        *("POST", "/staff/v1/exams/{exam}/patient", correct_patient),
        right="patient.correct",
        schema="staff_patient_request.v1",
        answer="staff_patient_answer.v1",
        refusals=(*MISSING, PhoneWrong, IdCardWrong),
    ),
)


def _share_view(share: Share, opened: Sequence[tuple[str, str]], now: int) -> dict[str, Any]:
    """opened: (ISO UTC, share) of each session, the oldest first."""
    return {
        "serial": share.serial,
        "state": shares.state(share, now),
        "issued_at": iso_at(share.issued_at),
        "expires_at": iso_at(share.expires_at),
        "revoked_at": iso_at(share.revoked_at) if share.revoked_at else None,
        "series": None if share.series is None else len(share.series),
        "report": share.report,
        "film": share.film,
        "anonymous": share.anonymous,
        "code": bool(share.code),
        "limit": share.limit,
        "used": share.used,
        "opened": [at for at, by in reversed(opened) if by == share.digest][:MOST_OPENINGS],
    }


def _note_opened(caller: Caller, exam: Exam, deps: Deps) -> None:
    number = caller.session.digest[:NUMBER_LENGTH]
    noted = deps.table.rows(keys.opened_pk(exam.tenant, exam.exam))
    if not any(one["number"] == number for one in noted):
        at = iso(deps.clock.now())
        note_opened(deps.table, exam.tenant, exam.exam, exam.patient, by="staff", at=at, number=number, account=caller.account)


def _refuse(error: Exception) -> str:
    raise error


def _exam(caller: Caller, request: Request, deps: Deps) -> Exam:
    """Raises NotFound, alike for another hospital's, for none, and for what is no name at all; ExamExpired when its time is over:
    until it is removed nothing is signed that would still open."""
    name = request.params["exam"]
    row = deps.table.get(keys.exam_pk(caller.tenant, name), "EXAM") if keys.is_name(name) else None
    if row is None:
        raise NotFound()
    request.note(exam=name)
    if "expired" in row["reasons"] or row.get("removed"):
        raise ExamExpired(hospital=hospital_view(caller.hospital))
    return Exam.from_row(row)


def _series(exam: Exam, request: Request, deps: Deps) -> Series:
    return _found(exam, request, deps)[1]


def _found(exam: Exam, request: Request, deps: Deps) -> tuple[Study, Series]:
    """A series with its study. Raises NotFound for what is not in this exam."""
    name = request.params["series"]
    for study in sorted(exam.studies) if keys.is_name(name) else ():
        row, of = deps.table.get(keys.study_pk(exam.tenant, study), keys.series_sk(name)), _study(exam, study, deps)
        if row is not None and of is not None:
            request.note(study=study, series=name)
            return of, Series.from_row(row)
    raise NotFound()


def _study(exam: Exam, name: str, deps: Deps) -> Study | None:
    """None also when its time is over."""
    row = deps.table.get(keys.study_pk(exam.tenant, name), "STUDY")
    return Study.from_row(row) if row is not None and not row.get("expired_at") else None


def _studies(exam: Exam, deps: Deps) -> Iterator[tuple[Study, list[Series]]]:
    for name in sorted(exam.studies):
        study = _study(exam, name, deps)
        if study is not None:
            yield study, [Series.from_row(one) for one in deps.table.rows(keys.study_pk(exam.tenant, name), "SERIES#")]


def _report(exam: Exam, deps: Deps) -> ReportVersion | None:
    if not exam.report_version:
        return None
    row = deps.table.get(keys.exam_pk(exam.tenant, exam.exam), keys.exam_report_sk(exam.report_version))
    return ReportVersion.from_row(row) if row else None


def _decide(caller: Caller, request: Request, deps: Deps, action: str) -> Answer:
    """A decision that hides stands in the journal before the row is written."""
    series = _series(_exam(caller, request, deps), request, deps)
    now, reason = iso(deps.clock.now()), plain_text.line(request.json["reason"]).strip()

    def decided(one: Series) -> Series:
        return hiding.decided(one, action, by=caller.by, now=now, reason=reason)

    if action == hiding.HIDE:
        for event in hiding.telling(series.to_row(), decided(series).to_row()):
            journal_first(event, deps)
    row = change(deps.table, *series.key(), lambda row: decided(Series.from_row(row)).to_row() if row else None)
    if row is None:
        raise NotFound()
    logger.info("series decided", extra={"tenant": series.tenant, "series": series.series, "action": action})
    return Answer({"series": series.series, "hidden": row["hidden"]})


def _signed(caller: Caller, deps: Deps, *paths: str) -> tuple[dict[str, Any], list[str]]:
    """When the cookies end and should be renewed, and the cookies; they never outlive the session."""
    now = epoch_s(deps.clock.now())
    expires_at, renew_at = (min(time, caller.session.expires_at) for time in signature_times(now))
    cookies = [
        cookie
        for path in paths
        for cookie in signing.cookies_for(path, origin=deps.settings.origin, secrets=deps.secrets, now=now, expires_at=expires_at)
    ]
    return {"expires_at": iso_at(expires_at), "renew_at": iso_at(renew_at)}, cookies
