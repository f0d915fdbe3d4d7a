"""Schemathesis against the local cloud: gateway, API Gateway, functions and table as they are deployed, for at most a minute.

What the memory table does not know, as limits of DynamoDB or how API Gateway hands a body over, is met here.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from functions.adapters import agents
from functions.core.access import staff_sessions
from functions.core.access.rights import ROLES
from functions.core.access.sessions import COOKIE
from functions.core.signing import request as signing
from functions.core.study.hospitals import Hospital
from iac.openapi import UNSIGNED, apis, document
from iac.operator import hospitals
from tests.cloud import new_tenant
from tests.cloud_fixtures import Ran
from tests.contracts.test_openapi_apis import CHECKS
from tests.e2e.patient_client import PatientClient
from tests.e2e.staff_client import StaffClient, signed_in
from tests.handlers.http_agent import HttpAgent
from tests.handlers.operator_deps import operator_deps

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

ROUTES = sorted((api.name, route.method, route.path) for api in apis() for route in api.routes)
CASES = [  # to end a session is tried in process; a request without body or parameter has nothing to break
    pytest.param(*route, mode, id=f"{route[1]} {route[2]} {mode.value}")
    for route in ROUTES
    for mode in GenerationMode
    if route[1] == "POST" or (route[1] == "GET" and mode is GenerationMode.POSITIVE)
]
BUDGET_S = 60  # for all routes together
LEAST = 3  # requests of each route, however slow the machine
OF_THE_GATEWAY = ("path_refused", "api_unreachable")  # before an API is asked: a path that is not plain, a machine too busy


class Signed(requests.auth.AuthBase):
    """Signs a request as it is sent, as the agent would."""

    def __init__(self, agent: HttpAgent) -> None:
        self._agent = agent

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        route = (request.path_url.partition("?")[0]).partition("/edge/v1/")[2]
        request.headers["Authorization"] = signing.sign(
            self._agent.private,
            request.method or "",
            f"/edge/v1/{route}",
            body.encode() if isinstance(body, str) else body,
            now=datetime.now(UTC),
            nonce=secrets.token_hex(16),
            key=self._agent.key,
            token="" if route == "tokens" else self._agent.token,
        )
        return request


@pytest.fixture(scope="module")
def agent(journey: Ran) -> HttpAgent:
    """Of a hospital of its own."""
    for deps in operator_deps(journey.cloud):
        tenant = new_tenant()
        hospitals.add(deps, Hospital(tenant=tenant, name="示例医院", phone="010-12345678"))
        return HttpAgent(journey.cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    raise AssertionError


@pytest.fixture(scope="module")
def patient(journey: Ran) -> PatientClient:
    """Who opened the demo's link."""
    client = PatientClient(journey.cloud.origin)
    client.sign_in(journey.outcome.link, journey.outcome.phone_tail)
    return client


@pytest.fixture(scope="module")
def staff(journey: Ran) -> StaffClient:
    """Of a hospital of its own, with every role."""
    for deps in operator_deps(journey.cloud):
        tenant = new_tenant()
        hospitals.add(deps, Hospital(tenant=tenant, name="示例医院", phone="010-12345678"))
        return signed_in(journey.cloud.origin, deps, tenant, *ROLES, platform=True)
    raise AssertionError


def each(origin: str, name: str, method: str, path: str, mode: GenerationMode, look: Callable[[Case], None]) -> None:
    """As many requests of one route as its share of the time allows, LEAST at least and ten at the most."""
    api = next(one for one in apis() if one.name == name)
    made = document(api)
    made["paths"][path][method.lower()]["security"] = []
    schema = schemathesis.openapi.from_dict(made)
    schema.config.update(base_url=f"{origin}/api")
    asked = itertools.count(1)
    until = time.monotonic() + BUDGET_S / (2 * len(ROUTES))

    @settings(max_examples=10, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(mode))
    def run(case: Case) -> None:
        if next(asked) <= LEAST or time.monotonic() < until:
            look(case)

    run()


@pytest.mark.req("SEC-13", "EDGE-15")
@pytest.mark.parametrize(("name", "method", "path", "mode"), CASES)
def test_the_deployed_apis_answer_as_documented(
    journey: Ran,
    agent: HttpAgent,
    patient: PatientClient,
    staff: StaffClient,
    name: str,
    method: str,
    path: str,
    mode: GenerationMode,
) -> None:
    """Behind the door and before it: nothing is unforeseen, and without signature or session nothing is served."""
    origin = journey.cloud.origin
    cookie, who = (staff_sessions.COOKIE, staff) if name == "staff_api" else (COOKIE, patient)
    session = {"Cookie": f"{cookie}={who.cookie(cookie)}", "Origin": origin}
    inside: dict[str, Any] = {"auth": Signed(agent)} if name == "edge_api" else {"headers": session}
    outside: dict[str, Any] = {} if name == "edge_api" else {"headers": {"Origin": origin}}

    def look(case: Case) -> None:
        answer = case.call(**inside)
        code = answer.json().get("code") if answer.content else None  # who is sent elsewhere gets no body
        if code not in OF_THE_GATEWAY:
            case.validate_response(answer, checks=CHECKS)
        if path not in UNSIGNED:
            assert case.call(**outside).status_code >= 400

    each(origin, name, method, path, mode, look)
