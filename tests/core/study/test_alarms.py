"""Which facts are alarms, and which are not yet [OPS-02]."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.core.study.agents import SILENT_AFTER, Agent, Heartbeat
from functions.core.study.alarms import LOW_DISK_BYTES, OLD, agent_alarms, quarantine_alarms, queue_alarms
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.times import iso

pytestmark = pytest.mark.req("OPS-02")

NOW = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)
AGENT = Agent("xiehe", "a1", "LIGHTBOX", enrolled_at=iso(NOW - timedelta(days=9)))


def beat(
    ago: timedelta = timedelta(0), free_bytes: int = 2**40, parked: int = 0, overdue: int = 0, full: bool = False
) -> Heartbeat:
    spool = {"objects": 1, "bytes": 1, "free_bytes": free_bytes}
    return Heartbeat("xiehe", "a1", "1.0.0", spool, parked, iso(NOW - ago), overdue, full)


@pytest.mark.parametrize(
    ("heartbeat", "kinds"),
    [
        (beat(), []),
        (beat(SILENT_AFTER - timedelta(seconds=1)), []),
        (beat(SILENT_AFTER, full=True, parked=1), ["agent_silent"]),
        (None, ["agent_silent"]),
        (beat(full=True, free_bytes=0), ["agent_full"]),
        (beat(free_bytes=LOW_DISK_BYTES), []),
        (beat(free_bytes=LOW_DISK_BYTES - 1), ["agent_disk_low"]),
        (beat(parked=2, overdue=1), ["agent_parked", "agent_overdue"]),
    ],
)
def test_an_agents_alarms_are_those_of_its_last_word(heartbeat: Heartbeat | None, kinds: list[str]) -> None:
    """What a silent one said is old, and a full one's disk is one alarm, not two."""
    assert [alarm.kind for alarm in agent_alarms(AGENT, heartbeat, NOW)] == kinds


def test_a_revoked_agent_is_nobodys_worry() -> None:
    ended = Agent("xiehe", "a1", "LIGHTBOX", enrolled_at=AGENT.enrolled_at, revoked_at=iso(NOW))
    assert list(agent_alarms(ended, beat(full=True), NOW)) == []


def test_what_waits_for_a_day_is_one_alarm_a_reason_since_the_oldest() -> None:
    def entry(name: str, reason: str, ago: timedelta) -> QuarantineEntry:
        return QuarantineEntry("xiehe", "report", name, reason, at=iso(NOW - ago))

    young = entry("1", "pdf_wrong", OLD - timedelta(seconds=1))
    old = [entry("2", "pdf_missing", OLD), entry("3", "pdf_missing", 2 * OLD)]
    (alarm,) = quarantine_alarms([young, *old], NOW)
    assert (alarm.subject, alarm.count, alarm.since, alarm.urgent) == ("pdf_missing", 2, iso(NOW - 2 * OLD), False)


@pytest.mark.req("LIFE-03")
def test_a_retention_that_ends_as_planned_is_no_alarm() -> None:
    """It stands in the list for ninety days; an alarm that is always on is looked at by nobody."""
    entry = QuarantineEntry("xiehe", "study", "a" * 32, "retention_ends", at=iso(NOW - 2 * OLD))
    assert list(quarantine_alarms([entry], NOW)) == []


def test_a_queue_that_gave_nothing_up_is_silent() -> None:
    assert [(alarm.subject, alarm.count) for alarm in queue_alarms([("ingest", 0), ("notify", 2)])] == [("notify", 2)]
