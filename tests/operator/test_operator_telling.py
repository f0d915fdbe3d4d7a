"""A patient's link sent once more, from the operator's command to the SMS."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.table.dynamo import row_of_image
from functions.core.access import links, tokens
from functions.core.study import keys
from functions.core.study.changes import events
from functions.core.study.records import Exam, Patient
from functions.notify.notifying import Notifier, notify
from iac.operator.__main__ import main
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.streams import image
from tests.handlers.test_notify import FakeProvider, deliver, released

EXAM = ("--tenant", "shiyi", "--accession-number", "A-a")


@pytest.fixture
def world() -> World:
    """The patient of exam `a` was told once."""
    world = world_of_three()
    deliver(world, FakeProvider(), released(world))
    world.deps.clock.advance(60)
    return world


def row(world: World) -> Any:
    return world.deps.table.get(keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM")


def issue(world: World, provider: FakeProvider, deliveries: int = 1) -> int:
    """The command, then what its change of the row tells, as the stream would."""
    before = row(world)
    status = main(["link", "issue", *EXAM], lambda: world.deps)
    after = row(world)
    if after != before:
        decided, event = events(row_of_image(image(before)), row_of_image(image(after)), "2026-11-24T06:05:00Z")
        assert (decided["type"], event["type"]) == ("exam_decided", "exam_released")
        assert event["cause"].startswith("operator:")
        for _ in range(deliveries):
            notify(event, Notifier(world.deps, provider, lambda _: None))
    return status


def test_the_same_link_comes_once_more_however_often_the_event_is_delivered(world: World) -> None:
    provider = FakeProvider()
    assert issue(world, provider, deliveries=3) == 0
    (message,) = provider.delivered
    assert world.token("a") in message.text
    world.deps.clock.advance(60)  # what a phone may get within a minute is one
    assert issue(world, provider) == 0
    assert len({message.request_id for message in provider.delivered}) == 2


def test_an_expired_link_gives_way_to_a_new_one(world: World) -> None:
    """What the page of an expired link promises: the hospital can send a new SMS."""
    old = world.token("a")
    world.deps.clock.advance(links.LIFE_S["sms"] + 1)
    provider = FakeProvider()
    assert issue(world, provider) == 0
    (message,) = provider.delivered
    assert old not in message.text
    assert world.token("a") in message.text
    fresh = world.deps.table.get(keys.link_pk(tokens.token_digest(world.token("a"))), "LINK")
    assert fresh is not None
    assert (fresh["serial"], fresh["revoked"]) == (2, False)


def test_an_exam_that_is_not_published_sends_nothing(world: World) -> None:
    world.change(Exam, keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM", release="hidden")
    before = row(world)
    assert issue(world, FakeProvider()) == 1
    assert row(world) == before


def test_without_a_phone_the_operator_is_told_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.change(Patient, keys.patient_pk("shiyi", row(world)["patient"]), "PATIENT", phone="")
    before = row(world)
    assert issue(world, FakeProvider()) == 1
    assert row(world) == before
    assert "phone" in capsys.readouterr().err


def test_what_a_decision_covered_stays_covered(world: World) -> None:
    """An exam shown again after a retraction must not be hidden by sending its link."""
    decision = {"action": "show", "serial": 4, "at": "", "by": "operator:x", "covers": 1}
    world.change(Exam, keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM", decision=decision)
    assert issue(world, FakeProvider()) == 0
    assert {name: row(world)["decision"][name] for name in ("action", "covers", "serial")} == {
        "action": "show",
        "covers": 1,
        "serial": 5,
    }
