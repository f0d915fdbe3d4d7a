"""What is due when: years by modality, never fewer than three, whole days in the hospital's zone [LIFE-02, LIFE-03]."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.retention.due import SIGNATURES_END_S, Do, due, exam_kept_until, kept_until
from functions.core.retention.policy import WARNED_BEFORE_DAYS, RetentionTooShort, checked, first_day, last_day, years_kept
from functions.core.retention.removal import Version, record, summary
from functions.core.retention.tiers import NEARLINE_AFTER_DAYS
from functions.core.retention.walk import AGAIN_DAYS, ROUND, ROUND_DAYS, Walked, after, walks
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.times import iso

HOSPITAL = Hospital("xiehe", "协和医院", retention={"default": 3, "MG": 10})
SCANNED = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)  # 14:05 in Shanghai
LAST = datetime(2029, 11, 24, 15, 59, 59, tzinfo=UTC)  # the last second of 24 November 2029 there


def study(**changes: Any) -> Study:
    """Where it was warned of, that was in time."""
    told = iso(LAST - timedelta(days=90)) if changes.get("warned") else ""
    facts = {"at": iso(SCANNED), "created_at": iso(SCANNED), "modalities": ["CT"], "warned_at": told, **changes}
    return Study("xiehe", "a" * 32, "1.2", **facts)


@pytest.mark.req("LIFE-02")
@pytest.mark.parametrize("years", [0, 1, 2, 101])
def test_a_policy_below_the_floor_of_three_years_is_refused(years: int):
    """Contracts promise three years online: no setting may break that promise."""
    with pytest.raises(RetentionTooShort):
        checked({"default": 15, "CT": years})
    assert checked({"CT": 3}) == {"CT": 3}


@pytest.mark.req("LIFE-02")
def test_an_exam_of_1095_days_is_there_under_the_shortest_policy():
    assert due(study(warned=[90, 30]), HOSPITAL, SCANNED + timedelta(days=1095)).do is Do.NOTHING


@pytest.mark.req("LIFE-03")
def test_a_study_is_there_on_its_last_day_and_ends_with_it_in_the_hospitals_zone():
    assert due(study(warned=[90, 30]), HOSPITAL, LAST).do is Do.NOTHING
    assert due(study(warned=[90, 30]), HOSPITAL, LAST + timedelta(seconds=1)).do is Do.EXPIRE


@pytest.mark.req("LIFE-03")
def test_an_exam_is_kept_until_its_first_study_ends_and_a_held_one_has_no_day():
    """Whoever reads a day must find everything until then."""
    later = replace(study(), modalities=["MG"])
    assert exam_kept_until([later, study()], HOSPITAL) == date(2029, 11, 24)
    assert exam_kept_until([later, study(expired_at="2029-11-25T00:00:00Z")], HOSPITAL) == date(2036, 11, 24)
    assert exam_kept_until([later, study(hold={"action": "place"})], HOSPITAL) is None
    assert exam_kept_until([], HOSPITAL) is None


@pytest.mark.req("LIFE-03")
def test_nothing_ends_before_it_was_warned_of_for_thirty_days():
    """A policy of 30 years that was typed as 3 would else remove everything between in one night."""
    now = LAST + timedelta(days=400)
    assert due(study(), HOSPITAL, now).do is Do.WARN
    told = study(warned=[30], warned_at=iso(now))
    assert due(told, HOSPITAL, now + timedelta(days=29)).do is Do.NOTHING
    assert due(told, HOSPITAL, now + timedelta(days=30)).do is Do.EXPIRE


@pytest.mark.req("LIFE-03")
def test_each_warning_is_due_once_and_a_missed_one_is_not_told_late():
    ninety = LAST - timedelta(days=90) + timedelta(seconds=1)
    assert due(study(), HOSPITAL, ninety - timedelta(seconds=2)).do is Do.NOTHING
    first = due(study(), HOSPITAL, ninety)
    assert (first.do, first.days_before) == (Do.WARN, 90)
    assert due(study(warned=[90]), HOSPITAL, ninety).do is Do.NOTHING
    late = due(study(), HOSPITAL, LAST - timedelta(days=5))
    assert (late.do, late.days_before) == (Do.WARN, 30)
    assert due(study(warned=[30]), HOSPITAL, LAST - timedelta(days=5)).do is Do.NOTHING


@pytest.mark.req("LIFE-03")
def test_a_hold_stops_the_end_and_the_removal_and_its_lifting_lets_both_go_on():
    held = {"action": "place", "serial": 1, "at": iso(SCANNED), "by": "x", "reason": "y"}
    lifted = {**held, "action": "lift", "serial": 2}
    long_after = LAST + timedelta(days=4000)
    assert due(study(hold=held), HOSPITAL, long_after).do is Do.NOTHING
    assert due(study(hold=lifted), HOSPITAL, long_after).do is Do.WARN
    assert due(study(hold=lifted, warned=[90, 30]), HOSPITAL, long_after).do is Do.EXPIRE
    ended = {"tier": "expired", "expired_at": iso(LAST)}
    assert due(study(hold=held, **ended), HOSPITAL, long_after).do is Do.NOTHING
    assert due(study(hold=lifted, **ended), HOSPITAL, long_after).do is Do.REMOVE


@pytest.mark.req("LIFE-03")
def test_nothing_is_removed_before_signatures_that_were_given_have_ended():
    """A cookie signed a second before the end opens an object for five minutes; one that vanishes under it is an error page."""
    ended = study(tier="expired", expired_at=iso(LAST))
    waiting = due(ended, HOSPITAL, LAST + timedelta(seconds=SIGNATURES_END_S - 1))
    assert (waiting.do, waiting.after_s > 0) == (Do.WAIT, True)
    assert due(ended, HOSPITAL, LAST + timedelta(seconds=SIGNATURES_END_S)).do is Do.REMOVE
    assert (
        due(study(tier="expired", expired_at=iso(LAST), removed={"at": "x"}), HOSPITAL, LAST + timedelta(days=9)).do is Do.NOTHING
    )


def test_the_longest_of_a_studys_modalities_counts():
    """Of a study that has several."""
    assert years_kept(HOSPITAL.retention, ["CT", "MG"]) == 10
    assert years_kept(HOSPITAL.retention, []) == 3
    assert kept_until(study(), HOSPITAL) == date(2029, 11, 24)


LONG_AGO = "2010-03-01T02:00:00Z"
CAME = datetime(2029, 5, 10, 6, 5, tzinfo=UTC)


@pytest.mark.req("LIFE-02", "LIFE-03")
def test_a_study_that_comes_after_its_years_is_there_for_three_and_warned_of():
    """History that a hospital fetches from another archive must not go in the night it came."""
    late = study(at=LONG_AGO, created_at=iso(CAME))
    assert kept_until(late, HOSPITAL) == date(2032, 5, 10)
    assert due(late, HOSPITAL, CAME).do is Do.NOTHING
    first = due(late, HOSPITAL, datetime(2032, 2, 20, tzinfo=UTC))
    assert (first.do, first.days_before) == (Do.WARN, 90)


@pytest.mark.req("LIFE-03")
@pytest.mark.parametrize(
    "at", ["", "1900-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "9998-12-31T00:00:00Z"]
)
def test_a_day_that_cannot_be_counts_from_arrival_and_is_found_there(at: str):
    """A clock that was never set must neither end a study at once nor keep it for ever."""
    odd = replace(study(), at=at, created_at=iso(CAME))
    assert kept_until(odd, HOSPITAL) == date(2032, 5, 10)
    assert odd.indexed()["day_pk"] == replace(odd, at=iso(CAME)).indexed()["day_pk"]


@pytest.mark.parametrize("at", [LONG_AGO, iso(CAME + timedelta(hours=20))])
def test_a_day_that_can_be_counts(at: str):
    assert replace(study(), at=at, created_at=iso(CAME)).counts_from == at


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(3, 100))
def test_years_there_and_back_never_end_too_soon(day: date, years: int):
    last = last_day(day, years)
    assert (last.year - day.year) == years
    assert first_day(last, years) <= day + timedelta(days=1)
    assert last >= day + timedelta(days=365 * years)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_no_study_is_missed_whatever_days_pass_without_a_run(gaps: list[int]):
    """A function that did not run for a month looks at that month's studies when it runs again."""
    walked, today, beginning, most = Walked("xiehe", {}), date(2029, 11, 1), date(2026, 9, 1), 300
    seen: dict[str, set[date]] = {}
    for gap in [0, 0, *gaps, *[0] * 9]:  # the first walk, and catching up, take some nights
        today += timedelta(days=gap)
        found = list(walks({"default": 3}, walked, today, archive_after_years=3, beginning=beginning, most=most))
        assert sum(len(days) for _, days in found) <= most
        for name, days in found:
            seen.setdefault(name, set()).update(days)
            walked = after(walked, name, days[-1])
    ends = {f"3/{before}": first_day(today + timedelta(days=before), 3) for before in (0, *WARNED_BEFORE_DAYS)}
    moves = {"nearline": today - timedelta(days=NEARLINE_AFTER_DAYS), "archive/3": first_day(today, 3)}
    assert set(seen) == {*ends, *moves, ROUND}
    for name, newest in (ends | moves).items():
        days = seen[name]
        assert days >= {beginning + timedelta(days=number) for number in range((newest - beginning).days + 1)}


