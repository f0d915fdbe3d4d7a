"""Which month, on whose calendar, and from when on it may be closed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.billing.months import following, is_due, is_month, may_close, month_of, preceding

MONTHS = st.builds("{:04d}-{:02d}".format, st.integers(1901, 2998), st.integers(1, 12))


@pytest.mark.req("LIFE-08")
@pytest.mark.parametrize(
    ("time", "zone", "month"),
    [
        ("2026-11-30T15:59:59Z", "Asia/Shanghai", "2026-11"),
        ("2026-11-30T16:00:00Z", "Asia/Shanghai", "2026-12"),
        ("2026-12-01T00:30:00Z", "America/New_York", "2026-11"),
        ("2026-12-31T23:59:59Z", "UTC", "2026-12"),
    ],
)
def test_a_month_is_the_hospitals_own(time: str, zone: str, month: str) -> None:
    assert month_of(time, zone) == month


@given(MONTHS)
def test_months_follow_each_other(month: str) -> None:
    assert is_month(following(month))
    assert preceding(following(month)) == month < following(month)


@pytest.mark.req("LIFE-08")
def test_a_month_may_be_closed_a_day_after_its_end_and_is_on_the_third() -> None:
    """A day, since what it earned may be told as late as that."""
    before, second, third = (datetime(2026, 12, day, 15, 59, 59, tzinfo=UTC) for day in (1, 1, 2))
    second, third = second.replace(hour=16, minute=0, second=0), third.replace(hour=16, minute=0, second=0)
    zone = "Asia/Shanghai"
    assert [may_close("2026-11", now, zone) for now in (before, second, third)] == [False, True, True]
    assert [is_due("2026-11", now, zone) for now in (before, second, third)] == [False, False, True]
    assert not may_close("2026-12", third, zone)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "2026-011", "２026-11", "2026-11\n", ""])
def test_what_is_no_month_is_none(text: str) -> None:
    assert not is_month(text)
