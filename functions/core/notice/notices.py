"""The notice row: which event it answers, its state, and a log of every attempt with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from functions.core.notice.states import Event, State, step
from functions.core.study import keys
from functions.core.study.record import Record

MAX_ATTEMPTS = 12
MAX_LOOK_UPS = 5
SETTLE_S = 30  # a message whose answer was lost may reach the provider for so long
LEASE_S = 90  # longer than the function may run: a notice in `sending` for longer was left by a crash
MARGIN_S = 5  # waiting just so long may be a little too short by another machine's clock
AFTER_SETTLING_S = SETTLE_S + MARGIN_S
AFTER_LEASE_S = LEASE_S + MARGIN_S
FIRST_OUTAGE_PAUSE_S = 300
ATTEMPTS_AT_ONCE = 3


@dataclass(frozen=True, eq=False, repr=False)
class Notice(Record):
    """event: id of the event that it answers, with the channel its key; times in epoch seconds.

    serial: of the link that the message carries, so that a repeated delivery makes the same text.
    occasion: `released`, `registered` or `ending`; patient: whom it is for.
    not_before: what it waits for, where a hospital's quiet hours or a phone's limit put it off.
    vendor_id, cost: the provider's id of the message, and its price in yuan as text.
    delivery: what the carrier said of it (`receipts.Delivery`), "" while it may still say something; delivery_code: its own word.
    log: one entry for each step: {"at", "event", "detail"}.
    """

    kind: ClassVar[str] = "notice"
    tenant: str
    exam: str
    event: str
    channel: str
    serial: int
    state: str = State.PENDING.value
    attempts: int = 0
    look_ups: int = 0
    changed_at: int = 0
    log: list[Mapping[str, Any]] = field(default_factory=list)
    occasion: str = "released"
    patient: str = ""
    not_before: int = 0
    vendor_id: str = ""
    cost: str = ""
    delivery: str = ""
    delivery_code: str = ""
    delivered_at: int = 0

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_notice_sk(self.event, self.channel)

    @property
    def request_id(self) -> str:
        """What the provider knows the message by: the same at every attempt."""
        return self.event[:32]

    @property
    def tried_at(self) -> int:
        """When it was handed to the provider last."""
        return max((entry["at"] for entry in self.log if entry["event"] == Event.TAKEN), default=self.changed_at)


def advanced(notice: Notice, event: Event, now: int, detail: str = "") -> Notice:
    """The notice after the event, with the log's next entry. detail: a code, never a text or number of the person."""
    entry = {"at": now, "event": event.value} | ({"detail": detail} if detail else {})
    return replace(
        notice,
        state=step(State(notice.state), event).value,
        attempts=notice.attempts + (event is Event.TAKEN),
        changed_at=now,
        log=[*notice.log, entry],
    )


def taken_by_provider(notice: Notice, now: int, vendor_id: str, cost: str) -> Notice:
    return replace(advanced(notice, Event.ACCEPTED, now), vendor_id=vendor_id[:128], cost=cost)


def looked_up(notice: Notice, now: int) -> Notice:
    """One more look-up without an answer."""
    return replace(notice, look_ups=notice.look_ups + 1, changed_at=now)


def settled(notice: Notice, event: Event, now: int, by: str) -> Notice:
    """A held notice after a person's word: ARRIVED, AGAIN or DROPPED. Sent again it gets all its attempts anew."""
    after = advanced(notice, event, now, by)
    return replace(after, attempts=0, look_ups=0) if event is Event.AGAIN else after


def outage_pause_s(notice: Notice) -> int:
    """Before the next delivery while the provider takes nothing: 5, 10, 20 min; MAX_ATTEMPTS last over half an hour."""
    rounds = max(1, notice.attempts // ATTEMPTS_AT_ONCE)
    return FIRST_OUTAGE_PAUSE_S << (rounds - 1)


def is_left_over(notice: Notice, now: int) -> bool:
    """True when a notice stands in `sending` though whoever took it cannot be running any more."""
    return notice.state == State.SENDING and now - notice.changed_at > LEASE_S
