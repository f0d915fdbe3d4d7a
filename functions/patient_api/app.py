"""The patient's routes, in the order of docs/interfaces.md §3."""

from __future__ import annotations

from collections.abc import Callable

from functions.adapters import cold_start
from functions.adapters.http import Api
from functions.adapters.wiring import Deps, production
from functions.core.errors import (
    AnswerWrong,
    ExamNotReleased,
    HospitalRebuilding,
    LinkExpired,
    LinkLocked,
    LinkRevoked,
    LinkUnknown,
    NotInExam,
    ObjectMissing,
    ObjectRefused,
    SessionMissing,
)
from functions.patient_api.door import open_link, start_session
from functions.patient_api.exam import end_session, open_derived, open_series, show_exam, show_report

LINK_CLOSED = (LinkUnknown, LinkExpired, LinkRevoked, LinkLocked, ExamNotReleased, HospitalRebuilding)
NO_VISIT = (SessionMissing, HospitalRebuilding, ExamNotReleased)


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
    api.route("GET", "/patient/v1/exam", show_exam, answer="patient_exam.v1", refusals=NO_VISIT)
    api.route(
        *("GET", "/patient/v1/report", show_report),
        answer="patient_report.v1",
        refusals=(*NO_VISIT, NotInExam, ObjectMissing, ObjectRefused),
    )
    api.route(
        *("POST", "/patient/v1/series/{series}/open", open_series),
        schema="patient_series_request.v1",
        answer="patient_series_answer.v1",
        refusals=(*NO_VISIT, NotInExam),
    )
    api.route(
        *("POST", "/patient/v1/derived/open", open_derived),
        schema="patient_derived_request.v1",
        answer="patient_derived_answer.v1",
        refusals=(*NO_VISIT, NotInExam),
    )
    return api


app = make(production).app
cold_start.over()
