"""Schemathesis over every API's OpenAPI, in process: whatever is sent, the answer is one that the document names.

The documents are made from the routes and schemas that the code checks with (iac/openapi.py). Requests to edge_api are signed
after they are made, and those to the patient API carry a session, so that what is tried gets behind the door.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.adapters import accounts
from functions.adapters.http import Api
from functions.core.access import sessions, staff_sessions
from functions.core.access.rights import ROLES
from functions.core.access.tokens import TOKEN_BYTES, session_token, token_digest
from functions.core.times import epoch_s
from functions.edge_api import app as edge
from functions.patient_api import app as patient
from iac.openapi import UNSIGNED, apis, document
from tests.contracts.rest_api import Wsgi, rest_api, with_headers
from tests.fakes import SETTINGS, Fakes
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.signing_agent import Agent
from tests.handlers.staff_world import OTHER, StaffWorld
from tests.handlers.uploads import TENANT, add_hospital

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROUTES = sorted((api.name, route.method, route.path) for api in apis() for route in api.routes)
SAYS_NO = "/#/wechat/refused"  # a page, where a browser was sent
EXAMPLES = 25  # of each route and mode; they are the same in each run
# what a schema cannot say: a manifest's grant needs its UIDs; a code, token or answer is the right one or not; a day may be none
MAY_REFUSE = {
    *("/edge/v1/grants", "/edge/v1/enrolments", "/patient/v1/links/open", "/patient/v1/sessions"),
    *("/staff/v1/sessions", "/staff/v1/password", "/staff/v1/prices", "/staff/v1/studies"),
}


@dataclass(frozen=True)
class Stage:
    """An API with somebody who may use it, and with nobody. forbidden: another's strings, which no answer may hold."""

    api: Api
    inside: Wsgi
    outside: Wsgi
    forbidden: frozenset[str]


def edge_stage() -> Stage:
    deps = Fakes()
    add_hospital(deps)
    add_hospital(deps, "tongren")
    agent, other = Agent(deps).ready(), Agent(deps, tenant="tongren").ready()
    api = edge.make(lambda: deps)

    def sign(path: str, body: bytes) -> dict[str, str]:
        return {"Authorization": agent.sign(path.partition("/edge/v1/")[2], body)}

    outside = rest_api(api)
    return Stage(api, with_headers(outside, sign), outside, frozenset({other.token, other.key, "/tongren/"}))


def patient_stage() -> Stage:
    world = world_of_three()
    api = patient.make(lambda: world.deps)
    outside = rest_api(api)
    foreign = {text for nick in ("b", "c") for text in _strings_of(world, nick)}

    def with_session(path: str, body: bytes) -> dict[str, str]:
        return {"Cookie": f"{sessions.COOKIE}={_session(world, 'a')}", "Origin": SETTINGS.origin}

    return Stage(api, with_headers(outside, with_session), outside, frozenset(foreign))


def _strings_of(world: World, nick: str) -> set[str]:
    case = world.cases[nick]
    return {case.exam, case.study, case.series, f"所见 {nick}", case.phone}


def _session(world: World, nick: str) -> str:
    """A session of its own for each request: some requests end it."""
    now, case = epoch_s(world.deps.clock.now()), world.cases[nick]
    world.drawn = getattr(world, "drawn", 0) + 1  # type: ignore[attr-defined]
    token = session_token(world.drawn.to_bytes(TOKEN_BYTES, "big"))  # type: ignore[attr-defined]
    link = token_digest(world.token(nick))
    patient = world.deps.naming.patient(case.tenant, issuer="his", patient_id=nick)
    about = {"tenant": case.tenant, "exam": case.exam, "patient": patient, "link": link}
    session = sessions.start(digest=token_digest(token), **about, now=now)
    world.deps.table.put(session.to_row(), expect=None)
    return token


