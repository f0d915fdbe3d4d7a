"""The life of an object is one table, and the table keeps the agent's word."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from edge_agent.errors import ImpossibleStep
from edge_agent.spool.states import TRANSITIONS, Do, Event, State, Step, diagram, step

DOCS = Path(__file__).parents[2] / "docs" / "agent.md"
PROMISED = set(State) - {State.WRITING, State.DROPPED, State.SENT, State.FORGOTTEN}


@pytest.mark.req("EDGE-01")
def test_success_is_answered_only_by_the_sync():
    """The one place where a promise is made."""
    assert [key for key, does in TRANSITIONS.items() if does.do is Do.ANSWER_SUCCESS] == [(State.WRITING, Event.SYNCED)]


@pytest.mark.req("EDGE-01")
@pytest.mark.parametrize("state", sorted(PROMISED, key=lambda state: state.value))
def test_a_restart_loses_nothing_that_was_promised(state):
    """The sender was told success; losing the object is not an option."""
    if state is State.SENDING:
        assert step(state, Event.RESTARTED) == Step(State.PACKED, Do.UPLOAD)
    else:
        assert step(state, Event.RESTARTED).state is state


def test_a_restart_drops_what_was_never_promised():
    assert step(State.WRITING, Event.RESTARTED) == Step(State.DROPPED, Do.DELETE_FILE)


def test_a_promised_file_is_deleted_only_after_the_cloud_indexed_it_or_by_a_person():
    deleting = {key for key, does in TRANSITIONS.items() if does.do is Do.DELETE_FILE and key[0] in PROMISED}
    assert deleting == {(State.UPLOADED, Event.INDEXED), (State.PARKED, Event.DISCARDED)}


def test_whatever_is_not_in_the_table_is_refused():
    for state, event in itertools.product(State, Event):
        if (state, event) not in TRANSITIONS:
            with pytest.raises(ImpossibleStep):
                step(state, event)


def test_every_state_but_the_ends_can_be_left_and_every_one_is_reached():
    left = {state for state, _ in TRANSITIONS}
    reached = {does.state for does in TRANSITIONS.values()} | {State.WRITING}
    assert set(State) - left == {State.DROPPED, State.FORGOTTEN}
    assert reached == set(State)


def test_numbers_on_disk_never_change():
    """A journal outlives the program that wrote it."""
    assert {state.name: state.value for state in State} == {
        "WRITING": 1,
        "SPOOLED": 2,
        "SENDING": 3,
        "SENT": 4,
        "PARKED": 5,
        "DROPPED": 6,
        "PACKED": 7,
        "UPLOADED": 8,
        "FORGOTTEN": 9,
    }


def test_the_diagram_in_the_docs_is_this_table():
    assert diagram() in DOCS.read_text("utf-8")
