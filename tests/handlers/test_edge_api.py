"""The edge API as an agent sees it, and as somebody sees it who is not one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from functions.adapters import schemas
from functions.core.study import keys
from functions.core.study.enrolment import agent_id
from functions.core.study.limits import DOCUMENT_BYTES
from tests.fakes import Fakes
from tests.handlers.signing_agent import Agent
from tests.handlers.uploads import TENANT, add_hospital

SHA = "ab" * 32
STUDY_UID, SERIES_UID = "1.2.3", "1.2.3.4"
GRANTS = {"study_uid": STUDY_UID, "series_uid": SERIES_UID, "objects": [{"kind": "low", "sha256": SHA, "bytes": 100}]}


@pytest.fixture
def deps() -> Fakes:
    fakes = Fakes()
    add_hospital(fakes)
    return fakes


@pytest.fixture
def agent(deps: Fakes) -> Agent:
    return Agent(deps).ready()


@pytest.mark.req("EDGE-15")
def test_an_enrolled_agent_gets_a_token_and_grants(agent: Agent) -> None:
    status, answer = agent.call("grants", GRANTS)
    assert status == 200
    schemas.check(answer, "edge_grants_answer.v1")
    grant = answer["grants"][0]
    assert grant["key"] == f"k1/{TENANT}/{answer['study']}/{answer['series']}/{SHA}.low"
    assert grant["headers"]["if-none-match"] == "*"
    assert grant["headers"]["content-length"] == "100"


def test_enrolment_answers_what_the_agent_needs_and_keeps_the_public_key_only(deps: Fakes) -> None:
    agent = Agent(deps)
    status, answer = agent.enrol(agent.code())
    assert status == 201
    schemas.check(answer, "edge_enrolment_answer.v1")
    row = deps.table.get(keys.key_pk(answer["key"]), "KEY")
    assert row is not None
    assert "PRIVATE" not in json.dumps(row)
    assert answer["hospital"] == {"name": "协和医院", "time_zone": "Asia/Shanghai"}


def test_a_code_enrols_once_but_a_lost_answer_may_be_asked_for_again(deps: Fakes) -> None:
    agent, thief = Agent(deps), Agent(deps)
    code = agent.code()
    assert agent.enrol(code)[0] == 201
    assert agent.enrol(code.lower().replace("-", ""))[0] == 201
    assert thief.enrol(code) == (403, thief.enrol(code)[1])
    assert thief.enrol(code)[1]["code"] == "enrolment_code_wrong"


@pytest.mark.parametrize("fault", ["unknown", "expired", "other_ae_title"])
def test_a_wrong_code_says_only_that_it_is_wrong(deps: Fakes, fault: str) -> None:
    agent = Agent(deps)
    code = agent.code(life_s=-1 if fault == "expired" else 900)
    status, answer = agent.enrol("NOSUCHCODE" if fault == "unknown" else code, "OTHER" if fault == "other_ae_title" else None)
    assert (status, answer["code"]) == (403, "enrolment_code_wrong")


def test_a_key_of_another_curve_is_refused(deps: Fakes) -> None:
    agent = Agent(deps)
    agent.private = ec.generate_private_key(ec.SECP384R1())
    assert agent.enrol(agent.code())[0] == 400


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize(
    "route", ["tokens", "grants", "manifests", "manifests/status", "reports", "reports/status", "heartbeats"]
)
def test_a_request_without_signature_is_refused_on_every_route(agent: Agent, route: str) -> None:
    body = {
        "tokens": {},
        "grants": GRANTS,
        "manifests": {"kind": "manifest", "sha256": SHA, "study_uid": STUDY_UID, "series_uid": SERIES_UID},
        "reports": {"sha256": SHA},
        "heartbeats": {"version": "1", "spool": {"objects": 0, "bytes": 0, "free_bytes": 1}, "parked": 0},
    }.get(route, {"sha256": [SHA]})
    assert agent.call(route, body)[0] in (200, 202)
    status, answer = agent.call(route, body, authorization=None)
    assert (status, answer["code"]) == (401, "signature_missing")


@pytest.mark.req("EDGE-15")
def test_an_altered_body_or_route_is_refused(agent: Agent) -> None:
    raw = json.dumps(GRANTS).encode()
    headers = {"Content-Type": "application/json", "Authorization": agent.sign("grants", raw)}
    status, answer = agent.send("grants", raw.replace(b"100", b"101"), headers)
    assert (status, answer["code"]) == (401, "signature_wrong")
    body = json.dumps({"sha256": [SHA]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": agent.sign("reports/status", body)}
    assert agent.send("manifests/status", body, headers)[1]["code"] == "signature_wrong"


@pytest.mark.req("EDGE-15")
def test_a_replayed_request_is_refused(agent: Agent) -> None:
    raw = json.dumps(GRANTS).encode()
    headers = {"Content-Type": "application/json", "Authorization": agent.sign("grants", raw)}
    assert agent.send("grants", raw, headers)[0] == 200
    status, answer = agent.send("grants", raw, headers)
    assert (status, answer["code"]) == (401, "request_replayed")


def test_a_forged_request_cannot_use_up_a_nonce(agent: Agent) -> None:
    """Else anybody could make an agent's next requests fail by guessing its nonces."""
    raw = json.dumps(GRANTS).encode()
    good = agent.sign("grants", raw, nonce="N" * 22)
    forger = Agent(agent.deps)
    forger.key, forger.token = agent.key, agent.token
    forged = forger.sign("grants", raw, nonce="N" * 22)
    headers = {"Content-Type": "application/json"}
    assert agent.send("grants", raw, {**headers, "Authorization": forged})[1]["code"] == "signature_wrong"
    assert agent.send("grants", raw, {**headers, "Authorization": good})[0] == 200


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize("off_s", [-301, 301, -86400])
def test_a_stale_or_early_clock_is_refused_and_told_the_time(agent: Agent, off_s: int) -> None:
    status, answer = agent.call("grants", GRANTS, now=agent.deps.clock.now() + timedelta(seconds=off_s))
    assert (status, answer["code"], answer["now"]) == (401, "clock_skewed", "2026-11-24T06:05:00Z")


