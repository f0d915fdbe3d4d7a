"""When a hospital's patients are told, and how often. Pure: the time is handed in.

A hospital's `notice`: {quiet_from, quiet_to, publish_at: "HH:MM" in its zone, daily_limit, between_s, both, templates};
all may be absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from functions.core.local_times import local_time

DAILY_LIMIT = 10  # messages to one phone a day: what the providers allow by default
BETWEEN_S = 60  # between two to one phone, as they ask by default
DAY_S = 86400

Rules = Mapping[str, Any]


def quiet_until(rules: Rules, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` falls into; None outside of them. The end itself is not quiet, the beginning is."""
    begins, ends = _clock(rules.get("quiet_from")), _clock(rules.get("quiet_to"))
    if begins is None or ends is None or begins == ends:
        return None
    local = local_time(now, zone)
    at = local.timetz().replace(tzinfo=None)
    within = begins <= at < ends if begins < ends else at >= begins or at < ends
    return _next(local, ends) if within else None


def publish_time(rules: Rules, zone: str, now: datetime) -> datetime | None:
    """When what is ready now is published; None: at once."""
    at = _clock(rules.get("publish_at"))
    return None if at is None else _next(local_time(now, zone), at)


def may_send_at(times: Sequence[int], limit: int, now: int, between_s: int = BETWEEN_S) -> int:
    """When the phone may be written to next: `now`, or later. times: of what was sent to it, epoch seconds, oldest first."""
    today = [one for one in times if one > now - DAY_S]
    after_day = today[-limit] + DAY_S if len(today) >= limit else now
    after_last = today[-1] + between_s if today else now
    return max(now, after_day, after_last)


def kept(sent: Mapping[str, int], name: str, now: int) -> dict[str, int]:
    """Those that still count, with this one added."""
    return {**{one: at for one, at in sent.items() if at > now - DAY_S}, name: now}


def limit_of(rules: Rules) -> int:
    return int(rules.get("daily_limit") or DAILY_LIMIT)


def between_s_of(rules: Rules) -> int:
    return int(rules.get("between_s", BETWEEN_S))


def template_of(rules: Rules, occasion: str, channel: str, language: str) -> str:
    """The words, or the provider's id of them; empty: the provider's settings say."""
    return str(rules.get("templates", {}).get(f"{occasion}/{channel}/{language}", ""))


def _clock(text: Any) -> time | None:
    return time.fromisoformat(text) if text else None


def _next(local: datetime, at: time) -> datetime:
    """The next moment, later than `local`, when the clock there shows `at`; a time that the clock skips comes an hour later."""
    day = local.date()
    while True:
        candidate = datetime.combine(day, at, local.tzinfo).astimezone(UTC)
        if candidate > local.astimezone(UTC):
            return candidate
        day += timedelta(days=1)
