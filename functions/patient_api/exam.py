"""What a session sees of its exam, and the keys to its pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from functions.adapters import people, schemas, signing
from functions.adapters.http import Answer, Handler, Request
from functions.adapters.recalls import tier_for
from functions.adapters.wiring import Deps
from functions.core import json_text
from functions.core.access import anonymity, sessions
from functions.core.access.exam_view import exam_view, is_shown, report_pdf, report_view
from functions.core.access.scope import of_hospital, of_share
from functions.core.access.sessions import Session
from functions.core.access.shares import Share
from functions.core.errors import NotInExam
from functions.core.study import keys
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.core.times import epoch_s, iso
from functions.patient_api.times import moment
from functions.patient_api.visit import Visit, forget_session


def of(who: Callable[[Request, Deps], Visit], show: Callable[[Request, Visit], Answer]) -> Handler:
    """A route's handler: whose visit it is, then what they see."""

    @wraps(show)
    def handler(request: Request, deps: Deps) -> Answer:
        return show(request, who(request, deps))

    return handler


def show_exam(request: Request, seen: Visit) -> Answer:
    """The whole exam in one answer: two reads of rows and one query for each study, so that a page may ask every few seconds."""
    report = seen.report()
    patient = people.patient_of(seen.deps.table, seen.exam, report)
    until = iso(moment(seen.share.expires_at)) if seen.share else ""
    studies = list(seen.studies())
    view = exam_view(seen.hospital, seen.exam, patient, report, studies, seen.scope, guest_until=until)
    if not until and (last := _kept_until(seen, [study for study, _ in studies])):
        view["kept_until"] = last
    if seen.agreement:
        view["agreement"] = {"version": seen.agreement["version"], "agreed": seen.consent() is not None}
    return Answer(view)


def _kept_until(seen: Visit, studies: list[Study]) -> str:
    """A day, for the patient alone; "" where none can be said."""
    from functions.core.retention.due import exam_kept_until  # not at import: zones, which only this asks for

    last = exam_kept_until(studies, seen.hospital)
    return last.isoformat() if last else ""


def show_report(request: Request, seen: Visit) -> Answer:
    """The report's words, and cookies for its PDF: the page may hold its folder open since before this version's was made.

    Anonymously only while none of the words tells who the patient is, whatever version the share was made with.
    """
    report = seen.report()
    if report is None or not is_shown(report):
        raise NotInExam()
    view = report_words(seen, report)
    if seen.scope.anonymous and names_patient(seen, report, view):
        raise NotInExam()
    if seen.scope.anonymous:
        view["audited_at"] = anonymity.day_of(view["audited_at"] or "", seen.hospital.time_zone) or None
    _, cookies = _signed(seen, *_report_paths(seen, report))
    return Answer(view, cookies=cookies)


def report_words(seen: Visit, report: ReportVersion) -> dict[str, Any]:
    document = json_text.read(seen.deps.vault.get("originals", keys.report_object(seen.tenant, report.digests[0])))
    schemas.check(document, "report.v1")
    return report_view(report, document, seen.tenant, seen.scope)


def names_patient(seen: Visit, report: ReportVersion, view: Mapping[str, Any]) -> bool:
    words = anonymity.words_of(people.patient_of(seen.deps.table, seen.exam, report), seen.exam)
    shown = {name: value for name, value in view.items() if name != "pdf"}  # a keyed address, and none where it is anonymous
    return any(anonymity.holds(text, words) for text in anonymity.texts_of(shown))


def open_series(request: Request, seen: Visit) -> Answer:
    """Cookies for pixels, indexes and thumbnails: one set a study, however many series it has; else for the series alone."""
    study, series = seen.series(request.params["series"])
    request.note(study=series.study, series=series.series)
    times, cookies = _signed(seen, seen.pixels_of(series))
    base = f"/pixels/{keys.parcel_prefix(seen.tenant, series.study, series.series)}"
    tier = tier_for(study, seen.deps, by="share" if seen.share else "patient")
    return Answer({"base": base, "index": series.index, "tier": tier, **times}, cookies=cookies)


