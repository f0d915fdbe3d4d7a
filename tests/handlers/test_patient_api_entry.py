"""The patient's door: what a link tells and opens, whose requests are heard, how long a visit lasts."""

from __future__ import annotations

import pytest

from functions.adapters import schemas
from functions.core.access.tokens import token_digest
from functions.core.study import keys
from tests.fakes import SETTINGS
from tests.handlers.patient_world import Browser, World, let_in, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


@pytest.mark.req("PAT-01", "NTF-02")
def test_the_link_from_the_sms_opens_the_exam_after_the_identity_check(world, browser):
    opened = browser.call("POST", "/links/open", {"token": world.token("a")})
    assert opened.status == 200
    schemas.check(opened.body, "patient_link_answer.v1")
    assert opened.body["hospital"]["name"] == "佛山市示例医院"
    assert browser.call("GET", "/exam").status == 401, "a link alone opens nothing"
    entered = browser.verify(world.token("a"), "1234")
    assert entered.status == 201
    schemas.check(entered.body, "patient_session_answer.v1")
    exam = browser.call("GET", "/exam")
    assert exam.status == 200
    schemas.check(exam.body, "patient_exam.v1")
    assert exam.body["exam"] == world.cases["a"].exam


@pytest.mark.req("PAT-01")
def test_the_link_from_paper_opens_with_the_code_beside_it(world, browser):
    assert browser.verify(world.token("a", "paper"), world.code("a"), "code").status == 201
    assert browser.call("GET", "/exam").body["exam"] == world.cases["a"].exam


def test_nothing_tells_whether_a_phone_is_known(world, browser):
    """An exam without a phone answers as one with a phone that was mistyped."""
    known = world.token("b")
    world.exam("d", "shiyi", phone="")
    unknown = world.token("d")
    strip = {"request_id"}
    for body in ({"token": known}, {"token": unknown}):
        opened = browser.call("POST", "/links/open", body)
        assert opened.body["modes"] == ["phone_tail", "code"]
        assert opened.body["phone_hint"] is None
    first, second = browser.verify(known, "0000"), browser.verify(unknown, "0000")
    assert {k: v for k, v in first.body.items() if k not in strip} == {k: v for k, v in second.body.items() if k not in strip}


@pytest.mark.parametrize("token", ["x", "0" * 27, "'; DROP TABLE", "ü" * 27])
def test_what_is_no_link_is_unknown_whatever_its_form(browser, token):
    for answer in (browser.call("POST", "/links/open", {"token": token}), browser.verify(token, "1234")):
        assert (answer.status, answer.body["code"]) == (404, "link_unknown")


def test_a_link_ends_and_says_so_for_a_month(world, browser):
    token = world.token("a")
    world.deps.clock.advance(180 * 86400)
    ended = browser.call("POST", "/links/open", {"token": token})
    assert (ended.status, ended.body["code"]) == (410, "link_expired")
    assert ended.body["hospital"]["name"] == "佛山市示例医院"
    world.deps.clock.advance(30 * 86400)
    assert browser.call("POST", "/links/open", {"token": token}).body["code"] == "link_unknown"


def test_a_revoked_link_ends_its_sessions_at_once(world):
    token, browser = world.token("a"), let_in(world)
    row = world.deps.table.get(keys.link_pk(token_digest(token)), "LINK")
    world.deps.table.put({**row, "revoked": True}, expect=row["version"])
    assert browser.call("GET", "/exam").status == 401
    assert browser.verify(token, "1234").body["code"] == "link_revoked"
    assert world.token("a") != token, "a new SMS carries the next serial"


def test_a_session_ends_after_half_an_hour_of_silence(world):
    browser = let_in(world)
    world.deps.clock.advance(1799)
    assert browser.call("GET", "/exam").status == 200
    world.deps.clock.advance(1799)
    assert browser.call("GET", "/exam").status == 200, "use prolongs it"
    world.deps.clock.advance(1800)
    ended = browser.call("GET", "/exam")
    assert (ended.status, ended.body["code"]) == (401, "session_missing")


def test_polling_writes_nothing(world):
    """A waiting page asks every few seconds."""
    browser = let_in(world)
    before = world.deps.table.everything()
    for _ in range(3):
        assert browser.call("GET", "/exam").status == 200
    assert world.deps.table.everything() == before


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403, "origin_wrong"),
        ({"Content-Type": "application/json"}, 403, "origin_wrong"),
        ({"Content-Type": "text/plain", "Origin": SETTINGS.origin}, 415, "content_type_wrong"),
    ],
)
def test_a_change_needs_json_and_our_own_origin(world, browser, headers, status, code):
    """A form on another site can send neither."""
    token = world.token("a")
    answer = browser.call("POST", "/sessions", {"token": token, "mode": "phone_tail", "answer": "1234"}, headers=headers)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.cookies == []


@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": "x", "more": 1}, {"token": "x" * 129}, [], None])
def test_a_body_of_another_form_is_refused_without_being_repeated(browser, body):
    answer = browser.call("POST", "/links/open", body)
    assert (answer.status, answer.body["code"]) == (400, "document_invalid")
