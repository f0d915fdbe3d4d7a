"""The hospital's user agreement: read before the exam opens, agreed to by version [PAT-05]."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from functions.adapters import schemas
from functions.core.access import agreements
from functions.core.study import changes
from iac.operator import hospitals
from tests.handlers.patient_world import WHOLE, Browser, World, guest, share, world_of_three

pytestmark = pytest.mark.req("PAT-05")

TEXTS = {"zh-CN": "# 用户协议\n\n请先阅读。\n第二行。\n\n- 一\n- 二", "en": "# User agreement\n\nPlease read.\n\n- one\n- two"}
NEEDED = (403, "consent_needed")


@pytest.fixture
def world() -> World:
    return world_of_three()


def agree_on(world: World, *, forced: bool, texts: dict[str, str] = TEXTS) -> int:
    """The version that is in force then."""
    return int(hospitals.set_agreement(world.deps, "shiyi", texts, forced=forced).agreement["version"])


def patient(world: World, nick: str = "a") -> Browser:
    browser = Browser(world)
    assert browser.verify(world.token(nick), world.cases[nick].phone[-4:]).status == 201
    return browser


def calls(world: World, browser: Browser) -> dict[str, tuple[int, str]]:
    """What each route that needs a visit answers."""
    case = world.cases["a"]
    asked = {
        "exam": browser.call("GET", "/exam"),
        "report": browser.call("GET", "/report"),
        "series": browser.call("POST", "/series/{series}/open", {}, series=case.series),
        "film": browser.call("POST", "/derived/open", {"study": case.study}),
        "report pdf": browser.call("POST", "/derived/open", {"study": case.exam}),
    }
    if browser.base.startswith("/patient"):
        asked |= {
            "shares": browser.call("GET", "/shares"),
            "share": browser.call("POST", "/shares", WHOLE),
            "end share": browser.call("POST", "/shares/{serial}/revoke", {}, serial="1"),
            "openings": browser.call("GET", "/openings"),
        }
    assert all(reply.status < 300 or not reply.cookies for reply in asked.values())
    return {name: (reply.status, reply.body.get("code", "")) for name, reply in asked.items()}


def consents(world: World) -> list[Any]:
    return [row for row in world.deps.table.everything() if row["kind"] == "consent"]


def test_nothing_opens_before_a_forced_agreement_and_all_of_it_after(world: World) -> None:
    version, browser = agree_on(world, forced=True), patient(world)
    assert set(calls(world, browser).values()) == {NEEDED}
    refused = browser.call("GET", "/exam").body
    assert (refused["version"], refused["hospital"]["name"]) == (version, "佛山市示例医院")
    shown = browser.call("GET", "/agreement")
    schemas.check(shown.body, "patient_agreement.v1")
    assert (shown.status, shown.body["agreed_at"], shown.body["forced"]) == (200, None, True)
    given = browser.call("POST", "/consents", {"version": version})
    schemas.check(given.body, "patient_consent_answer.v1")
    assert (given.status, given.body["version"]) == (201, version)
    assert {status for status, _ in calls(world, browser).values()} <= {200, 201}
    exam = browser.call("GET", "/exam").body
    schemas.check(exam, "patient_exam.v1")
    assert exam["agreement"] == {"version": version, "agreed": True}


def test_a_consent_says_version_time_link_and_patient_and_the_journal_is_told(world: World) -> None:
    version, browser = agree_on(world, forced=True), patient(world)
    browser.call("POST", "/consents", {"version": version})
    (row,) = consents(world)
    (event,) = changes.events(None, row, "2026-11-24T07:00:00Z")
    schemas.check(event, "event.v1")
    schemas.check(event["body"], "consent_given.v1")
    body = event["body"]
    assert (event["type"], body["version"], body["by"], body["at"]) == (
        "consent_given",
        version,
        "patient",
        "2026-11-24T06:05:00Z",
    )
    assert (body["exam"], body["patient"]) == (world.cases["a"].exam, row["patient"])
    assert body["link"]


def test_who_agreed_once_is_not_asked_in_the_next_session(world: World) -> None:
    version, browser = agree_on(world, forced=True), patient(world)
    first = browser.call("POST", "/consents", {"version": version}).body
    world.deps.clock.advance(60)
    again = patient(world)
    assert again.call("GET", "/exam").status == 200
    assert again.call("POST", "/consents", {"version": version}).body == first, "when it was first said stays"
    assert len(consents(world)) == 1


def test_a_new_version_asks_again_and_the_same_text_does_not(world: World) -> None:
    version, browser = agree_on(world, forced=True), patient(world)
    browser.call("POST", "/consents", {"version": version})
    assert agree_on(world, forced=True) == version
    assert browser.call("GET", "/exam").status == 200
    newer = agree_on(world, forced=True, texts={**TEXTS, "en": "Other."})
    assert newer == version + 1
    assert browser.call("GET", "/exam").body["version"] == newer
    late = browser.call("POST", "/consents", {"version": version})
    assert ((late.status, late.body["code"]), late.body["version"]) == (NEEDED, newer), "what was read is not what is in force"
    browser.call("POST", "/consents", {"version": newer})
    assert browser.call("GET", "/exam").status == 200


def test_a_text_that_was_withdrawn_is_asked_for_no_more_and_comes_back_as_another_version(world: World) -> None:
    first = agree_on(world, forced=True)
    agree_on(world, forced=True, texts={})
    assert patient(world).call("GET", "/agreement").body["code"] == "not_in_exam"
    assert patient(world).call("GET", "/exam").status == 200
    assert agree_on(world, forced=True) == first + 1


def test_one_that_is_not_forced_opens_all_and_notes_who_read_it(world: World) -> None:
    version, browser = agree_on(world, forced=False), patient(world)
    assert browser.call("GET", "/exam").body["agreement"] == {"version": version, "agreed": False}
    browser.call("POST", "/consents", {"version": version})
    assert browser.call("GET", "/exam").body["agreement"] == {"version": version, "agreed": True}
    (row,) = consents(world)
    assert row["forced"] is False


def test_a_guest_is_asked_in_each_session_and_another_patient_for_themselves(world: World) -> None:
    shared = share(world, "a")
    version = agree_on(world, forced=True)
    patient(world).call("POST", "/consents", {"version": version})
    first, second = guest(world, shared), guest(world, shared)
    assert set(calls(world, first).values()) == {NEEDED}
    assert first.call("POST", "/consents", {"version": version}).status == 201
    assert {status for status, _ in calls(world, first).values()} == {200}
    assert set(calls(world, second).values()) == {NEEDED}
    assert patient(world, "b").call("GET", "/exam").body["code"] == "consent_needed"
    assert patient(world, "c").call("GET", "/exam").status == 200, "another hospital has none"
    assert sorted(row["by"] for row in consents(world)) == ["patient", "share"]


@pytest.mark.parametrize(("route", "body"), [("/agreement", None), ("/consents", {"version": 1})])
def test_without_a_session_there_is_neither_text_nor_consent(world: World, route: str, body: Any) -> None:
    agree_on(world, forced=True)
    reply = Browser(world).call("GET" if body is None else "POST", route, body)
    assert reply.body["code"] == "session_missing"
    assert consents(world) == []


def test_the_same_word_said_twice_at_once_is_one(world: World) -> None:
    version = agree_on(world, forced=True)
    browsers = [patient(world) for _ in range(8)]
    said: list[int] = []
    threads = [
        threading.Thread(target=lambda one=one: said.append(one.call("POST", "/consents", {"version": version}).status))
        for one in browsers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [201] * 8
    assert len(consents(world)) == 1


def test_the_text_is_shown_in_blocks_and_never_as_markup(world: World) -> None:
    agree_on(world, forced=True, texts={**TEXTS, "en": "# A\nB\nC\n\n<b>D</b>\n- one\ngoes on\n* two\n\u202eE"})
    shown = patient(world).call("GET", "/agreement").body["texts"]
    assert [(one["kind"], one["text"]) for one in shown["zh-CN"]] == [
        ("heading", "用户协议"),
        ("paragraph", "请先阅读。\n第二行。"),
        ("item", "一"),
        ("item", "二"),
    ]
    assert [(one["kind"], one["text"]) for one in shown["en"]] == [
        ("heading", "A"),
        ("paragraph", "B\nC"),
        ("paragraph", "<b>D</b>"),
        ("item", "one\ngoes on"),
        ("item", "two\nE"),
    ]


def test_the_longest_text_fits_into_an_answer(world: World, tmp_path: Path) -> None:
    long = "字" * agreements.LONGEST
    agree_on(world, forced=True, texts={"zh-CN": long, "en": long})
    assert patient(world).call("GET", "/agreement").body["texts"]["zh-CN"] == [{"kind": "paragraph", "text": long}]
