"""A hospital's days and hours. By itself: whoever reckons with them needs the time zones' library (tzdata)."""

from __future__ import annotations

from datetime import date, datetime

from functions.core.times import parse


def local_day(time: str | datetime, zone: str) -> date:
    """The day of a time in a hospital's zone."""
    return local_time(time, zone).date()


def local_time(time: str | datetime, zone: str) -> datetime:
    from zoneinfo import ZoneInfo  # not at import: few of an API's routes ask for it

    return (parse(time) if isinstance(time, str) else time).astimezone(ZoneInfo(zone))
