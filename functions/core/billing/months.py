"""Months on a hospital's own calendar, as `yyyy-mm`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from functions.core.local_times import local_time

MONTH = re.compile("[12][0-9]{3}-(0[1-9]|1[0-2])", re.ASCII)
MAY_CLOSE_ON, CLOSES_ON = 2, 3  # days of the next month: what a month earned is told within a day (functions/publish)


def is_month(text: str) -> bool:
    return MONTH.fullmatch(text) is not None


def month_of(time: str, zone: str) -> str:
    """time: ISO UTC."""
    return f"{local_time(time, zone):%Y-%m}"


def following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def preceding(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"


def may_close(month: str, now: datetime, zone: str) -> bool:
    """Whether a person may close it: all that it earned is told."""
    return now >= _day_after(month, MAY_CLOSE_ON, zone)


def is_due(month: str, now: datetime, zone: str) -> bool:
    """Whether it is closed if nobody did."""
    return now >= _day_after(month, CLOSES_ON, zone)


def _day_after(month: str, day: int, zone: str) -> datetime:
    """The beginning of a day of the month after."""
    from zoneinfo import ZoneInfo

    first = date.fromisoformat(f"{following(month)}-01")
    return datetime(first.year, first.month, day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
