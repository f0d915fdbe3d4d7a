"""The staff's routes, in the order of docs/interfaces.md §3: each subject's module lists its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from functions.adapters import cold_start
from functions.adapters.http import Api
from functions.adapters.wiring import Deps, production
from functions.core.errors import AccountLocked, HospitalRebuilding, SignInWrong
from functions.staff_api import agents, alarms, bills, exams, quarantine, queues, routes, sign_in, studies
from functions.staff_api.routes import StaffRoute

SUBJECTS = (
    sign_in,
    agents,
    quarantine,
    queues,
    alarms,
    studies,
    exams,
    bills,
)


def staff_routes() -> Iterator[StaffRoute]:
    """Every route that needs a session."""
    for subject in SUBJECTS:
        yield from subject.ROUTES


def make(deps: Callable[[], Deps]) -> Api:
    """deps: asked at each request, so that importing this module opens nothing."""
    api = Api.make("staff_api", deps, check_origin=True, body_first=False)
    api.route(
        *("POST", "/staff/v1/sessions", sign_in.sign_in),
        schema="staff_session_request.v1",
        answer="staff_me.v1",
        status=201,
        refusals=(SignInWrong, AccountLocked, HospitalRebuilding),
    )
    api.route("DELETE", "/staff/v1/sessions", sign_in.sign_out, status=204)
    for route in staff_routes():
        routes.add(api, route)
    return api


app = make(production).app
cold_start.over()
