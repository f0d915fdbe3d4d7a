"""Routes of the edge API (docs/interfaces.md §2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from functions.adapters import cold_start, wiring
from functions.adapters.http import Api
from functions.adapters.wiring import Deps
from functions.core.errors import EnrolmentCodeWrong, HospitalRebuilding
from functions.edge_api import confirmations, enrolment, grants, heartbeats, tokens
from functions.edge_api.authentication import NOT_BELIEVED, TOKEN_NOT_BELIEVED, signed

if TYPE_CHECKING:
    from chalice.app import Chalice

LIST_LIMIT = 64 * 1024  # of bodies that list up to 100 objects


def make(deps: Callable[[], Deps]) -> Api:
    """deps: asked at each request, so that importing this module opens nothing."""
    api = Api.make("edge_api", deps, check_origin=False, body_first=False)
    api.route(
        *("POST", "/edge/v1/enrolments", enrolment.enrol),
        schema="edge_enrolment_request.v1",
        answer="edge_enrolment_answer.v1",
        status=201,
        refusals=[EnrolmentCodeWrong, HospitalRebuilding],
    )
    api.route(
        *("POST", "/edge/v1/tokens", signed(tokens.issue, token=False)),
        schema="edge_token_request.v1",
        answer="edge_token_answer.v1",
        refusals=NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/grants", signed(grants.grant)),
        schema="edge_grants_request.v1",
        limit=LIST_LIMIT,
        answer="edge_grants_answer.v1",
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/manifests", signed(confirmations.confirm_manifest)),
        schema="edge_manifest_request.v1",
        answer="edge_queued_answer.v1",
        status=202,
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/manifests/status", signed(confirmations.manifest_status)),
        schema="edge_status_request.v1",
        limit=LIST_LIMIT,
        answer="edge_status_answer.v1",
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/reports", signed(confirmations.confirm_report)),
        schema="edge_report_request.v1",
        answer="edge_queued_answer.v1",
        status=202,
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/reports/status", signed(confirmations.report_status)),
        schema="edge_status_request.v1",
        limit=LIST_LIMIT,
        answer="edge_status_answer.v1",
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/registrations", signed(confirmations.confirm_registration)),
        schema="edge_report_request.v1",
        answer="edge_queued_answer.v1",
        status=202,
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/registrations/status", signed(confirmations.registration_status)),
        schema="edge_status_request.v1",
        limit=LIST_LIMIT,
        answer="edge_status_answer.v1",
        refusals=TOKEN_NOT_BELIEVED,
    )
    api.route(
        *("POST", "/edge/v1/heartbeats", signed(heartbeats.take)),
        schema="edge_heartbeat_request.v1",
        answer="edge_heartbeat_answer.v1",
        refusals=TOKEN_NOT_BELIEVED,
    )
    return api


def build(deps: Callable[[], Deps]) -> Chalice:
    return make(deps).app


app = build(wiring.production)
cold_start.over()
