"""The operator's routes: agents, what waits for a person, queues, alarms."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.table.changing import change
from functions.core.study.agents import Heartbeat
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.times import iso
from functions.ingest.batch import PATIENCE_S, ingest
from tests.fakes import Fakes, sqs_event
from tests.handlers.signing_agent import Agent
from tests.handlers.staff_world import OTHER, Browser, StaffWorld
from tests.handlers.uploads import TENANT, report


@pytest.fixture
def world() -> StaffWorld:
    return StaffWorld()


def journal(deps: Fakes, kind: str, tenant: str = TENANT) -> list[dict[str, Any]]:
    """Entries of one type."""
    found = [json.loads(deps.vault.get("originals", key)) for key in deps.vault.keys("originals", f"journal/{tenant}/")]
    return [one for one in found if one["type"] == kind]


def enrolled(world: StaffWorld, operator: Browser, ae_title: str = "LIGHTBOX") -> Agent:
    code = operator.call("POST", "agents/codes", {"ae_title": ae_title}).body["code"]
    agent = Agent(world.deps, ae_title=ae_title)
    assert agent.enrol(code)[0] == 201
    agent.token = agent.call("tokens", {})[1]["token"]
    return agent


def beat(world: StaffWorld, agent: str, **said: Any) -> None:
    spool = {"objects": 3, "bytes": 10**6, "free_bytes": said.pop("free_bytes", 2**40)}
    word = Heartbeat(TENANT, agent, "1.0.0", spool, said.pop("parked", 0), iso(world.deps.clock.now()), **said)
    change(world.deps.table, *word.key(), lambda _: word.to_row())


@pytest.mark.req("EDGE-24")
def test_an_agent_is_seen_as_it_last_said_it_was_and_as_silent_when_it_says_nothing(world: StaffWorld) -> None:
    """Who looks after ten hospitals has no other way to learn of it."""
    operator = world.browser("operator")
    agent = enrolled(world, operator)
    (new,) = operator.call("GET", "agents").body["agents"]
    assert (new["state"], new["heartbeat"]) == ("new", None)
    status, _ = agent.call("heartbeats", {"version": "1.0.0", "spool": {"objects": 3, "bytes": 7, "free_bytes": 9}, "parked": 1})
    assert status == 200
    (told,) = operator.call("GET", "agents").body["agents"]
    assert (told["state"], told["heartbeat"]["version"], told["heartbeat"]["free_bytes"]) == ("attention", "1.0.0", 9)
    seen = []
    for _ in range(2):
        world.deps.clock.advance(60)
        seen.append(operator.call("GET", "agents").body["agents"][0]["state"])
    assert seen == ["attention", "silent"]


@pytest.mark.req("EDGE-24")
def test_a_revoked_agent_is_refused_and_the_journal_says_by_whom_and_why(world: StaffWorld) -> None:
    operator = world.browser("operator", account="li")
    agent = enrolled(world, operator)
    (seen,) = operator.call("GET", "agents").body["agents"]
    answer = operator.call("POST", "agents/{agent}/revoke", {"reason": "被盗"}, params={"agent": seen["agent"]})
    assert (answer.status, answer.body["state"], answer.body["revoked_by"]) == (200, "revoked", "staff:li")
    assert agent.call("grants", {})[1]["code"] == "key_revoked"
    (told,) = journal(world.deps, "agent_revoked")
    assert (told["cause"], told["body"]["reason"]) == ("staff:li", "被盗")
    (invited,) = journal(world.deps, "agent_invited")
    assert (invited["cause"], invited["body"]["ae_title"]) == ("staff:li", "LIGHTBOX")


@pytest.mark.req("SEC-13")
def test_another_hospitals_agents_are_neither_listed_nor_ended(world: StaffWorld) -> None:
    """Their name is answered as one that there is not."""
    here, there = world.browser("operator"), world.browser("operator", tenant=OTHER)
    enrolled(world, here)
    (mine,) = here.call("GET", "agents").body["agents"]
    assert there.call("GET", "agents").body["agents"] == []
    foreign = there.call("POST", "agents/{agent}/revoke", {"reason": "x"}, params={"agent": mine["agent"]})
    nobody = there.call("POST", "agents/{agent}/revoke", {"reason": "x"}, params={"agent": "0" * 16})
    assert (foreign.status, foreign.body) == (nobody.status, nobody.body)
    assert foreign.code == "not_found"
    assert here.call("GET", "agents").body["agents"][0]["revoked_at"] is None


def quarantined(world: StaffWorld) -> dict[str, Any]:
    """A report whose PDF never came, long after anybody waits for it; the message that told of it."""
    message = report(world.deps, accession_number="A7", pdf={"sha256": "5" * 64, "bytes": 5})
    world.deps.clock.advance(PATIENCE_S)
    assert ingest(sqs_event(json.dumps(message)), world.deps) == {"batchItemFailures": []}
    return message


def named(entry: dict[str, Any]) -> dict[str, str]:
    return {"subject": entry["subject"], "name": entry["name"]}


def test_a_document_that_waits_is_sent_through_ingest_again_and_leaves_the_list_when_it_is_good(world: StaffWorld) -> None:
    """What came too late may be there now: nobody must ask the hospital to send it once more."""
    from functions.core.study import keys

    pdf = b"%PDF-"
    sha256 = keys.sha256_hex(pdf)
    message = report(world.deps, accession_number="A7", pdf={"sha256": sha256, "bytes": len(pdf)})
    world.deps.clock.advance(PATIENCE_S)
    ingest(sqs_event(json.dumps(message)), world.deps)
    operator = world.browser("operator", account="li")
    (entry,) = operator.call("GET", "quarantine").body["entries"]
    assert (entry["reason"], entry["may_retry"], bool(entry["advice"]["zh-CN"])) == ("pdf_missing", True, True)
    world.deps.vault.put("originals", keys.report_object(TENANT, sha256), pdf, content_type="application/pdf")
    answer = operator.call("POST", "quarantine/{subject}/{name}/retry", {}, params=named(entry))
    assert (answer.status, answer.body) == (202, {"state": "queued"})
    (again,) = world.deps.ingest_queue.messages
    assert ingest(sqs_event(json.dumps(again)), world.deps) == {"batchItemFailures": []}
    assert operator.call("GET", "quarantine").body["entries"] == []
    assert [one["open"] for one in operator.call("GET", "quarantine", query={"closed": "true"}).body["entries"]] == [False]
    (told,) = journal(world.deps, "quarantine_retried")
    assert told["cause"] == "staff:li"


def test_a_settled_document_comes_back_only_for_another_reason(world: StaffWorld) -> None:
    """Else the list would fill with what somebody has looked at already."""
    message = quarantined(world)
    operator = world.browser("operator", account="li")
    (entry,) = operator.call("GET", "quarantine").body["entries"]
    done = operator.call("POST", "quarantine/{subject}/{name}/settle", {"note": "已另发"}, params=named(entry))
    assert (done.status, done.body["settled"]["by"], done.body["open"]) == (200, "staff:li", False)
    operator.call("POST", "quarantine/{subject}/{name}/settle", {"note": "x"}, params=named(entry))
    assert len(journal(world.deps, "quarantine_settled")) == 1
    row = world.deps.table.get(f"TENANT#{TENANT}#REPORT#{message['sha256']}", "REPORT") or {}
    world.deps.table.put({**row, "state": "queued"}, expect=row["version"])
    ingest(sqs_event(json.dumps(message)), world.deps)
    assert operator.call("GET", "quarantine").body["entries"] == []
    world.deps.vault._objects[("originals", f"reports/{TENANT}/{message['sha256']}")] = replace(
        world.deps.vault._objects[("originals", f"reports/{TENANT}/{message['sha256']}")], body=b"torn"
    )
    row = world.deps.table.get(f"TENANT#{TENANT}#REPORT#{message['sha256']}", "REPORT") or {}
    world.deps.table.put({**row, "state": "queued"}, expect=row["version"])
    ingest(sqs_event(json.dumps(message)), world.deps)
    (back,) = operator.call("GET", "quarantine").body["entries"]
    assert (back["reason"], back["settled"]) == ("digest_wrong", None)


def test_what_is_no_document_cannot_be_retried(world: StaffWorld) -> None:
    operator = world.browser("operator")
    entry = QuarantineEntry(TENANT, "exam", "a" * 32, "patient_differs", at="2026-11-24T06:05:00Z")
    world.deps.table.put(entry.to_row(), expect=None)
    answer = operator.call("POST", "quarantine/{subject}/{name}/retry", {}, params={"subject": "exam", "name": "a" * 32})
    assert (answer.status, answer.code) == (409, "not_retriable")


def test_dead_letters_are_given_to_their_function_again_by_an_operator_of_the_platform_alone(world: StaffWorld) -> None:
    """They hold every hospital's messages."""
    world.deps.dead_letters.dead["ingest"] = [str(number) for number in range(150)]
    own = world.browser("operator")
    assert own.call("GET", "queues").code == "right_missing"
    assert own.call("POST", "queues/{queue}/redrive", {}, params={"queue": "ingest"}).code == "right_missing"
    platform = world.browser("operator", account="root-li", platform=True)
    assert platform.call("GET", "queues").body["queues"][0]["dead"] == 150
    moved = [platform.call("POST", "queues/{queue}/redrive", {}, params={"queue": "ingest"}).body for _ in range(2)]
    assert moved == [{"moved": 100, "left": 50}, {"moved": 50, "left": 0}]
    assert len(world.deps.dead_letters.again["ingest"]) == 150
    for name in ("publish", "nothing"):  # no function takes what publish set aside
        assert platform.call("POST", "queues/{queue}/redrive", {}, params={"queue": name}).code == "not_found"