def staff_stage() -> Stage:
    """Somebody with every role of the platform too; at the other hospital an agent and an account, which nobody here may see."""
    world = StaffWorld()
    everybody, other = world.browser(*ROLES, account="everybody", platform=True), world.browser("operator", tenant=OTHER)
    other.call("POST", "agents/codes", {"ae_title": "ELSEWHERE"})
    drawn = itertools.count(1)

    def with_session(path: str, body: bytes) -> dict[str, str]:
        """A session of its own for each request: some requests end it."""
        token = session_token(next(drawn).to_bytes(TOKEN_BYTES, "big"))
        account = accounts.find(world.deps, TENANT, "everybody")
        about = {"tenant": TENANT, "account": account.account, "serial": account.serial}
        now = epoch_s(world.deps.clock.now())
        session = staff_sessions.start(digest=token_digest(token), **about, now=now)  # type: ignore[arg-type]
        world.deps.table.put(session.to_row(), expect=None)
        return {"Cookie": f"{staff_sessions.COOKIE}={token}", "Origin": SETTINGS.origin}

    assert everybody.token
    outside = rest_api(world.api)
    return Stage(world.api, with_headers(outside, with_session), outside, frozenset({"ELSEWHERE", "同仁医院"}))


STAGES: dict[str, Callable[[], Stage]] = {"edge_api": edge_stage, "patient_api": patient_stage, "staff_api": staff_stage}


def tried(
    name: str, method: str, path: str, mode: GenerationMode, look: Callable[[Case, Any, Stage], None], inside: bool = True
) -> None:
    """Let schemathesis make requests of one route; `look` at each answer. Signature and session are ours to add."""
    stage = STAGES[name]()
    made = document(stage.api)
    made["paths"][path][method.lower()]["security"] = []
    schema = schemathesis.openapi.from_dict(made)
    schema.app = stage.inside if inside else stage.outside

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(mode))
    def run(case: Case) -> None:
        look(case, case.call(), stage)

    run()


@pytest.mark.parametrize(("name", "method", "path"), ROUTES)
def test_what_meets_the_schema_is_served_as_documented(name: str, method: str, path: str) -> None:
    accepted = [] if path in MAY_REFUSE or "{" in path or path.endswith("/derived/open") else [positive_data_acceptance]

    def look(case: Case, answer: Any, stage: Stage) -> None:
        case.validate_response(answer, checks=CHECKS + accepted)
        assert not [text for text in stage.forbidden if text in answer.text]

    tried(name, method, path, GenerationMode.POSITIVE, look)


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize(("name", "method", "path"), [route for route in ROUTES if route[1] == "POST"])
def test_what_breaks_the_schema_is_refused_as_documented(name: str, method: str, path: str) -> None:
    """By an agent that is enrolled and a patient who is inside: nobody gets an error that nobody foresaw, or another's data."""

    def look(case: Case, answer: Any, stage: Stage) -> None:
        case.validate_response(answer, checks=[*CHECKS, negative_data_rejection])
        assert not [text for text in stage.forbidden if text in answer.text]

    tried(name, method, path, GenerationMode.NEGATIVE, look)


@pytest.mark.req("EDGE-15", "SEC-13")
@pytest.mark.parametrize(
    ("name", "method", "path"), [route for route in ROUTES if route[2] not in UNSIGNED or route[0] != "edge_api"]
)
def test_without_signature_or_session_nothing_is_served(name: str, method: str, path: str) -> None:
    def look(case: Case, answer: Any, stage: Stage) -> None:
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code >= 400 or SAYS_NO in answer.headers.get("location", [])
        assert not [value for value in answer.headers.get("set-cookie", []) if "Max-Age=0" not in value]

    tried(name, method, path, GenerationMode.POSITIVE, look, inside=False)


@pytest.mark.parametrize("api", list(apis()), ids=lambda api: api.name)
def test_a_document_names_every_route_its_schemas_and_its_refusals(api: Api) -> None:
    """It is made from the routes; what would be missing is a schema that nobody named."""
    made = document(api)
    assert {(method.upper(), path) for path, methods in made["paths"].items() for method in methods} == {
        (route.method, route.path) for route in api.routes
    }
    for route in api.routes:
        operation = made["paths"][route.path][route.method.lower()]
        assert route.method in ("GET", "DELETE") or "requestBody" in operation
        assert operation["summary"]
        for kind in api.refusals(route):
            assert kind.code in json.dumps(operation["responses"][str(kind.status)])
    text = json.dumps(made)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        node: Any = made
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
