"""Five wrong answers lock a link, whatever is tried, and nothing tells whether somebody exists [PAT-03]."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.access.links import (
    FIRST_LOCK_S,
    LONGEST_LOCK_S,
    MAX_TRIES,
    Link,
    answered_right,
    answered_wrong,
    closed_until,
    is_locked,
    take_try,
    tries_left,
    unlocked,
)
from functions.core.access.verification import CODE, PHONE_TAIL, is_right, phone_tail

LINK = Link(digest="0" * 64, tenant="t", exam="e", channel="sms", serial=1, issued_at=0, expires_at=10**9)


def wrong_answers(link: Link, count: int, now: int) -> Link:
    for _ in range(count):
        assert not is_locked(link, now)
        link = answered_wrong(take_try(link, now))
    return link


@pytest.mark.req("PAT-03")
def test_the_fifth_wrong_answer_locks_the_link_for_fifteen_minutes():
    link = wrong_answers(LINK, 4, now=100)
    assert tries_left(link, 100) == 1
    shut = take_try(link, 100)
    assert is_locked(shut, 100), "before the answer is looked at"
    assert not shut.locked_until
    link = answered_wrong(shut)
    assert is_locked(link, 100)
    assert tries_left(link, 100) == 0
    assert link.locked_until == 100 + 15 * 60
    assert not is_locked(link, link.locked_until)


@pytest.mark.req("PAT-03")
def test_each_further_lock_lasts_twice_as_long_up_to_a_day():
    link, now, lengths = LINK, 0, []
    for _ in range(9):
        link = wrong_answers(link, MAX_TRIES, now)
        lengths.append(link.locked_until - now)
        now = link.locked_until
        assert tries_left(link, now) == MAX_TRIES
    assert lengths[:4] == [FIRST_LOCK_S, 2 * FIRST_LOCK_S, 4 * FIRST_LOCK_S, 8 * FIRST_LOCK_S]
    assert lengths[-1] == LONGEST_LOCK_S


def test_a_right_fifth_answer_opens_and_does_not_leave_a_lock():
    before = wrong_answers(LINK, 4, now=0)
    link = answered_right(take_try(before, 0), before)
    assert (link.tries, closed_until(link), link.lock_level) == (0, 0, 0)


def test_a_right_answer_does_not_make_the_next_lock_short_again():
    """Else who shares the phone could guess between the owner's visits for ever."""
    locked = wrong_answers(LINK, MAX_TRIES, now=0)
    now = locked.locked_until
    link = answered_right(take_try(locked, now), locked)
    assert wrong_answers(link, MAX_TRIES, now).locked_until - now == 2 * FIRST_LOCK_S


def test_an_unlock_by_staff_or_a_new_sms_starts_from_nothing():
    assert unlocked(wrong_answers(LINK, MAX_TRIES, now=0)) == LINK


@given(st.lists(st.integers(0, 3000), max_size=200))
def test_however_answers_are_timed_at_most_five_are_looked_at_per_lock(gaps):
    link, now, seen = LINK, 0, []
    for gap in gaps:
        now += gap
        if not is_locked(link, now):
            link = take_try(link, now)
            seen.append(now)
    for first, sixth in zip(seen, seen[MAX_TRIES:], strict=False):
        assert sixth - first >= FIRST_LOCK_S


def test_a_link_and_its_row_are_one():
    link = replace(LINK, tries=3, revoked=True)
    assert Link.from_row({**link.to_row(), "version": 7}) == link


@pytest.mark.parametrize(
    ("mode", "answer", "right"),
    [
        (PHONE_TAIL, "1234", True),
        (PHONE_TAIL, " 12 34 ", True),
        (PHONE_TAIL, "１２３４", True),
        (PHONE_TAIL, "1235", False),
        (PHONE_TAIL, "01234", False),
        (PHONE_TAIL, "", False),
        (CODE, "012345", True),
        (CODE, "012 345", True),
        (CODE, "12345", False),
        (CODE, "1234", False),
        ("birthday", "1234", False),
        ("", "", False),
    ],
)
@pytest.mark.req("PAT-03")
def test_each_mode_right_and_wrong(mode, answer, right):
    assert is_right(mode, answer, phone="+8613800001234", code="012345") is right


@pytest.mark.parametrize("phone", ["", "12", "abc"])
@pytest.mark.parametrize("answer", ["", "0000", "\0\0\0\0", "12", "abc"])
def test_no_answer_is_right_where_no_phone_is_known(phone, answer):
    assert not is_right(PHONE_TAIL, answer, phone=phone, code="012345")


def test_a_tail_is_the_last_four_digits_however_the_number_is_written():
    assert phone_tail("+86 138-0000-1234") == "1234"
    assert phone_tail("123") is None