@pytest.mark.parametrize("off_s", [-300, 300])
def test_a_clock_within_five_minutes_is_good_enough(agent: Agent, off_s: int) -> None:
    assert agent.call("grants", GRANTS, now=agent.deps.clock.now() + timedelta(seconds=off_s))[0] == 200


@pytest.mark.req("EDGE-15")
def test_a_token_expires_and_a_new_one_is_fetched(agent: Agent) -> None:
    agent.deps.clock.advance(15 * 60)
    status, answer = agent.call("grants", GRANTS)
    assert (status, answer["code"]) == (401, "token_expired")
    agent.token = agent.call("tokens", {})[1]["token"]
    assert agent.call("grants", GRANTS)[0] == 200


def test_a_token_is_good_for_its_own_key_only(agent: Agent) -> None:
    other = Agent(agent.deps, ae_title="SECOND")
    other.enrol(other.code("OTHER-CODE"))
    assert other.call("grants", GRANTS, token=agent.token)[1]["code"] == "token_expired"


def test_tokens_and_nonces_are_stored_by_digest_and_end_by_themselves(agent: Agent) -> None:
    rows = agent.deps.table.everything()
    assert agent.token not in json.dumps(rows)
    assert all(row["ttl"] > 0 for row in rows if row["kind"] in ("token", "nonce", "enrolment"))


@pytest.mark.req("EDGE-15")
def test_a_revoked_key_stops_at_once_and_other_agents_go_on(agent: Agent) -> None:
    other = Agent(agent.deps, ae_title="SECOND")
    other.enrol(other.code("OTHER-CODE"))
    other.token = other.call("tokens", {})[1]["token"]
    row = agent.deps.table.get(keys.key_pk(agent.key), "KEY")
    assert row is not None
    agent.deps.table.put({**row, "revoked_at": "2026-11-24T06:05:00Z"}, expect=row["version"])
    status, answer = agent.call("grants", GRANTS)
    assert (status, answer["code"]) == (401, "key_revoked")
    assert other.call("grants", GRANTS)[0] == 200