@pytest.mark.req("OPS-02")
def test_each_fact_that_needs_somebody_is_an_alarm_until_it_is_over(world: StaffWorld) -> None:
    """The urgent ones first; of queues only for who may see them."""
    operator, platform = world.browser("operator"), world.browser("operator", account="root-li", platform=True)
    for name in ("QUIET", "FULL", "LOW", "HELD"):
        enrolled(world, operator, name)
    ids = {one["ae_title"]: one["agent"] for one in operator.call("GET", "agents").body["agents"]}
    quarantined(world)
    world.deps.clock.advance(86400)
    platform_session = Browser(world)
    platform_session.sign_in("root-li", "Rontgen-1895")
    operator.sign_in("operator", "Rontgen-1895")
    beat(world, ids["FULL"], full=True)
    beat(world, ids["LOW"], free_bytes=2**30)
    beat(world, ids["HELD"], parked=2, overdue=1)
    world.deps.dead_letters.dead["ingest"] = ["{}"]

    def kinds(browser: Browser) -> list[tuple[str, str]]:
        return [(one["kind"], one["subject"]) for one in browser.call("GET", "alarms").body["alarms"]]

    urgent = [("agent_disk_low", "LOW"), ("agent_full", "FULL"), ("agent_silent", "QUIET")]
    rest = [("agent_overdue", "HELD"), ("agent_parked", "HELD"), ("quarantine_old", "pdf_missing")]
    assert kinds(operator) == urgent + rest
    assert kinds(platform_session) == [*urgent, ("dead_letters", "ingest"), *rest]
    for name in ids:
        beat(world, ids[name])
    assert kinds(operator) == [("quarantine_old", "pdf_missing")]
    assert platform.token
