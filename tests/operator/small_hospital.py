"""A small hospital on a cloud in memory, run by the real handlers: ingest, publish, notify, billing, operator, enrolment.

Time moves on with every change of a row, so that no two are told of the same second.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

from functions.adapters.clock import FakeClock
from functions.adapters.queues import per_record
from functions.adapters.secrets import FixedSecrets, SecretValues
from functions.adapters.settings import Settings
from functions.adapters.sms.port import Fate, Receipt, SmsMessage
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.billing.counting import bill
from functions.core.notice.receipts import Delivery
from functions.core.study import receipts
from functions.core.times import iso
from functions.ingest.batch import ingest
from functions.notify.notifying import Notifier, notify
from functions.publish.stream import publish
from functions.watch.handler import wake
from iac.operator.__main__ import main
from iac.operator.reconcile.outcome import LACKING
from tests.fakes import NAMING_KEY, NOW, SETTINGS, Fakes
from tests.handlers.patient_world import LINK_KEY
from tests.handlers.streams import Stream
from tests.handlers.test_edge_api import Agent
from tests.handlers.test_notify import FakeProvider
from tests.handlers.uploads import TENANT

Message = dict[str, Any]
TOLD_OF = ("exam_released", "registration_received", "notice_sent")  # as the rule of notify has it
D = TypeVar("D")


class TickingStream(Stream):
    """Each change takes a second of the hospital's clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.ticks = 0

    def note(self, old: Row | None, new: Row | None) -> None:
        self.clock.advance(1)
        self.ticks += 1
        super().note(old, new)
        change = self.records[-1]["dynamodb"]
        change["ApproximateCreationDateTime"] = self.clock.now().timestamp()
        change["SequenceNumber"] = str(self.ticks)


@dataclass
class Phones(FakeProvider):
    """A provider that knows what it took."""

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        request_id = message.request_id
        self.looked_up.append(request_id)
        return Fate.TAKEN if self._took(request_id) else Fate.NEVER_ARRIVED

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        """What was scripted, else that it arrived."""
        scripted = super().delivery(message, tried_at, vendor_id)
        return scripted or (Receipt(Delivery.DELIVERED, "DELIVRD") if self._took(message.request_id) else None)

    def _took(self, request_id: str) -> bool:
        return any(message.request_id == request_id for message in self.delivered)


def secrets() -> FixedSecrets:
    return FixedSecrets(SecretValues(naming_key=NAMING_KEY, link_key=LINK_KEY, sms={"provider": "fake"}))


@dataclass
class SmallHospital:
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    provider: Phones = field(default_factory=Phones)
    own: FixedSecrets = field(default_factory=secrets)
    settings: Settings = SETTINGS
    told: int = 0  # events that notify and billing have seen
    stream: TickingStream = field(init=False)
    deps: Fakes = field(init=False)

    def __post_init__(self) -> None:
        self.stream = TickingStream(self.clock)
        self.deps = Fakes(settings=self.settings, clock=self.clock, table=self.stream.table(), secrets=self.own)

    # -- what happens -----------------------------------------------------------------------------------------------------------

    def operator(self, *arguments: str) -> Any:
        """An operator's command with its answer; None when it was refused."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            status = main(["--json", *arguments], lambda: self.deps)
        return json.loads(out.getvalue()) if status in (0, LACKING) else None

    def open(self, **settings: str) -> None:
        options = [text for name, value in settings.items() for text in (f"--{name.replace('_', '-')}", value)]
        self.operator("hospital", "add", "--tenant", TENANT, "--name", "协和医院", "--phone", "010-12345678", *options)

    def enrol(self, ae_title: str) -> Agent:
        agent = Agent(self.deps)
        code = self.operator("hospital", "enrolment-code", "--tenant", TENANT, "--ae-title", ae_title)["code"]
        assert agent.enrol(code, ae_title=ae_title)[0] == 201
        return agent

    def confirm(self, message: Message) -> Message:
        """As edge_api notes it, before its message."""
        names = ("study", "series", "agent")
        about = {name: message[name] for name in names if name in message}
        receipt = receipts.Receipt(message["tenant"], message["kind"], message["sha256"], **about)
        queued = replace(receipt, at=iso(self.deps.clock.now()))
        change(self.deps.table, *queued.key(), lambda row: row if row and row["state"] == "indexed" else queued.to_row())
        return message

    def deliver(self, *messages: Message) -> None:
        """One batch of the ingest queue, and again what came back, until all is taken."""
        waiting = [self.record(json.dumps(message), place) for place, message in enumerate(messages)]
        for _ in range(20):
            failed = {one["itemIdentifier"] for one in ingest({"Records": waiting}, self.deps)["batchItemFailures"]}
            waiting = [one for one in waiting if one["messageId"] in failed]
            if not waiting:
                return
            self.deps.clock.advance(60)
        raise AssertionError("something never arrives")

    def record(self, body: str, place: int) -> dict[str, Any]:
        sent = str(int(self.deps.clock.now().timestamp() * 1000))
        return {"messageId": f"m{place}", "body": body, "attributes": {"SentTimestamp": sent, "ApproximateReceiveCount": "1"}}

    def settle(self) -> None:
        """Stream and notices until nothing moves any more; a minute passes where something waits for its time."""
        while self.stream.records or self.told < len(self.deps.bus.events) or self._minute():
            assert publish(self.stream.take(), self.deps) == {"batchItemFailures": []}
            news, self.told = self.deps.bus.events[self.told :], len(self.deps.bus.events)
            self.notify([event for event in news if event["type"] in TOLD_OF and not event["replayed"]])
            self.bill([event for event in news if event["type"] in ("case_earned", "statement_ordered")])
            assert not self.deps.failures.messages

    def _minute(self) -> bool:
        """True when something was waiting: within two days it is due."""
        waits = any(self.deps.table.due(iso(self.deps.clock.now() + timedelta(days=2))))
        if waits:
            self.clock.advance(60)
            wake(self.deps)
            messages = self.deps.ingest_queue.messages
            due = [message for message in messages if message.get("kind") == "exam"]
            messages[:] = [message for message in messages if message not in due]
            self.deliver(*due)
        return waits

    def notify(self, events: list[Any]) -> None:
        """As the rule and the queue of notify deliver them; what must wait comes again."""
        self._queue(events, notify, Notifier(self.deps, self.provider, pause=lambda _: None))

    def bill(self, events: list[Any]) -> None:
        self._queue(events, bill, self.deps)

    def _queue(self, events: list[Any], work: Callable[[Any, D], None], deps: D) -> None:
        waiting = [self.record(json.dumps(event), place) for place, event in enumerate(events)]
        for _ in range(20):
            answer = per_record({"Records": waiting}, work, deps, self.deps.own_queue)
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            waiting = [one for one in waiting if one["messageId"] in failed]
            if not waiting:
                return
            self.deps.clock.advance(600)
        raise AssertionError("a message never comes to rest")

    # -- what is lost -----------------------------------------------------------------------------------------------------------

    def lose_the_table(self) -> None:
        """And with it the stream's unread changes and all queues; the vault stands."""
        self.stream.records.clear()
        self.deps.table = self.stream.table()

    def reconcile(self, *more: str) -> Any:
        return self.operator("reconcile", *more)

    def rows(self) -> list[Row]:
        return self.deps.table.everything()
