"""Time as text and numbers: UTC inside, ISO 8601 with Z outside. The time itself is always handed in."""

from __future__ import annotations

from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1850, 9998  # of what we take for a time: with room for every zone


def iso(moment: datetime) -> str:
    """`2026-11-24T06:05:00Z`; whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """An aware UTC datetime. Raises ValueError on text that is no time, or has no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def iso_at(seconds: float) -> str:
    """As `iso`, of seconds since the epoch."""
    return iso(datetime.fromtimestamp(seconds, UTC))


def epoch_s(moment: datetime) -> int:
    return int(moment.timestamp())
