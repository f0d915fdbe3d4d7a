"""The patient's routes, in the order of docs/interfaces.md §3."""

from __future__ import annotations

from collections.abc import Callable

from functions.adapters import cold_start
from functions.adapters.http import Api, Request
from functions.adapters.wiring import Deps, production
from functions.core.errors import (
    AnswerWrong,
    ConsentNeeded,
    ExamExpired,
    ExamNotReleased,
    HospitalRebuilding,
    LightboxError,
    LinkExpired,
    LinkLocked,
    LinkRevoked,
    LinkUnknown,
    LinkUsedUp,
    NotInExam,
    ObjectMissing,
    ObjectRefused,
    SessionMissing,
    ShareRefused,
    WechatNotOffered,
)
from functions.patient_api.consents import give_consent, show_agreement
from functions.patient_api.door import open_link, start_session
from functions.patient_api.exam import end_guest_session, end_session, of, open_derived, open_series, show_exam, show_report
from functions.patient_api.guests import open_share, start_guest
from functions.patient_api.progress import show_progress
from functions.patient_api.sharing import end_share, list_openings, list_shares, make_share
from functions.patient_api.visit import Visit, early_visit, guest_visit, stranger_visit, visit
from functions.patient_api.wechat import choose, end_login, list_choice, show_binding, start_login, unbind

LINK_CLOSED = (LinkUnknown, LinkExpired, LinkRevoked, LinkLocked, ExamNotReleased, ExamExpired, HospitalRebuilding)
NO_SESSION = (SessionMissing, HospitalRebuilding, ExamNotReleased, ExamExpired)
NO_VISIT = (*NO_SESSION, ConsentNeeded)
SHARE_CLOSED = (*LINK_CLOSED, LinkUsedUp)
NO_GUEST = (*NO_VISIT, LinkExpired, LinkRevoked)
SHARE_LIMIT = 96 * 1024  # some two thousand series by name


def make(deps: Callable[[], Deps]) -> Api:
    """deps: asked at each request, so that importing this module opens nothing."""
    api = Api.make("patient_api", deps, check_origin=True)
    api.route(
        *("POST", "/patient/v1/links/open", open_link),
        schema="patient_link_request.v1",
        answer="patient_link_answer.v1",
        refusals=LINK_CLOSED,
    )
    api.route(
        *("POST", "/patient/v1/sessions", start_session),
        schema="patient_session_request.v1",
        answer="patient_session_answer.v1",
        status=201,
        refusals=(*LINK_CLOSED, AnswerWrong),
    )
    api.route("DELETE", "/patient/v1/sessions", end_session, status=204)
    _exam(api, "/patient/v1", visit, NO_VISIT)
    api.route("GET", "/patient/v1/progress", show_progress, answer="patient_progress.v1", refusals=NO_VISIT)
    _agreement(api, "/patient/v1", early_visit, NO_SESSION)
    _wechat(api)
    _sharing(api)
    _guests(api)
    return api


def _exam(api: Api, base: str, who: Callable[[Request, Deps], Visit], refusals: tuple[type[LightboxError], ...]) -> None:
    """What patients and guests see of an exam, each within the scope of their visit."""
    api.route("GET", f"{base}/exam", of(who, show_exam), answer="patient_exam.v1", refusals=refusals)
    api.route(
        *("GET", f"{base}/report", of(who, show_report)),
        answer="patient_report.v1",
        refusals=(*refusals, NotInExam, ObjectMissing, ObjectRefused),
    )
    api.route(
        *("POST", f"{base}/series/{{series}}/open", of(who, open_series)),
        schema="patient_series_request.v1",
        answer="patient_series_answer.v1",
        refusals=(*refusals, NotInExam),
    )
    api.route(
        *("POST", f"{base}/derived/open", of(who, open_derived)),
        schema="patient_derived_request.v1",
        answer="patient_derived_answer.v1",
        refusals=(*refusals, NotInExam),
    )


def _agreement(api: Api, base: str, who: Callable[[Request, Deps], Visit], refusals: tuple[type[LightboxError], ...]) -> None:
    """All that a session opens before its holder has agreed."""
    api.route(
        *("GET", f"{base}/agreement", of(who, show_agreement)),
        answer="patient_agreement.v1",
        refusals=(*refusals, NotInExam, ObjectMissing, ObjectRefused),
    )
    api.route(
        *("POST", f"{base}/consents", of(who, give_consent)),
        schema="patient_consent_request.v1",
        answer="patient_consent_answer.v1",
        status=201,
        refusals=(*refusals, NotInExam, ConsentNeeded),
    )


def _wechat(api: Api) -> None:
    """Two routes that a browser is sent to, and what the pages ask."""
    api.route("GET", "/patient/v1/wechat", of(visit, show_binding), answer="patient_wechat.v1", refusals=NO_VISIT)
    api.route("DELETE", "/patient/v1/wechat", of(visit, unbind), status=204, refusals=NO_VISIT)
    api.route(
        *("GET", "/patient/v1/wechat/start", start_login),
        query="patient_wechat_start_query.v1",
        status=302,
        refusals=(*NO_VISIT, WechatNotOffered),
    )
    api.route(
        *("GET", "/patient/v1/wechat/callback", end_login),
        query="patient_wechat_callback_query.v1",
        status=302,
        refusals=(WechatNotOffered, HospitalRebuilding),
    )
    api.route(
        *("GET", "/patient/v1/wechat/exams", list_choice),
        answer="patient_wechat_exams.v1",
        refusals=(SessionMissing, HospitalRebuilding),
    )
    api.route(
        *("POST", "/patient/v1/wechat/exams", choose),
        schema="patient_wechat_choice.v1",
        answer="patient_session_answer.v1",
        status=201,
        refusals=(SessionMissing, HospitalRebuilding, NotInExam),
    )


def _sharing(api: Api) -> None:
    stored = (*NO_VISIT, ObjectMissing, ObjectRefused)
    api.route("GET", "/patient/v1/shares", of(visit, list_shares), answer="patient_shares.v1", refusals=(*stored, ShareRefused))
    api.route(
        *("POST", "/patient/v1/shares", of(visit, make_share)),
        schema="patient_share_request.v1",
        answer="patient_share_answer.v1",
        status=201,
        limit=SHARE_LIMIT,
        refusals=(*stored, NotInExam, ShareRefused),
    )
    api.route(
        *("POST", "/patient/v1/shares/{serial}/revoke", of(visit, end_share)),
        schema="patient_share_revoke.v1",
        answer="patient_share_answer.v1",
        refusals=(*NO_VISIT, NotInExam),
    )
    api.route("GET", "/patient/v1/openings", of(visit, list_openings), answer="patient_openings.v1", refusals=NO_VISIT)


def _guests(api: Api) -> None:
    api.route(
        *("POST", "/guest/v1/links/open", open_share),
        schema="patient_link_request.v1",
        answer="guest_link_answer.v1",
        refusals=SHARE_CLOSED,
    )
    api.route(
        *("POST", "/guest/v1/sessions", start_guest),
        schema="guest_session_request.v1",
        answer="patient_session_answer.v1",
        status=201,
        refusals=(*SHARE_CLOSED, AnswerWrong),
    )
    api.route("DELETE", "/guest/v1/sessions", end_guest_session, status=204)
    _exam(api, "/guest/v1", guest_visit, NO_GUEST)
    _agreement(api, "/guest/v1", stranger_visit, (*NO_SESSION, LinkExpired, LinkRevoked))


app = make(production).app
cold_start.over()