def test_every_day_is_walked_again_and_again():
    """Another archive's exams of long ago may come today: they too are moved, warned of and removed."""
    walked, today, beginning = Walked("xiehe"), date(2029, 11, 1), date(2028, 11, 1)
    nights: list[list[date]] = []
    for _ in range(4):
        for name, days in walks({"default": 3}, walked, today, beginning=beginning, round_from=beginning):
            walked = after(walked, name, days[-1])
            nights += [days] if name == ROUND else []
    whole = [beginning + timedelta(days=number) for number in range((today - beginning).days - NEARLINE_AFTER_DAYS + 1)]
    assert [day for days in nights for day in days] == [*whole, *whole]
    assert max(map(len, nights)) == ROUND_DAYS


def test_a_walk_looks_back_far_enough_for_a_zone_ahead_of_utc():
    walked = after(Walked("xiehe"), "3/0", date(2026, 11, 24))
    (days,) = [days for name, days in walks({"default": 3}, walked, date(2029, 11, 25)) if name == "3/0"]
    assert days[0] == date(2026, 11, 24) - timedelta(days=AGAIN_DAYS)


@given(
    st.permutations([Version("pixels", "k1/a", "2", 5), Version("originals", "k1/b", "1", 7), Version("pixels", "k1/a", "1", 5)])
)
def test_a_record_of_what_was_removed_is_the_same_in_whatever_order_it_was_found(versions: list[Version]):
    body = record("xiehe", "a" * 32, iso(LAST), versions)
    assert json.loads(body)["versions"] == {"originals": [["k1/b", "1", 7]], "pixels": [["k1/a", "1", 5], ["k1/a", "2", 5]]}
    told = summary(body)
    assert (told["objects"], told["versions"], told["bytes"]) == (2, 3, 17)
