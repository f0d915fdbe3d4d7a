"""Which facts an operator must hear of: agents, what waits for a person, what queues gave up [OPS-02]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.core.study.agents import Agent, Heartbeat, is_silent
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.quarantine import PLANNED
from functions.core.times import iso, parse

LOW_DISK_BYTES = 20 * 2**30  # free at an agent: some days of a small hospital's images
OLD = timedelta(days=1)  # what waits for longer was not seen by anybody
URGENT = ("agent_silent", "agent_full", "agent_disk_low", "dead_letters")  # new images or notices are in danger


@dataclass(frozen=True)
class Alarm:
    """kind: a code that the page has words for; subject: AE title, queue or reason; since: ISO UTC, "" where nobody knows."""

    kind: str
    subject: str
    count: int = 0
    since: str = ""

    @property
    def urgent(self) -> bool:
        return self.kind in URGENT

    def view(self) -> dict[str, Any]:
        since = self.since or None
        return {"kind": self.kind, "subject": self.subject, "count": self.count, "since": since, "urgent": self.urgent}


def agent_alarms(agent: Agent, heartbeat: Heartbeat | None, now: datetime) -> Iterator[Alarm]:
    """Of one agent; a revoked one has none. What a silent one said last is old, and no alarm of its own."""
    if is_silent(agent, heartbeat, now):
        yield Alarm("agent_silent", agent.ae_title, since=heartbeat.at if heartbeat else agent.enrolled_at)
        return
    if agent.revoked_at or heartbeat is None:
        return
    if heartbeat.full:
        yield Alarm("agent_full", agent.ae_title, since=heartbeat.at)
    elif heartbeat.spool["free_bytes"] < LOW_DISK_BYTES:
        yield Alarm("agent_disk_low", agent.ae_title, heartbeat.spool["free_bytes"], heartbeat.at)
    if heartbeat.parked:
        yield Alarm("agent_parked", agent.ae_title, heartbeat.parked, heartbeat.at)
    if heartbeat.overdue:
        yield Alarm("agent_overdue", agent.ae_title, heartbeat.overdue, heartbeat.at)


def quarantine_alarms(entries: Iterable[QuarantineEntry], now: datetime) -> Iterator[Alarm]:
    """One for each reason of which something waits for longer than a day, since the oldest; what was planned is none."""
    before = iso(now - OLD)
    waits: dict[str, list[str]] = {}
    for entry in entries:
        if entry.reason not in PLANNED and entry.at and parse(entry.at) <= parse(before):
            waits.setdefault(entry.reason, []).append(entry.at)
    for reason, times in sorted(waits.items()):
        yield Alarm("quarantine_old", reason, len(times), min(times))


def queue_alarms(dead: Iterable[tuple[str, int]]) -> Iterator[Alarm]:
    """dead: queue's name, letters that it gave up."""
    for name, count in dead:
        if count:
            yield Alarm("dead_letters", name, count)
