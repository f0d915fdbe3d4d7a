"""A notice's life as a table, and the words of the message."""

from __future__ import annotations

import pytest

from functions.core.errors import ImpossibleStep
from functions.core.notice.states import FINAL, TRANSITIONS, Event, State, step
from functions.core.notice.text import link_url, notice_text


@pytest.mark.req("NTF-05")
def test_nothing_leads_from_an_unknown_fate_to_sending_but_the_word_that_it_never_arrived():
    """Never sent twice blindly (design §12)."""
    ways = [event for (state, event), after in TRANSITIONS.items() if state is State.UNKNOWN and after is State.PENDING]
    assert ways == [Event.NEVER_ARRIVED]
    assert (State.UNKNOWN, Event.TAKEN) not in TRANSITIONS


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("event", list(Event))
def test_a_final_state_is_final(state, event):
    with pytest.raises(ImpossibleStep):
        step(state, event)


def test_every_state_can_be_reached_and_every_other_one_be_left():
    reached = set(TRANSITIONS.values()) | {State.PENDING}
    left = {state for state, _ in TRANSITIONS}
    assert reached == set(State)
    assert left == set(State) - FINAL


@pytest.mark.req("NTF-02")
def test_the_link_carries_its_token_in_the_fragment_and_ends_before_a_space():
    url = link_url("https://film.example.cn", "T" * 27)
    assert url == f"https://film.example.cn/e#t={'T' * 27}"
    for language in ("zh-CN", "en", "fr"):
        text = notice_text("released", language, hospital="市一", url=url)
        assert f"{url} " in text
        assert "市一" in text
        assert len(text) < 210


def test_a_template_without_the_link_is_not_used():
    assert "https://x" in notice_text("released", "zh-CN", hospital="市一", url="https://x", template="您好")


def test_braces_in_a_template_or_a_name_are_only_braces():
    assert notice_text("released", "en", hospital="{url}", url="U", template="{hospital} {x} {url}").endswith("{x} U")
