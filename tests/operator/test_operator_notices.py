"""A message whose fate nobody could tell, settled by a person."""

from __future__ import annotations

import json

import pytest

from functions.adapters.sms.port import SmsBusy, SmsFateUnknown
from functions.core.notice.notices import MAX_LOOK_UPS
from functions.core.study import keys
from functions.core.study.records import Exam
from functions.notify.notifying import Notifier, notify
from iac.operator.__main__ import main
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.test_notify import FakeProvider, deliver, notice, released

EXAM = ("--tenant", "shiyi", "--accession-number", "A-a")


@pytest.fixture
def world() -> World:
    """With a held notice about exam `a`."""
    world = world_of_three()
    provider = FakeProvider([SmsFateUnknown(reason="TimeoutError")], [SmsBusy(reason="status 503")] * MAX_LOOK_UPS)
    for _ in range(MAX_LOOK_UPS + 1):
        deliver(world, provider, released(world))
        world.deps.clock.advance(360)
    assert notice(world).state == "held"
    return world


def run(world: World, *arguments: str) -> int:
    return main(arguments, lambda: world.deps)


def test_a_held_message_is_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(world, "--json", "notice", "show", *EXAM) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["attempts"]) == ("held", 1)


@pytest.mark.req("SEC-07")
def test_a_messages_phone_is_shown_without_the_tail_that_opens_the_link(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for form in ([], ["--json"]):
        assert run(world, *form, "notice", "show", *EXAM) == 0
        said = capsys.readouterr().out
        assert "138********" in said
        assert world.cases["a"].phone[-4:] not in said


@pytest.mark.parametrize(("outcome", "state"), [("arrived", "sent"), ("dropped", "failed")])
def test_a_persons_word_ends_a_held_message_and_nothing_is_sent(world: World, outcome: str, state: str) -> None:
    assert run(world, "notice", "settle", *EXAM, "--outcome", outcome) == 0
    settled = notice(world)
    assert settled.state == state
    assert settled.log[-1]["detail"].startswith("operator:")
    provider = FakeProvider()
    assert deliver(world, provider, released(world)) == []
    assert provider.sent == []
    assert run(world, "notice", "settle", *EXAM, "--outcome", outcome) == 1, "nothing is held any more"


def test_a_message_that_is_to_go_out_again_does_so_once_under_its_own_id(world: World) -> None:
    held = notice(world)
    for _ in range(2):  # the second time as after a bus that took nothing
        assert run(world, "notice", "settle", *EXAM, "--outcome", "again") == 0
    first, second = world.deps.bus.events
    assert first["id"] == second["id"] == held.event
    provider = FakeProvider()
    for event in (first, second):
        notify({"detail-type": "exam_released", "detail": event}, Notifier(world.deps, provider, lambda _: None))
    assert len(provider.delivered) == 1
    assert provider.delivered[0].request_id == held.request_id
    assert notice(world).state == "sent"


def test_a_bus_that_takes_nothing_is_told(world: World) -> None:
    world.deps.bus.refuse = {notice(world).event}
    assert run(world, "notice", "settle", *EXAM, "--outcome", "again") == 1
    assert run(world, "notice", "settle", *EXAM, "--outcome", "again") == 0


def test_a_message_about_a_release_that_is_over_is_not_sent_again(world: World) -> None:
    case = world.cases["a"]
    world.change(Exam, keys.exam_pk("shiyi", case.exam), "EXAM", release="held")
    assert run(world, "notice", "settle", *EXAM, "--outcome", "again") == 1
    assert notice(world).state == "held"
    assert run(world, "notice", "settle", *EXAM, "--outcome", "dropped") == 0


def test_messages_of_an_exam_that_nobody_knows_are_not_said_to_be_none(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped number would else read as a patient who was never told."""
    assert run(world, "notice", "show", "--tenant", "shiyi", "--accession-number", "A0") == 1
    assert "No such exam" in capsys.readouterr().err
