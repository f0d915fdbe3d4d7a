"""A whole day of a small hospital, everything delivered three times and shuffled: the end is as if each had come once, in order.

Queue messages, S3's events, stream records and bus events. The stream keeps its order at first delivery, as a shard does; what it
delivers again comes at any time later, so that old changes arrive after new ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest

from functions.adapters.queues import per_record
from functions.adapters.table.port import Row
from functions.core.study.changes import events
from functions.ingest.batch import ingest
from functions.ingest.messages import Ref
from functions.notify.notifying import Notifier, notify_released
from functions.publish.stream import publish
from iac.operator.reconcile.differences import differences
from tests.operator.hospital_day import Day, day
from tests.operator.small_hospital import Message, SmallHospital

STUDIES, TIMES = 40, 3
# what was told on the way depends on the way: how often an exam was held in between, and so which releases had a message
OF_THE_WAY = {"notice", "link"}


def opened(today: Day) -> SmallHospital:
    here = SmallHospital()
    here.open()
    here.deps.vault._objects.update(today.objects)
    return here


def ordered(today: Day) -> SmallHospital:
    """Each once, each finished before the next begins."""
    here = opened(today)
    for message in today.messages:
        here.deliver(here.confirm(message))
        here.settle()
    return here


@dataclass
class Storm:
    """What is still to be delivered, in pools that are drawn from at random."""

    here: SmallHospital
    chance: random.Random
    bodies: list[tuple[str, Message | None]] = field(default_factory=list)  # of the ingest queue; the message to confirm before
    batches: list[list[Any]] = field(default_factory=list)  # of the stream, delivered once and to be delivered again
    offered: list[Any] = field(default_factory=list)  # bus events for notify
    heard: int = 0  # how much of the bus has been put there

    def blow(self, messages: list[Message]) -> None:
        for message in messages:
            self.bodies += [(json.dumps(message), message)] * TIMES + [(as_s3_tells(message), None)] * TIMES
        self.chance.shuffle(self.bodies)
        while moves := self._moves():
            self.chance.choice(moves)()
            self.here.clock.advance(self.chance.random() * 20)

    def _moves(self) -> list[Callable[[], None]]:
        self._listen()
        possible = {
            self._ingest: self.bodies,
            self._publish: self.here.stream.records,
            self._publish_again: self.batches,
            self._notify: self.offered,
        }
        return [move for move, waiting in possible.items() if waiting]

    def _ingest(self) -> None:
        chosen, self.bodies = self._draw(self.bodies)
        for _, message in chosen:
            if message is not None:
                self.here.confirm(message)
        records = [self.here.record(body, place) for place, (body, _) in enumerate(chosen)]
        failed = failures(ingest({"Records": records}, self.here.deps))
        self.bodies += [one for place, one in enumerate(chosen) if f"m{place}" in failed]

    def _publish(self) -> None:
        """From the stream's beginning; kept for two more times."""
        size = self.chance.randint(1, 40)
        batch = self.here.stream.records[:size]
        del self.here.stream.records[:size]
        assert not publish({"Records": batch}, self.here.deps)["batchItemFailures"]
        self.batches += [batch] * (TIMES - 1)

    def _publish_again(self) -> None:
        batch = self.batches.pop(self.chance.randrange(len(self.batches)))
        self.chance.shuffle(batch)
        assert not publish({"Records": batch}, self.here.deps)["batchItemFailures"]

    def _listen(self) -> None:
        news, self.heard = self.here.deps.bus.events[self.heard :], len(self.here.deps.bus.events)
        self.offered += [event for event in news if event["type"] == "exam_released"] * TIMES
        self.chance.shuffle(self.offered)

    def _notify(self) -> None:
        chosen, self.offered = self._draw(self.offered)
        records = [self.here.record(json.dumps(event), place) for place, event in enumerate(chosen)]
        notifier = Notifier(self.here.deps, self.here.provider, pause=lambda _: None)
        failed = failures(per_record({"Records": records}, notify_released, notifier, self.here.deps.own_queue))
        self.offered += [event for place, event in enumerate(chosen) if f"m{place}" in failed]

    def _draw(self, pool: list[Any]) -> tuple[list[Any], list[Any]]:
        size = self.chance.randint(1, 10)
        return pool[:size], pool[size:]


def as_s3_tells(message: Message) -> str:
    key = Ref(**{name: value for name, value in message.items() if name != "agent"}).key()
    return json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(key)}}}]})


def failures(answer: Any) -> set[str]:
    return {one["itemIdentifier"] for one in answer["batchItemFailures"]}


def unlike(one: SmallHospital, other: SmallHospital) -> list[str]:
    def lasting(rows: list[Row]) -> list[Row]:
        kept = [row for row in rows if row["kind"] not in OF_THE_WAY]
        return [{name: value for name, value in row.items() if name != "release_serial"} for row in kept]

    return differences(lasting(one.rows()), lasting(other.rows()))


def told_once(here: SmallHospital) -> None:
    """One SMS for each notice, and one notice for what each patient sees now."""
    requests = [message.request_id for message in here.provider.delivered]
    rows = here.rows()
    notices = [row for row in rows if row["kind"] == "notice"]
    assert sorted(requests) == sorted(row["event"][:32] for row in notices)
    assert {row["state"] for row in notices} == {"sent"}
    for row in rows:
        if row["kind"] == "exam" and row["release"] == "released":
            (release,) = (event for event in events(None, row, "") if event["type"] == "exam_released")
            assert release["id"][:32] in requests


@pytest.fixture(scope="module")
def today() -> Day:
    return day(seed=11, studies=STUDIES)


@pytest.fixture(scope="module")
def calm(today: Day) -> SmallHospital:
    return ordered(today)


def test_the_day_has_every_kind_of_trouble(calm: SmallHospital) -> None:
    """Else the storm would show nothing."""
    rows = calm.rows()
    assert len([row for row in rows if row["kind"] == "study"]) >= STUDIES - 6
    assert {row["release"] for row in rows if row["kind"] == "exam"} == {"held", "released", "hidden"}
    reasons = {row["reason"] for row in rows if row["kind"] == "quarantine" and row["open"]}
    assert reasons == {
        *("schema_broken", "report_contradicted", "patient_differs", "identities_differ"),
        *("report_retracted", "study_claimed_twice"),
    }
    told_once(calm)


@pytest.mark.req("ING-05", "NTF-05")
@pytest.mark.parametrize("seed", range(4))
def test_everything_three_times_and_shuffled_ends_as_once_and_in_order(today: Day, calm: SmallHospital, seed: int) -> None:
    here = opened(today)
    Storm(here, random.Random(seed)).blow(today.messages)
    assert unlike(calm, here) == []
    told_once(here)
    assert not here.deps.failures.messages


@pytest.mark.req("ING-05")
def test_the_journal_names_each_lasting_fact_once_and_the_same(today: Day, calm: SmallHospital) -> None:
    """Bills and statistics will be made of it. What an exam went through on the way may differ."""

    def told(here: SmallHospital) -> list[str]:
        names = here.deps.vault.keys("originals", "journal/")
        entries = [json.loads(here.deps.vault.get("originals", name)) for name in names]
        return sorted(entry["id"] for entry in entries if entry["type"] in ("study_viewable", "document_quarantined"))

    here = opened(today)
    Storm(here, random.Random(99)).blow(today.messages)
    assert told(here) == told(calm)
    assert len(told(calm)) > STUDIES - 6