@pytest.mark.req("EDGE-15")
def test_a_key_that_the_agent_no_longer_holds_is_refused(agent: Agent, deps: Fakes) -> None:
    """Revoking was stopped before this key's own row, and the agent is enrolled anew: the old key must not live again."""
    pk = keys.agent_pk(TENANT, agent_id(TENANT, agent.ae_title))
    row = deps.table.get(pk, "AGENT")
    assert row is not None
    deps.table.put({**row, "revoked_at": "2026-11-24T06:04:00Z"}, expect=row["version"])
    renewed = Agent(deps)
    assert renewed.enrol(renewed.code("NEWC-ODEN-EWCO"))[0] == 201
    assert agent.call("tokens", {})[1]["code"] == "key_revoked"
    assert renewed.call("tokens", {})[0] == 200


def test_nobodys_body_is_looked_at(agent: Agent) -> None:
    """Checking 64 kB against a schema costs far more than looking for a signature."""
    status, answer = agent.send("grants", b'{"objects": 1}', {"Content-Type": "application/json"})
    assert (status, answer["code"]) == (401, "signature_missing")
    assert agent.call("grants", {"objects": 1})[1]["code"] == "document_invalid"


@pytest.mark.parametrize(("route", "limit"), [("enrolments", 8192), ("tokens", 8192), ("manifests", 8192), ("grants", 65536)])
def test_a_body_larger_than_its_route_needs_is_refused_unread(agent: Agent, route: str, limit: int) -> None:
    status, answer = agent.send(route, b" " * (limit + 1), {"Content-Type": "application/json"})
    assert (status, answer["limit"]) == (413, limit)


@pytest.mark.parametrize("kind", DOCUMENT_BYTES)
def test_a_document_larger_than_ingest_takes_is_not_granted(agent: Agent, kind: str) -> None:
    wanted = {**GRANTS, "objects": [{"kind": kind, "sha256": SHA, "bytes": DOCUMENT_BYTES[kind] + 1}]}
    status, answer = agent.call("grants", wanted)
    assert (status, answer["where"], answer["rule"]) == (400, "objects/0/bytes", "maximum")


def test_an_unknown_key_is_refused(agent: Agent) -> None:
    agent.key = "0" * 32
    assert agent.call("grants", GRANTS)[1]["code"] == "key_unknown"


@pytest.mark.req("EDGE-15")
def test_a_hospital_is_a_wall(agent: Agent) -> None:
    """The same UIDs give other names and other keys; another hospital's objects are unknown."""
    add_hospital(agent.deps, "tongren")
    other = Agent(agent.deps, tenant="tongren").ready()
    agent.call("manifests", {"kind": "manifest", "sha256": SHA, "study_uid": STUDY_UID, "series_uid": SERIES_UID})
    mine, theirs = agent.call("grants", GRANTS)[1], other.call("grants", GRANTS)[1]
    assert mine["study"] != theirs["study"]
    assert "/tongren/" in theirs["grants"][0]["key"]
    assert agent.call("manifests/status", {"sha256": [SHA]})[1]["states"][SHA]["state"] == "queued"
    assert other.call("manifests/status", {"sha256": [SHA]})[1]["states"][SHA]["state"] == "unknown"


def test_a_confirmation_is_queued_and_repeating_it_is_harmless(agent: Agent) -> None:
    body = {"kind": "manifest", "sha256": SHA, "study_uid": STUDY_UID, "series_uid": SERIES_UID}
    assert agent.call("manifests", body) == (202, {"state": "queued"})
    assert agent.call("manifests", body) == (202, {"state": "queued"})
    messages = agent.deps.ingest_queue.messages
    assert messages[0] == messages[1]
    schemas.check(messages[0], "ingest_message.v1")
    assert messages[0]["tenant"] == TENANT


def test_what_is_indexed_is_not_queued_again_and_what_was_quarantined_is(agent: Agent) -> None:
    body = {"sha256": SHA}
    agent.call("reports", body)
    for state, messages in (("indexed", 1), ("quarantined", 2)):
        row = agent.deps.table.get(keys.report_state_pk(TENANT, SHA), "REPORT")
        assert row is not None
        agent.deps.table.put({**row, "state": state, "reason": ""}, expect=row["version"])
        agent.call("reports", body)
        assert len(agent.deps.ingest_queue.messages) == messages


