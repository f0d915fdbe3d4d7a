"""One day of a small hospital on a cloud in memory: each message once and in order, or all of them three times and shuffled.

Queue messages, S3's events, stream records and bus events. The stream keeps its order at first delivery, as a shard does; what it
delivers again comes at any time later, so that old changes arrive after new ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from functions.adapters.queues import per_record
from functions.billing.counting import bill
from functions.ingest.batch import ingest
from functions.ingest.messages import Ref
from functions.notify.notifying import Notifier, notify
from functions.publish.stream import publish
from functions.render.handler import render
from iac.local.process import ROOT
from iac.local.template import read
from tests.operator.hospital_day import Day
from tests.operator.small_hospital import Message, SmallHospital

TIMES = 3
BusEvent = Mapping[str, Any]
Answer = dict[str, Any]
Records = dict[str, Any]


def rule(name: str) -> frozenset[str]:
    """The types of events that a rule of the bus lets through."""
    pattern = read(ROOT / "template.yaml")["Resources"][name]["Properties"]["EventPattern"]
    return frozenset(pattern["detail-type"])


RENDERED, NOTIFIED, BILLED = rule("RenderRule"), rule("NotifyRule"), rule("BillingRule")


def opened(today: Day, here: SmallHospital | None = None) -> SmallHospital:
    """With everything in its vault that the day's agents send, and nothing told of it."""
    here = here or SmallHospital()
    here.open()
    here.deps.vault._objects.update(today.objects)
    return here


def ordered(today: Day, here: SmallHospital | None = None, *, renders: bool) -> SmallHospital:
    """Each once, each finished before the next begins."""
    here = opened(today, here)
    drawn = 0
    for message in today.messages:
        here.deliver(here.confirm(message))
        here.settle()
        while renders and drawn < len(here.deps.bus.events):
            news, drawn = here.deps.bus.events[drawn:], len(here.deps.bus.events)
            for event in news:
                if event["type"] in RENDERED:
                    render(event, here.deps)
            here.settle()
    return here


@dataclass
class Listener:
    """A function behind the bus. types: what its rule lets through; offered: what is still to be delivered to it."""

    types: frozenset[str]
    take: Callable[[Records], Answer]
    most: int  # records of one call
    offered: list[BusEvent] = field(default_factory=list)


class Storm:
    """What is still to be delivered, in pools that are drawn from at random."""

    def __init__(self, here: SmallHospital, chance: random.Random, *, renders: bool) -> None:
        self.here = here
        self.chance = chance
        self.bodies: list[tuple[str, Message | None]] = []  # of the ingest queue; the message to confirm before
        self.batches: list[list[Any]] = []  # of the stream, delivered once and to be delivered again
        self.heard = 0  # how much of the bus has been offered
        self.listeners = [Listener(NOTIFIED, self._notify, most=10), Listener(BILLED, self._bill, most=10)]
        if renders:
            self.listeners.append(Listener(RENDERED, self._render, most=3))

    def blow(self, messages: list[Message]) -> None:
        for message in messages:
            self.bodies += [(json.dumps(message), message)] * TIMES + [(as_s3_tells(message), None)] * TIMES
        self.chance.shuffle(self.bodies)
        while moves := self._moves():
            self.chance.choice(moves)()
            self.here.clock.advance(self.chance.random() * 20)

    def _moves(self) -> list[Callable[[], None]]:
        self._listen()
        moves: list[Callable[[], None]] = []
        moves += [self._ingest] if self.bodies else []
        moves += [self._publish] if self.here.stream.records else []
        moves += [self._publish_again] if self.batches else []
        return moves + [lambda one=one: self._tell(one) for one in self.listeners if one.offered]

    def _ingest(self) -> None:
        chosen, self.bodies = self._draw(self.bodies, 10)
        for _, message in chosen:
            if message is not None:
                self.here.confirm(message)
        failed = failures(ingest(self._records([body for body, _ in chosen]), self.here.deps))
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
        for listener in self.listeners:
            listener.offered += [event for event in news if event["type"] in listener.types] * TIMES
            self.chance.shuffle(listener.offered)

    def _tell(self, listener: Listener) -> None:
        chosen, listener.offered = self._draw(listener.offered, listener.most)
        failed = failures(listener.take(self._records([json.dumps(event) for event in chosen])))
        listener.offered += [event for place, event in enumerate(chosen) if f"m{place}" in failed]

    def _notify(self, records: Records) -> Answer:
        notifier = Notifier(self.here.deps, self.here.provider, pause=lambda _: None)
        return per_record(records, notify, notifier, self.here.deps.own_queue)

    def _bill(self, records: Records) -> Answer:
        return per_record(records, bill, self.here.deps, self.here.deps.own_queue)

    def _render(self, records: Records) -> Answer:
        return per_record(records, render, self.here.deps, self.here.deps.own_queue)

    def _records(self, bodies: list[str]) -> Records:
        return {"Records": [self.here.record(body, place) for place, body in enumerate(bodies)]}

    def _draw(self, pool: list[Any], most: int) -> tuple[list[Any], list[Any]]:
        size = self.chance.randint(1, most)
        return pool[:size], pool[size:]


def as_s3_tells(message: Message) -> str:
    key = Ref(**{name: value for name, value in message.items() if name != "agent"}).key()
    return json.dumps({"Records": [{"s3": {"object": {"key": quote_plus(key)}}}]})


def failures(answer: Answer) -> set[str]:
    return {one["itemIdentifier"] for one in answer["batchItemFailures"]}
