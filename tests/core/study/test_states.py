"""The four machines, cell by cell, and the exam's state that is derived from them."""

from __future__ import annotations

import itertools
from enum import StrEnum
from typing import Any

import pytest

from functions.core.errors import ImpossibleStep
from functions.core.study import states
from functions.core.study.states import ExamState, Imaging, Release, Reporting, Tier, exam_state, step

MACHINES = [
    (states.IMAGING, states.Imaging, states.ImagingEvent),
    (states.REPORTING, states.Reporting, states.ReportingEvent),
    (states.RELEASE, states.Release, states.ReleaseEvent),
    (states.TIER, states.Tier, states.TierEvent),
]
CELLS = [(table, state, event) for table, of, by in MACHINES for state, event in itertools.product(of, by)]


@pytest.mark.parametrize(("table", "state", "event"), CELLS, ids=lambda part: part.value if isinstance(part, StrEnum) else "")
def test_every_cell_is_a_known_state_or_an_impossible_step(table: Any, state: StrEnum, event: StrEnum) -> None:
    """No cell is forgotten: what is not in the table raises, and what is leads to a state of the same machine."""
    if (state, event) in table:
        assert isinstance(step(table, state, event), type(state))
    else:
        with pytest.raises(ImpossibleStep) as caught:
            step(table, state, event)
        assert state.value in str(caught.value)


@pytest.mark.parametrize(("table", "of", "by"), MACHINES, ids=["imaging", "reporting", "release", "tier"])
def test_every_state_is_reached_and_every_event_is_used(table: Any, of: type[StrEnum], by: type[StrEnum]) -> None:
    start = next(iter(of))
    reached = {start}
    while more := {after for (before, _), after in table.items() if before in reached} - reached:
        reached |= more
    assert reached == set(of)
    assert {event for _, event in table} == set(by)


def test_images_never_fall_back_behind_viewable() -> None:
    """What a patient could look at stays: fewer than declared is still something to see."""
    for (before, _), after in states.IMAGING.items():
        if before in (Imaging.VIEWABLE, Imaging.COMPLETE):
            assert after in (Imaging.VIEWABLE, Imaging.COMPLETE)


def test_only_a_person_brings_back_what_was_withdrawn() -> None:
    leaving = {
        event for (before, event), after in states.RELEASE.items() if before is Release.HIDDEN and after is not Release.HIDDEN
    }
    assert leaving == {states.ReleaseEvent.SHOWN}
    assert states.RELEASE[Release.HIDDEN, states.ReleaseEvent.SHOWN] is Release.HELD


def test_a_retraction_hides_from_every_state_of_release() -> None:
    assert {states.RELEASE[state, states.ReleaseEvent.WITHDRAWN] for state in Release} == {Release.HIDDEN}


def test_whatever_the_report_was_a_higher_version_may_be_anything() -> None:
    assert len(states.REPORTING) == len(Reporting) * len(states.ReportingEvent)


def test_what_has_expired_stays_expired() -> None:
    assert not [event for before, event in states.TIER if before is Tier.EXPIRED]


@pytest.mark.req("ING-01")
def test_the_exams_state_advances_in_order() -> None:
    """Registered, imaged, reported, published: the registry's four words, from the machines alone."""
    course = [
        (Imaging.NONE, Reporting.NONE, Release.HELD),
        (Imaging.RECEIVING, Reporting.NONE, Release.HELD),
        (Imaging.VIEWABLE, Reporting.NONE, Release.HELD),
        (Imaging.COMPLETE, Reporting.PRELIMINARY, Release.HELD),
        (Imaging.COMPLETE, Reporting.AUDITED, Release.HELD),
        (Imaging.COMPLETE, Reporting.AUDITED, Release.RELEASED),
    ]
    seen = [exam_state(*states) for states in course]
    assert seen == [
        ExamState.REGISTERED,
        ExamState.REGISTERED,
        ExamState.IMAGED,
        ExamState.IMAGED,
        ExamState.REPORTED,
        ExamState.PUBLISHED,
    ]


def test_a_state_follows_from_every_combination() -> None:
    for imaging, reporting, release, tier in itertools.product(Imaging, Reporting, Release, Tier):
        state = exam_state(imaging, reporting, release, tier)
        assert (state is ExamState.PUBLISHED) == (release is Release.RELEASED and tier is not Tier.EXPIRED)
        assert (state is ExamState.EXPIRED) == (tier is Tier.EXPIRED)


@pytest.mark.parametrize("tier", [Tier.NEARLINE, Tier.OFFLINE, Tier.RECALLING])
def test_how_fast_it_comes_is_not_what_it_is(tier: Tier) -> None:
    assert exam_state(Imaging.COMPLETE, Reporting.AUDITED, Release.RELEASED, tier) is ExamState.PUBLISHED