def test_a_quarantined_object_is_told_with_its_reason(agent: Agent) -> None:
    agent.call("reports", {"sha256": SHA})
    row = agent.deps.table.get(keys.report_state_pk(TENANT, SHA), "REPORT")
    assert row is not None
    agent.deps.table.put({**row, "state": "quarantined", "reason": "schema_broken"}, expect=row["version"])
    status, answer = agent.call("reports/status", {"sha256": [SHA, "cd" * 32]})
    assert status == 200
    schemas.check(answer, "edge_status_answer.v1")
    assert answer["states"] == {SHA: {"state": "quarantined", "reason": "schema_broken"}, "cd" * 32: {"state": "unknown"}}


@pytest.mark.parametrize(
    "change",
    [
        {"objects": []},
        {"objects": [{"kind": "low", "sha256": SHA, "bytes": 33554433}]},
        {"objects": [{"kind": "secret", "sha256": SHA, "bytes": 1}]},
        {"objects": [{"kind": "low", "sha256": "../" + SHA[3:], "bytes": 1}]},
        {"study_uid": "1.2/../3"},
        {"tenant": "tongren"},
        {"objects": [{"kind": "report", "sha256": SHA, "bytes": 1, "content_type": "application/pdf"}]},
    ],
)
def test_a_grant_outside_the_contract_is_refused_without_repeating_it(agent: Agent, change: dict[str, Any]) -> None:
    status, answer = agent.call("grants", {**GRANTS, **change})
    assert (status, answer["code"]) == (400, "document_invalid")
    assert "tongren" not in json.dumps(answer)


def test_pixels_cannot_be_granted_without_a_series(agent: Agent) -> None:
    assert agent.call("grants", {"objects": GRANTS["objects"]})[0] == 400


def test_a_heartbeat_is_kept_as_the_agents_last_word(agent: Agent) -> None:
    for told in ({"parked": 0}, {"parked": 2, "overdue": 3}):
        body = {"version": "1.0", "spool": {"objects": 3, "bytes": 10, "free_bytes": 99}, **told}
        assert agent.call("heartbeats", body) == (200, {"now": "2026-11-24T06:05:00Z"})
    (row,) = [row for row in agent.deps.table.everything() if row["kind"] == "heartbeat"]
    assert (row["parked"], row["overdue"]) == (2, 3)


def test_what_an_agent_waits_for_too_long_is_counted(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    """An alarm can only watch a metric."""
    body = {"version": "1.0", "spool": {"objects": 3, "bytes": 10, "free_bytes": 99}, "parked": 0, "overdue": 3}
    agent.call("heartbeats", body)
    assert '"AgentOverdue":[3.0]' in capsys.readouterr().out


@pytest.mark.req("EDGE-10")
def test_a_full_spool_is_kept_and_counted(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    """The hospital's senders are refused; whoever operates the cloud must hear of it."""
    for full in (False, True):
        assert "AgentSpoolFull" not in capsys.readouterr().out
        body = {"version": "1.0", "spool": {"objects": 3, "bytes": 10, "free_bytes": 0}, "parked": 0, "full": full}
        assert agent.call("heartbeats", body)[0] == 200
    assert '"AgentSpoolFull":[1.0]' in capsys.readouterr().out
    (row,) = [row for row in agent.deps.table.everything() if row["kind"] == "heartbeat"]
    assert row["full"] is True


def test_a_body_that_is_no_json_is_refused(agent: Agent) -> None:
    headers = {"Content-Type": "application/json"}
    assert agent.send("enrolments", b"{", headers)[1]["rule"] == "json"
    assert agent.send("enrolments", b"{}", {"Content-Type": "text/plain"})[0] == 415


def test_the_log_names_the_study_that_an_agent_asks_about(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    _, answer = agent.call("grants", GRANTS)
    line = vars([one for one in caplog.records if one.message == "served"][-1])
    assert {name: line[name] for name in ("tenant", "study", "series")} == {
        "tenant": TENANT,
        "study": answer["study"],
        "series": answer["series"],
    }
