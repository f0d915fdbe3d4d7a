"""While a hospital is closed nobody is believed on the word of its rows: agents wait, and lose nothing by it [EDGE-15]."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.table.port import Row
from functions.core.study import keys
from functions.core.study.enrolment import code_digest
from tests.fakes import Fakes
from tests.handlers.signing_agent import Agent
from tests.handlers.uploads import TENANT, add_hospital

pytestmark = pytest.mark.req("EDGE-15")

SHA = "ab" * 32
HOSPITAL = keys.hospital_pk(TENANT), "HOSPITAL"
CODE = "ABCD-EFGH-JKMN"
ROUTES = {
    "tokens": {},
    "grants": {"objects": [{"kind": "report", "sha256": SHA, "bytes": 1}]},
    "manifests": {"kind": "manifest", "sha256": SHA, "study_uid": "1.2", "series_uid": "1.3"},
    "manifests/status": {"sha256": [SHA]},
    "reports": {"sha256": SHA},
    "reports/status": {"sha256": [SHA]},
    "heartbeats": {"version": "1", "spool": {"objects": 0, "bytes": 0, "free_bytes": 1}, "parked": 0},
}


@pytest.fixture
def deps() -> Fakes:
    fakes = Fakes()
    add_hospital(fakes)
    return fakes


def set_hospital(deps: Fakes, **fields: str) -> None:
    row = deps.table.get(*HOSPITAL)
    assert row is not None
    deps.table.put({**row, **fields}, expect=row["version"])


@pytest.mark.parametrize("route", ROUTES)
def test_every_signed_request_waits_until_the_hospital_is_open(deps: Fakes, route: str) -> None:
    agent = Agent(deps).ready()
    set_hospital(deps, rebuilding="2026-11-24T06:05:00Z")
    rows, sent = deps.table.everything(), len(deps.ingest_queue.messages)
    status, answer = agent.call(route, ROUTES[route])
    assert (status, answer["code"], answer["retry"]) == (503, "hospital_rebuilding", True)
    assert (deps.table.everything(), len(deps.ingest_queue.messages)) == (rows, sent)
    set_hospital(deps, rebuilding="")
    assert agent.call(route, ROUTES[route])[0] in (200, 202)


def test_other_hospitals_agents_go_on(deps: Fakes) -> None:
    add_hospital(deps, "tongren")
    other = Agent(deps, "tongren").ready()
    set_hospital(deps, rebuilding="2026-11-24T06:05:00Z")
    assert other.call("tokens", {})[0] == 200


def test_nobody_enrols_and_the_code_is_not_used_up(deps: Fakes) -> None:
    """In a restored table a code stands unused that was used since."""
    agent = Agent(deps)
    code = agent.code(CODE)
    set_hospital(deps, rebuilding="2026-11-24T06:05:00Z")
    status, answer = agent.enrol(code)
    assert (status, answer["code"], answer["retry"]) == (503, "hospital_rebuilding", True)
    row = deps.table.get(keys.enrolment_pk(code_digest(code)), "ENROLMENT")
    assert row is not None
    assert row["used_by"] == ""
    assert agent.enrol("NOSUCHCODE")[1]["code"] == "enrolment_code_wrong"
    set_hospital(deps, rebuilding="")
    assert agent.enrol(code)[0] == 201


def test_what_is_lost_while_an_agent_asks_is_not_unknown(deps: Fakes) -> None:
    """`unknown` would have it send everything once more."""
    agent = Agent(deps).ready()
    table: Any = deps.table
    get = table.get

    def loses_the_hospital(pk: str, sk: str) -> Row | None:
        if sk == "MANIFEST":
            table.get = get
            set_hospital(deps, rebuilding="2026-11-24T06:05:00Z")
        found: Row | None = get(pk, sk)
        return found

    table.get = loses_the_hospital
    assert agent.call("manifests/status", {"sha256": [SHA]})[1]["code"] == "hospital_rebuilding"
