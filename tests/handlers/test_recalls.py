"""Whoever opens an archived study's series asks for its full images, once, and is told how fast they come [LIFE-01]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters import schemas
from functions.core.study.records import Study
from functions.core.times import iso
from tests.handlers.patient_world import World, guest, let_in, share
from tests.handlers.staff_world import StaffWorld
from tests.handlers.uploads import TENANT

pytestmark = pytest.mark.req("LIFE-01")
Opener = Callable[[World], Callable[[], Any]]


def patient(world: World) -> Callable[[], Any]:
    browser = let_in(world)
    return lambda: browser.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series)


def stranger(world: World) -> Callable[[], Any]:
    browser = guest(world, share(world, "a"))
    return lambda: browser.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series)


def doctor(world: World) -> Callable[[], Any]:
    browser, case = StaffWorld(world.deps).browser("doctor"), world.cases["a"]
    return lambda: browser.call(
        "POST", "exams/{exam}/series/{series}/open", {}, params={"exam": case.exam, "series": case.series}
    )


def lies(world: World, tier: str, **move: str) -> None:
    case = world.cases["a"]
    moved = {"tier": tier, "serial": 1, "at": iso(world.deps.clock.now()), "by": "lifecycle", **move}
    world.change(Study, *Study(TENANT, case.study, "").key(), tier=tier, moved=moved)


@pytest.fixture
def world() -> World:
    made = World()
    made.hospital(TENANT, "佛山市示例医院")
    made.exam("a", TENANT)
    return made


@pytest.mark.parametrize(("opens", "by"), [(patient, "patient"), (stranger, "share"), (doctor, "staff:doctor")])
def test_an_archived_study_is_asked_for_by_whoever_opens_it(world: World, opens: Opener, by: str) -> None:
    """They get its index and its quarter at once, with the word that the rest is still to come."""
    look, asked = opens(world), world.deps.lifecycle_queue.messages
    for tier in ("online", "nearline"):
        lies(world, tier)
        assert look().body["tier"] == tier
    assert asked == []
    lies(world, "offline")
    opened = look()
    schemas.check(opened.body, "patient_series_answer.v1")
    assert (opened.status, opened.body["tier"], len(opened.cookies)) == (200, "offline", 3)
    assert asked == [{"tenant": TENANT, "study": world.cases["a"].study, "to": "online", "by": by}]
    lies(world, "recalling")
    assert look().body["tier"] == "recalling"
    assert len(asked) == 1


def test_what_was_recalled_for_a_week_is_not_called_online_afterwards(world: World) -> None:
    """Its copy is gone by the minute, whether or not a row says so."""
    look = patient(world)
    now = world.deps.clock.now()
    lies(world, "online", until=iso(now + timedelta(seconds=60)))
    assert look().body["tier"] == "online"
    world.deps.clock.advance(60)
    assert look().body["tier"] == "offline"
    assert len(world.deps.lifecycle_queue.messages) == 1
