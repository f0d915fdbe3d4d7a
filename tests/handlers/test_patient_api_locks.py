"""Wrong answers lock a link: how many, how long, and nothing slips past the count."""

from __future__ import annotations

import threading

import pytest

from functions.adapters import links as link_rows
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from functions.core.access import links
from functions.core.access.links import Link
from functions.core.access.tokens import token_digest
from functions.core.study import changes, keys
from functions.core.times import epoch_s
from tests.handlers.patient_world import Browser, World, fakes, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


@pytest.mark.req("PAT-03")
def test_five_wrong_answers_lock_the_link_and_a_right_one_does_not_open_it_then(world, browser):
    token = world.token("a")
    for left in (4, 3, 2, 1):
        wrong = browser.verify(token, "0000")
        assert (wrong.status, wrong.body["code"], wrong.body["tries_left"]) == (403, "answer_wrong", left)
    fifth = browser.verify(token, "0000")
    assert (fifth.status, fifth.body["code"], fifth.body["until"]) == (423, "link_locked", "2026-11-24T06:20:00Z")
    assert browser.verify(token, "1234").status == 423
    assert browser.call("POST", "/links/open", {"token": token}).body["hospital"]["phone"]
    world.deps.clock.advance(15 * 60)
    assert browser.verify(token, "1234").status == 201


@pytest.fixture
def browser_with_events() -> tuple[World, Browser, list[str]]:
    """With the types of all events that the table's changes make."""
    told: list[str] = []

    def watch(old: Row | None, new: Row | None) -> None:
        told.extend(event["type"] for event in changes.events(old, new, "2026-11-24T06:05:00Z"))

    deps = fakes()
    deps.table = MemoryTable(watch=watch)
    world = World(deps)
    world.hospital("shiyi", "佛山市示例医院")
    world.exam("a", "shiyi")
    return world, Browser(world), told


@pytest.mark.req("PAT-03")
def test_the_right_answer_at_the_last_try_opens_the_link_and_tells_of_no_lock(browser_with_events):
    """The try shuts the link before the answer is looked at; a journal that says locked and unlocked would tell of an attack."""
    world, browser, told = browser_with_events
    token = world.token("a")
    for _ in range(4):
        browser.verify(token, "0000")
    assert browser.verify(token, "1234").status == 201
    assert [event for event in told if event.startswith("link_") and event != "link_issued"] == []
    for _ in range(5):
        browser.verify(token, "0000")
    assert [event for event in told if event.startswith("link_") and event != "link_issued"] == ["link_locked"]
    assert browser.verify(token, "1234").status == 423


@pytest.mark.req("PAT-03")
def test_a_crash_while_the_last_answer_is_compared_leaves_the_link_shut_for_the_lock(world, browser):
    token = world.token("a")
    link = Link.from_row(world.deps.table.get(keys.link_pk(token_digest(token)), "LINK"))
    for _ in range(5):
        link = links.take_try(link, epoch_s(world.deps.clock.now()))
    world.put(link)
    assert browser.verify(token, "1234").status == 423
    world.deps.clock.advance(15 * 60)
    assert browser.verify(token, "1234").status == 201


@pytest.mark.req("PAT-03")
def test_twenty_guesses_at_once_are_looked_at_five_times_at_most(world):
    """The tries are taken by conditional writes; a burst cannot slip past the count."""
    token = world.token("a")
    gate = threading.Barrier(20)
    statuses: list[int] = []

    def guess(number: int) -> None:
        own = Browser(world)
        gate.wait()
        statuses.append(own.verify(token, f"{number:04d}").status)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked_at = [status for status in statuses if status == 403]
    assert len(statuses) == 20
    assert len(looked_at) <= 4, "four wrong answers are told, the fifth says locked"
    assert set(statuses) <= {403, 409, 423}
    row = world.deps.table.get(keys.link_pk(token_digest(token)), "LINK")
    assert row["tries"] == 5
    assert row["lock_level"] == 1


def test_staff_unlock_a_link(world, browser):
    token = world.token("a")
    for _ in range(5):
        browser.verify(token, "0000")
    link_rows.unlock(world.deps.table, token_digest(token))
    assert browser.verify(token, "1234").status == 201


def test_a_lock_is_of_one_link(world, browser):
    for _ in range(5):
        browser.verify(world.token("a"), "0000")
    assert browser.verify(world.token("a", "paper"), world.code("a"), "code").status == 201
    assert browser.verify(world.token("b"), "5678").status == 201
