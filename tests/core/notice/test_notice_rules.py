"""When patients are told: quiet hours, daily publication, what a phone may get; at each edge [NTF-02, NTF-04]."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.core.notice.cost import cost, parts_of
from functions.core.notice.rules import BETWEEN_S, DAY_S, between_s_of, kept, may_send_at, publish_time, quiet_until

CHINA = "Asia/Shanghai"
NIGHT = {"quiet_from": "22:00", "quiet_to": "07:00"}


def at(text: str) -> datetime:
    """A time in China, of 24 November where no day stands."""
    return datetime.fromisoformat(f"2026-11-{text if ' ' in text else '24 ' + text}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("21:59:59", None),
        ("22:00:00", "25 07:00"),
        ("23:59:59", "25 07:00"),
        ("00:00:00", "24 07:00"),
        ("06:59:59", "24 07:00"),
        ("07:00:00", None),
    ],
)
def test_a_night_begins_and_ends_to_the_second(now: str, until: str | None) -> None:
    assert quiet_until(NIGHT, CHINA, at(now)) == (at(until) if until else None)


@pytest.mark.parametrize(("now", "until"), [("11:59:59", None), ("12:00:00", "24 14:00"), ("14:00:00", None)])
def test_quiet_hours_within_a_day_do_not_reach_around_midnight(now: str, until: str | None) -> None:
    assert quiet_until({"quiet_from": "12:00", "quiet_to": "14:00"}, CHINA, at(now)) == (at(until) if until else None)


@pytest.mark.parametrize("rules", [{}, {"quiet_from": "", "quiet_to": ""}, {"quiet_from": "08:00", "quiet_to": "08:00"}])
def test_without_quiet_hours_nobody_waits(rules: dict[str, str]) -> None:
    assert quiet_until(rules, CHINA, at("03:00:00")) is None


def test_quiet_hours_are_the_hospitals_not_utcs() -> None:
    assert quiet_until(NIGHT, "Europe/London", at("22:30:00")) is None


@pytest.mark.req("NTF-04")
@pytest.mark.parametrize(("now", "due"), [("16:59:59", "24 17:00"), ("17:00:00", "25 17:00"), ("23:00:00", "25 17:00")])
def test_what_is_ready_is_published_the_next_time_the_clock_shows_it(now: str, due: str) -> None:
    assert publish_time({"publish_at": "17:00"}, CHINA, at(now)) == at(due)


@pytest.mark.req("NTF-04")
def test_without_a_time_it_is_published_at_once() -> None:
    assert publish_time({}, CHINA, at("12:00:00")) is None


def test_a_clock_that_is_set_back_gives_one_publication_a_day() -> None:
    """Berlin, 25 October 2026: 02:30 comes twice."""
    now = datetime(2026, 10, 24, 20, tzinfo=UTC)
    first = publish_time({"publish_at": "02:30"}, "Europe/Berlin", now)
    assert first is not None
    again = publish_time({"publish_at": "02:30"}, "Europe/Berlin", first)
    assert again is not None
    assert (again - first).total_seconds() > 86400 - 3601


def test_a_phone_gets_one_message_a_minute() -> None:
    assert may_send_at([], 10, 1000) == 1000
    assert may_send_at([1000], 10, 1000 + BETWEEN_S - 1) == 1000 + BETWEEN_S
    assert may_send_at([1000], 10, 1000 + BETWEEN_S) == 1000 + BETWEEN_S


def test_a_hospital_may_say_how_long_a_phone_waits_between_two() -> None:
    assert (between_s_of({}), between_s_of({"between_s": 0})) == (BETWEEN_S, 0)
    assert may_send_at([1000], 10, 1000, between_s_of({"between_s": 0})) == 1000
    assert may_send_at([1000], 10, 1000, between_s_of({"between_s": 300})) == 1300


def test_a_phone_gets_so_many_messages_within_any_day() -> None:
    sent = [0, 100, 200]
    assert may_send_at(sent, 3, 1000) == DAY_S
    assert may_send_at(sent, 3, DAY_S) == DAY_S
    assert may_send_at(sent, 4, 1000) == 1000
    assert kept({"a": 0, "b": 100}, "c", DAY_S) == {"b": 100, "c": DAY_S}


@pytest.mark.parametrize(("text", "parts"), [("", 1), ("检" * 70, 1), ("检" * 71, 2), ("检" * 134, 2), ("检" * 135, 3)])
def test_a_long_message_counts_as_several(text: str, parts: int) -> None:
    assert parts_of(text) == parts


def test_money_is_counted_exactly() -> None:
    """0.045 × 3 in binary floating point is 0.135 with a tail."""
    assert (cost("0.045", 3), cost("", 3)) == ("0.135", "")