def open_derived(request: Request, seen: Visit) -> Answer:
    """Cookies for one study's films, or for the current report's PDF where the exam itself is named: never an older version's."""
    name = request.json["study"]
    base = f"/derived/{keys.derived_prefix(seen.tenant, name)}"
    if name == seen.exam.exam:
        if not seen.scope.sees_report:
            raise NotInExam()
        paths = _report_paths(seen, seen.report())
    else:
        seen.require_film(name)
        request.note(study=name)
        paths = [f"{base}film/"]
    times, cookies = _signed(seen, *paths)
    return Answer({"base": base, **times}, cookies=cookies)


def end_guest_session(request: Request, deps: Deps) -> Answer:
    return end_session(request, deps, guest=True)


def end_session(request: Request, deps: Deps, *, guest: bool = False) -> Answer:
    """Forgets the session, and leaves on the device no cookie that opens its pictures and nothing in the browser's cache.

    Without a session there are no addresses to take back; nobody can see from the answer why there was none.
    """
    session = forget_session(request, deps.table, guest=guest)
    paths = [] if session is None else _opened(session, deps)
    cookies = [sessions.clear_cookie(guest=guest), *(cookie for path in paths for cookie in signing.expired_cookies_for(path))]
    return Answer(status=204, cookies=cookies, headers={"Clear-Site-Data": '"cache"'})


def _opened(session: Session, deps: Deps) -> list[str]:
    """Every Path that the session may have got cookies for, as the exam stands now: what it held before ends within minutes."""
    row = deps.table.get(keys.exam_pk(session.tenant, session.exam), "EXAM")
    if row is None:
        return []
    exam = Exam.from_row(row)
    hospital = deps.table.get(keys.hospital_pk(session.tenant), "HOSPITAL")
    shows = hospital.get("shows", {}) if hospital else {}
    share = deps.table.get(keys.share_pk(session.link), "SHARE") if session.guest else None
    scope = of_share(shows, Share.from_row(share)) if share else of_hospital(shows)
    paths = []
    for study in sorted(exam.studies):
        paths += [
            f"/pixels/{keys.study_prefix(session.tenant, study)}",
            f"/derived/{keys.derived_prefix(session.tenant, study)}film/",
        ]
        series = [Series.from_row(one) for one in deps.table.rows(keys.study_pk(session.tenant, study), "SERIES#")]
        if not scope.sees_whole(series):
            shown = scope.visible(series)
            paths += [f"/pixels/{keys.parcel_prefix(session.tenant, study, one.series)}" for one in shown]
    report = deps.table.get(keys.exam_pk(session.tenant, session.exam), keys.exam_report_sk(exam.report_version))
    pdf = report_pdf(ReportVersion.from_row(report), session.tenant) if report else None
    return paths if pdf is None else [*paths, pdf]


def _report_paths(seen: Visit, report: ReportVersion | None) -> list[str]:
    """The address of the PDF, where a patient may read the report and its PDF is made."""
    is_for_them = report is not None and is_shown(report) and seen.scope.sees_report_pdf
    path = report_pdf(report, seen.tenant) if report is not None and is_for_them else None
    return [] if path is None else [path]


def _signed(seen: Visit, *paths: str) -> tuple[dict[str, str], list[str]]:
    """When the cookies end and should be renewed, and the cookies; they never outlive the session."""
    deps, now = seen.deps, epoch_s(seen.deps.clock.now())
    expires_at, renew_at = sessions.signature_times(now, guest=seen.session.guest)
    expires_at = min(expires_at, seen.session.expires_at)
    cookies = [
        cookie
        for path in paths
        for cookie in signing.cookies_for(path, origin=deps.settings.origin, secrets=deps.secrets, now=now, expires_at=expires_at)
    ]
    return {"expires_at": iso(moment(expires_at)), "renew_at": iso(moment(min(renew_at, expires_at)))}, cookies
