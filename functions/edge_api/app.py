"""Routes of the edge API (docs/interfaces.md §2): one line each."""

from __future__ import annotations

from collections.abc import Callable

from chalice.app import Chalice

from functions.adapters import wiring
from functions.adapters.http import Api
from functions.adapters.wiring import Deps
from functions.edge_api import confirmations, enrolment, grants, heartbeats, tokens
from functions.edge_api.authentication import signed

LIST_LIMIT = 64 * 1024  # of bodies that list up to 100 objects


def build(deps: Callable[[], Deps]) -> Chalice:
    api = Api.make("edge_api", deps, check_origin=False, body_first=False)
    api.route("POST", "/edge/v1/enrolments", enrolment.enrol, schema="edge_enrolment_request.v1")
    api.route("POST", "/edge/v1/tokens", signed(tokens.issue, token=False), schema="edge_token_request.v1")
    api.route("POST", "/edge/v1/grants", signed(grants.grant), schema="edge_grants_request.v1", limit=LIST_LIMIT)
    api.route("POST", "/edge/v1/manifests", signed(confirmations.confirm_manifest), schema="edge_manifest_request.v1")
    api.route(
        "POST",
        "/edge/v1/manifests/status",
        signed(confirmations.manifest_status),
        schema="edge_status_request.v1",
        limit=LIST_LIMIT,
    )
    api.route("POST", "/edge/v1/reports", signed(confirmations.confirm_report), schema="edge_report_request.v1")
    api.route(
        "POST", "/edge/v1/reports/status", signed(confirmations.report_status), schema="edge_status_request.v1", limit=LIST_LIMIT
    )
    api.route("POST", "/edge/v1/heartbeats", signed(heartbeats.take), schema="edge_heartbeat_request.v1")
    return api.app


app = build(wiring.production)
