"""What became of a message that its provider took [NTF-05]."""

from __future__ import annotations

import pytest

from functions.adapters import people
from functions.adapters.sms.port import Receipt, SmsBusy
from functions.core.notice.notices import Notice
from functions.core.notice.receipts import ASKED_AFTER_S, Delivery, with_delivery
from functions.core.study import changes, keys
from functions.core.study.records import Exam
from functions.watch.handler import wake
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.test_notify import FakeProvider, deliver, notice, released

DELIVERED, FAILED = Receipt(Delivery.DELIVERED, "DELIVRD"), Receipt(Delivery.UNDELIVERED, "MK:0001")
HOUR = 3600


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def world(provider: FakeProvider) -> World:
    """With a message about exam `a` that has just gone out."""
    here = world_of_three()
    deliver(here, provider, released(here))
    assert notice(here).state == "sent"
    return here


def sent(world: World) -> dict[str, object]:
    """What publish tells of the notice's row."""
    (event,) = changes.events(None, notice(world).to_row(), "2026-11-24T06:05:00Z")
    assert event["type"] == "notice_sent"
    return event


def ring(world: World, provider: FakeProvider, seconds: float) -> int:
    """So much later: how many of the events that were due notify got."""
    world.deps.clock.advance(seconds)
    before = len(world.deps.bus.events)
    wake(world.deps)
    due = world.deps.bus.events[before:]
    assert deliver(world, provider, *due) == []
    return len(due)


def waiting(world: World) -> list[str]:
    rows = world.deps.table.rows(keys.quarantine_pk("shiyi"), "NOTICE#")
    return [row["reason"] for row in rows if row["open"]]


@pytest.mark.req("NTF-05")
def test_a_message_is_asked_for_until_the_carrier_says_that_it_arrived(world: World, provider: FakeProvider) -> None:
    provider.receipts = [None, None, DELIVERED]
    assert deliver(world, provider, sent(world)) == []
    assert provider.asked == [], "no carrier has answered within a second"
    assert [ring(world, provider, pause) for pause in (29, 1, 269, 1, 1499, 1, 80 * HOUR)] == [0, 1, 0, 1, 0, 1, 0]
    assert provider.asked == [(notice(world).request_id, "13800001234", "vendor-1")] * 3
    told = notice(world)
    assert (told.state, told.delivery, told.delivery_code) == ("sent", "delivered", "DELIVRD")
    assert waiting(world) == []
    assert len(provider.sent) == 1


@pytest.mark.req("NTF-05")
def test_what_did_not_arrive_is_told_with_the_carriers_code_and_waits_for_a_person(world: World, provider: FakeProvider) -> None:
    provider.receipts = [FAILED]
    before = notice(world).to_row()
    deliver(world, provider, sent(world))
    ring(world, provider, 30)
    (event,) = changes.events(before, notice(world).to_row(), "2026-11-24T06:06:00Z")
    assert (event["type"], event["body"]["delivery"], event["body"]["code"]) == ("notice_delivered", "undelivered", "MK:0001")
    assert waiting(world) == ["not_delivered"]
    assert len(provider.sent) == 1, "whether it is sent again is a person's decision"


@pytest.mark.req("NTF-05")
def test_a_later_message_that_arrives_ends_the_waiting(world: World, provider: FakeProvider) -> None:
    provider.receipts = [FAILED, DELIVERED]
    deliver(world, provider, sent(world))
    ring(world, provider, 30)
    world.change(Exam, keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM", release_serial=2)
    world.deps.clock.advance(60)
    again = released(world)
    deliver(world, provider, again)
    assert waiting(world) == ["not_delivered"]
    rows = world.deps.table.rows(keys.exam_pk("shiyi", world.cases["a"].exam), "NOTICE#")
    (fresh,) = [row for row in rows if row["event"] == again["id"]]
    deliver(world, provider, *changes.events(None, fresh, "2026-11-24T06:07:00Z"))
    ring(world, provider, 30)
    assert waiting(world) == []


@pytest.mark.req("NTF-05")
def test_a_carrier_that_never_answers_is_asked_for_three_days_and_no_longer(world: World, provider: FakeProvider) -> None:
    deliver(world, provider, sent(world))
    rings = [ring(world, provider, HOUR) for _ in range(80)]
    assert len(provider.asked) == sum(rings) == len(ASKED_AFTER_S) - 2  # those within the first hour are one
    told = notice(world)
    assert (told.delivery, told.delivered_at - told.changed_at) == ("unknown", 72 * HOUR)
    assert waiting(world) == []


@pytest.mark.req("NTF-05")
def test_a_provider_that_cannot_tell_now_is_asked_at_the_next_time(world: World, provider: FakeProvider) -> None:
    provider.receipts = [SmsBusy(reason="Throttling.User"), SmsBusy(reason="half an answer"), DELIVERED]
    deliver(world, provider, sent(world))
    for pause in (30, 270, 1500):
        ring(world, provider, pause)
    assert notice(world).delivery == "delivered"


@pytest.mark.req("NTF-05")
def test_an_event_that_comes_often_changes_nothing_that_was_answered(world: World, provider: FakeProvider) -> None:
    event = sent(world)
    world.deps.clock.advance(30)
    provider.receipts = [DELIVERED, FAILED]
    assert deliver(world, provider, event, event, event) == []
    assert (len(provider.asked), notice(world).delivery, waiting(world)) == (1, "delivered", [])


def test_a_replayed_event_asks_nobody(world: World, provider: FakeProvider) -> None:
    world.deps.clock.advance(30)
    deliver(world, provider, {**sent(world), "replayed": True})
    assert provider.asked == []


def test_what_a_person_settled_stays_settled(world: World, provider: FakeProvider) -> None:
    """`reconcile` reads the same answer once more."""
    exam = Exam.from_row(world.deps.table.get(keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM"))
    table, at = world.deps.table, "2026-11-24T06:06:00Z"
    people.note_untold(table, exam, people.NOT_DELIVERED, untold=True, now=at)
    row = table.get(keys.quarantine_pk("shiyi"), keys.quarantine_sk("notice", exam.exam))
    settled = {"by": "staff:a", "at": "2026-11-24T08:00:00Z", "note": "phoned"}
    table.put({**row, "open": False, "settled": settled}, expect=row["version"])
    people.note_untold(table, exam, people.NOT_DELIVERED, untold=True, now=at)
    assert waiting(world) == []
    people.note_untold(table, exam, people.NOT_DELIVERED, untold=True, now="2026-11-25T06:06:00Z")
    assert waiting(world) == ["not_delivered"], "another message"


@pytest.mark.req("SEC-07")
@pytest.mark.parametrize("code", ["13800001234", "用户关机", "MK:0001 13800001234", "x" * 65, ""])
def test_a_carriers_word_that_is_no_plain_code_is_not_kept(code: str) -> None:
    told = with_delivery(Notice("shiyi", "e", "f", "sms", 1, state="sent"), Delivery.UNDELIVERED, code, 1)
    assert (told.delivery, told.delivery_code) == ("undelivered", "")
