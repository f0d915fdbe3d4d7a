"""Nothing about another study can be reached, on any route: generated from the app's own routes [PAT-01, PAT-03]."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from functions.core.access.tokens import token_digest
from functions.core.study import keys
from functions.patient_api.app import app
from tests.handlers.patient_world import WHOLE, Browser, World, guest, share, world_of_three

ROUTES = sorted((method, path) for path, methods in app.routes.items() for method in methods)
FOREIGN = ("b", "c")


def strings_of(world: World, nick: str) -> set[str]:
    """Every keyed name and digest that belongs to an exam."""
    case = world.cases[nick]
    return {case.exam, case.study, case.series, keys.sha256_hex(nick), f"所见 {nick}", case.phone}


def candidates(world: World) -> list[str]:
    """Names of the foreign exams, broken forms of them, and names of nothing."""
    foreign = [name for nick in FOREIGN for name in (world.cases[nick].study, world.cases[nick].series, world.cases[nick].exam)]
    own = world.cases["a"]
    tricks = [f"../{own.study}", f"{own.series}/..", f"{foreign[0]}/{foreign[1]}", "*", "%2e%2e", "", "a" * 32, own.exam]
    return foreign + tricks


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def inside(world: World) -> Browser:
    browser = Browser(world)
    assert browser.verify(world.token("a"), "1234").status == 201
    return browser


def without_base(path: str) -> str:
    return path.removeprefix("/patient/v1").removeprefix("/guest/v1")


def bodies(path: str, names: list[str]) -> list[dict[str, str] | None]:
    if path.endswith("/derived/open"):
        return [{"study": name} for name in names]
    if path.endswith(("/series/{series}/open",)):
        return [{}]
    if path.endswith("/links/open"):
        return [{"token": name} for name in names]
    if path.endswith("/sessions"):
        if path.startswith("/guest"):
            return [{"token": name, "code": "123456"} for name in names]
        return [{"token": name, "mode": mode, "answer": "1234"} for name in names for mode in ("phone_tail", "code")]
    if path.endswith("/shares"):
        return [{**WHOLE, "series": [name]} for name in names]
    if path.endswith("/revoke"):
        return [{}]
    if path.endswith("/wechat/exams"):
        return [{"exam": name} for name in names]
    return [None]


@pytest.mark.req("PAT-01", "PAT-03")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_with_anything_of_another_exam(world, inside, method, path):
    """With a's session, and with that of a's guest, every name of b and c, and every trick, is tried in path and body."""
    names = candidates(world)
    share(world, "b")  # with the same serial as a's
    inside = guest(world, share(world, "a")) if path.startswith("/guest") else inside
    foreign = set().union(*(strings_of(world, nick) for nick in FOREIGN))
    route = without_base(path)
    for body in bodies(path, names):
        wanted = re.findall(r"{(\w+)}", path)
        for values in itertools.product([name for name in names if name] if wanted else [""], repeat=max(1, len(wanted))):
            params = dict(zip(wanted, values, strict=False))
            session = inside.session
            reply = inside.call(method, route, body, **params)
            inside.session = session
            assert path.endswith("/sessions") or inside.call("GET", "/exam").status == 200
            text = json.dumps([reply.body, reply.cookies], ensure_ascii=False)
            assert not [name for name in foreign if name in text], f"{method} {path} told of another exam"
            own_report = path.endswith("/derived/open") and body == {"study": world.cases["a"].exam}
            if (wanted or (body and ("study" in body or "series" in body))) and not own_report and method != "GET":
                assert reply.status in (400, 404)
                assert reply.cookies == []


def test_a_foreign_name_and_a_name_of_nothing_get_the_same_answer(world, inside):
    answers = []
    for name in (world.cases["b"].series, world.cases["c"].series, "a" * 32):
        reply = inside.call("POST", "/series/{series}/open", {}, series=name)
        answers.append((reply.status, reply.body))
    for name in (world.cases["b"].study, world.cases["c"].study, "a" * 32):
        reply = inside.call("POST", "/derived/open", {"study": name})
        answers.append((reply.status, reply.body))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][1]["code"] == "not_in_exam"


DOORS = ("/links/open", "/sessions", "/wechat/callback")  # whoever comes there has no session yet


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if not route[1].endswith(DOORS)])
def test_without_a_session_every_inner_route_says_only_that(world, method, path):
    case = world.cases["a"]
    body = {"study": case.study} if path.endswith("/derived/open") else {} if method == "POST" else None
    params = {"series": case.series} if "{series}" in path else {"serial": "1"} if "{serial}" in path else {}
    body = WHOLE if path.endswith("/shares") and method == "POST" else body
    body = {"version": 1} if path.endswith("/consents") else {"exam": case.exam} if path.endswith("/wechat/exams") else body
    reply = Browser(world, guest=path.startswith("/guest")).call(method, without_base(path), body, **params)
    assert (reply.status, reply.body["code"]) == (401, "session_missing")
    assert reply.cookies == []


@pytest.mark.parametrize("cookie", ["", "x", "0" * 27, "a" * 500])
def test_a_made_up_session_opens_nothing(world, cookie):
    browser = Browser(world)
    browser.session = cookie
    assert browser.call("GET", "/exam").status == 401


def test_one_browser_with_two_links_sees_the_one_opened_last_and_only_that(world, inside):
    assert inside.verify(world.token("b"), "5678").status == 201
    assert inside.call("GET", "/exam").body["exam"] == world.cases["b"].exam
    reply = inside.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series)
    assert reply.status == 404


def test_opening_another_link_ends_the_session_before_it(world, inside):
    old = inside.session
    assert inside.verify(world.token("b"), "5678").status == 201
    again = Browser(world)
    again.session = old
    assert again.call("GET", "/exam").status == 401


def test_the_digest_in_the_table_is_no_key(world, inside):
    """Who reads the table, a backup or a log can open nothing with what stands there."""
    digest = token_digest(world.token("b"))
    assert inside.call("POST", "/links/open", {"token": digest}).status == 404
    browser = Browser(world)
    browser.session = token_digest(inside.session or "")
    assert browser.call("GET", "/exam").status == 401


def test_the_table_holds_no_token_no_code_and_no_answer(world, inside):
    text = json.dumps([dict(row) for row in world.deps.table.everything()], ensure_ascii=False)
    assert world.token("a") not in text
    assert (inside.session or "?") not in text
    assert world.code("a") not in text


def test_the_log_names_the_exam_and_study_that_a_patient_asks_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(world)
    case = world.cases["a"]
    browser.verify(world.token("a"), "0000")
    browser.verify(world.token("a"), case.phone[-4:])
    browser.call("POST", "/series/{series}/open", {}, series=case.series)
    wrong, right, opened = [vars(one) for one in caplog.records if one.message == "served"]
    assert [line["exam"] for line in (wrong, right, opened)] == [case.exam] * 3
    assert (opened["tenant"], opened["study"], opened["series"]) == (case.tenant, case.study, case.series)
