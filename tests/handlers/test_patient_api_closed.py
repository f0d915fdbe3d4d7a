"""The patient's door while a hospital's index is lost or being rebuilt: shut, calm, and nobody is the worse for knocking."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.access.links import Link
from functions.core.access.tokens import token_digest
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, Rebuilding
from functions.patient_api.app import app
from tests.handlers.patient_world import WHOLE, Browser, Reply, World, guest, share, world_of_three

pytestmark = pytest.mark.req("PLUS-04")

ROUTES = sorted((method, path) for path, methods in app.routes.items() for method in methods)
LEAVING = {("DELETE", "/patient/v1/sessions"), ("DELETE", "/guest/v1/sessions")}
# whose they are a state or cookie of WeChat's page says: test_patient_wechat.py
FROM_WECHAT = {("GET", "/patient/v1/wechat/callback"), *((method, "/patient/v1/wechat/exams") for method in ("GET", "POST"))}
SHUT = [route for route in ROUTES if route not in LEAVING | FROM_WECHAT]


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def inside(world: World) -> Browser:
    """Somebody who was let in before."""
    browser = Browser(world)
    assert browser.verify(world.token("a"), "1234").status == 201
    return browser


def close(world: World, how: str) -> None:
    row = world.deps.table.get(keys.hospital_pk("shiyi"), "HOSPITAL")
    assert row is not None
    if how == "rebuilding":
        world.change(Hospital, row["pk"], row["sk"], rebuilding="2026-11-24T06:00:00Z")
    else:
        world.deps.table.delete(row["pk"], row["sk"], expect=row["version"])


def ask(world: World, browser: Browser, method: str, path: str, token: str) -> Reply:
    case = world.cases["a"]
    guests = path.startswith("/guest")
    bodies: dict[str, Any] = {
        "/links/open": {"token": token},
        "/sessions": {"token": token} if guests else {"token": token, "mode": "phone_tail", "answer": "1234"},
        "/series/{series}/open": {},
        "/derived/open": {"study": case.study},
        "/shares": WHOLE,
        "/shares/{serial}/revoke": {},
        "/consents": {"version": 1},
    }
    route = path.removeprefix("/guest/v1" if guests else "/patient/v1")
    params = {name: value for name, value in (("series", case.series), ("serial", "1")) if f"{{{name}}}" in path}
    return browser.call(method, route, bodies.get(route) if method == "POST" else None, None, **params)


@pytest.mark.parametrize("how", ["rebuilding", "lost"])
@pytest.mark.parametrize(("method", "path"), SHUT)
def test_every_route_says_when_to_come_again(world: World, inside: Browser, method: str, path: str, how: str) -> None:
    """To whoever was let in before, with whom it was shared, and who comes new."""
    shared = share(world, "a")
    browser, token = (guest(world, shared), shared["token"]) if path.startswith("/guest") else (inside, world.token("a"))
    if path.startswith("/guest") and path.endswith(("/links/open", "/sessions")):
        browser = Browser(world, guest=True)
    close(world, how)
    reply = ask(world, browser, method, path, token)
    assert (reply.status, reply.body["code"], reply.body["retry"]) == (503, "hospital_rebuilding", True)
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.cookies == []
    assert reply.body.get("hospital", {}).get("phone") == ("0757-88880000" if how == "rebuilding" else None)


@pytest.mark.parametrize("how", ["rebuilding", "lost"])
def test_an_answer_at_a_shut_door_takes_no_try(world: World, how: str) -> None:
    """Nothing says who the patient is: a right answer would count as wrong."""
    close(world, how)
    for _ in range(7):
        assert Browser(world).verify(world.token("a"), "1234").status == 503
    row = world.deps.table.get(keys.link_pk(token_digest(world.token("a"))), "LINK")
    assert row is not None
    assert (Link.from_row(row).tries, Link.from_row(row).locked_until) == (0, 0)


def test_another_hospitals_door_stays_open(world: World, inside: Browser) -> None:
    close(world, "rebuilding")
    world.put(Rebuilding({"shiyi": "2026-11-24T06:00:00Z"}))
    other = Browser(world)
    assert other.verify(world.token("c"), "9999").status == 201
    assert other.call("GET", "/exam").status == 200


def test_who_is_inside_can_leave(world: World, inside: Browser) -> None:
    """On somebody else's phone that cannot wait."""
    close(world, "lost")
    old = inside.session
    assert inside.call("DELETE", "/sessions").status == 204
    assert inside.session is None
    assert world.deps.table.get(keys.session_pk(token_digest(old or "")), "SESSION") is None


def test_when_it_opens_again_link_and_session_are_as_they_were(world: World, inside: Browser) -> None:
    close(world, "rebuilding")
    assert inside.call("GET", "/exam").status == 503
    world.change(Hospital, keys.hospital_pk("shiyi"), "HOSPITAL", rebuilding="")
    assert inside.call("GET", "/exam").status == 200
    assert inside.call("POST", "/links/open", {"token": world.token("a")}).body["tries_left"] == 5


@pytest.mark.parametrize(("lost", "status"), [({"shiyi": "2026-11-24T06:00:00Z"}, 503), ({}, None), (None, None)])
def test_a_link_or_session_that_is_not_there_may_be_a_lost_one(
    world: World, lost: dict[str, str] | None, status: int | None
) -> None:
    """Whose it was nobody can say, so that any hospital's rebuilding counts; without one it is unknown as ever."""
    if lost is not None:
        world.put(Rebuilding(lost))
    browser = Browser(world)
    assert browser.call("POST", "/links/open", {"token": "x" * 27}).status == (status or 404)
    assert browser.call("POST", "/links/open", {"token": "no token at all, this"}).status in (400, 404)
    browser.session = "x" * 27
    assert browser.call("GET", "/exam").status == (status or 401)
    browser.session = None
    assert browser.call("GET", "/exam").status == 401
