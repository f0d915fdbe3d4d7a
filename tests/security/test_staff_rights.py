"""Every route of the staff's API × every role, nobody, a first password, and names of another hospital [SEC-13]."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from functions.adapters.schemas import FOLDER
from functions.core.access.rights import OF_THE_PLATFORM, RIGHTS, ROLES
from functions.staff_api.app import staff_routes
from functions.staff_api.routes import StaffRoute
from tests.handlers.staff_world import Browser, StaffWorld

pytestmark = pytest.mark.req("SEC-13")

ALL = list(staff_routes())
IDS = [f"{route.method} {route.path}" for route in ALL]
# written out by hand: who may do what, not what the table happens to say
EXPECTED = {
    "operator": {"self", "agents", "quarantine", "alarms", "studies.list"},
    "doctor": {"self", "studies.list", "studies.view", "series", "patient", "shares"},
    "finance": {"self", "bills", "prices"},
}
REFUSED = ("session_missing", "password_must_change", "right_missing")


@pytest.fixture(scope="module")
def world() -> StaffWorld:
    return StaffWorld()


@pytest.fixture(scope="module")
def inside(world: StaffWorld) -> dict[str, Browser]:
    """Role → somebody who has just that."""
    return {role: world.browser(role) for role in ROLES}


def ask(browser: Browser, route: StaffRoute, **names: str) -> Any:
    """With a body that says nothing: whoever is let in is told what is wrong with it, after the right was looked at."""
    params = {name: names.get(name, "a" * 32) for name in re.findall(r"{(\w+)}", route.path)}
    body = {} if route.method != "GET" else None
    return browser.call(route.method, route.path.removeprefix("/staff/v1/"), body, params=params or None)


def may(role: str, right: str) -> bool:
    return right not in OF_THE_PLATFORM and bool({right, right.partition(".")[0]} & EXPECTED[role])


@pytest.mark.parametrize("route", ALL, ids=IDS)
def test_a_route_serves_the_roles_that_it_is_for_and_refuses_every_other(inside: dict[str, Browser], route: StaffRoute) -> None:
    for role, browser in inside.items():
        answer = ask(browser, route)
        assert (answer.code not in REFUSED) == may(role, route.right), (role, answer.code)
        assert answer.status < 500


@pytest.mark.parametrize("route", ALL, ids=IDS)
def test_without_a_session_no_route_serves_anything(world: StaffWorld, route: StaffRoute) -> None:
    for token in ("", "0" * 27, "no token at all"):
        answer = ask(Browser(world, token), route)
        assert (answer.status, answer.code) == (401, "session_missing")


@pytest.mark.parametrize("route", ALL, ids=IDS)
def test_a_first_password_is_let_into_no_route_but_its_change(world: StaffWorld, route: StaffRoute) -> None:
    browser = Browser(world)
    name = f"new-{ALL.index(route)}"
    browser.sign_in(name, world.add(name, *ROLES, platform=True))
    answer = ask(browser, route)
    assert (answer.code == "password_must_change") == (route.path != "/staff/v1/password")


def test_every_right_is_some_roles_and_every_route_has_one() -> None:
    assert {route.right for route in ALL} <= set(RIGHTS)
    assert all(RIGHTS[right] <= set(ROLES) and RIGHTS[right] for right in RIGHTS)


@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_rights_is_the_one_that_was_decided(role: str) -> None:
    """Somebody who adds a right to a role adds it here, too."""
    rest = {right for right in RIGHTS if role in RIGHTS[right]} - OF_THE_PLATFORM
    assert rest == {right for right in RIGHTS if may(role, right)}


def test_a_refusal_stands_in_the_journal_once_an_hour(world: StaffWorld, inside: dict[str, Browser]) -> None:
    """Who tries a thousand times fills no journal, and is seen all the same."""
    (route,) = [one for one in ALL if one.path == "/staff/v1/agents"]
    for _ in range(3):
        ask(inside["finance"], route)
    vault = world.deps.vault
    told = [json.loads(vault.get("originals", key)) for key in vault.keys("originals", "journal/")]
    refused = [one for one in told if one["type"] == "staff_refused" and one["body"]["right"] == "agents.read"]
    assert [one["cause"] for one in refused if one["cause"] == "staff:finance"] == ["staff:finance"]


def test_a_name_in_a_path_never_reaches_another_hospital() -> None:
    """There is no way to say another's; what names of its things are answered, tests/security/test_staff_walls.py tries."""
    for route in ALL:
        assert "{tenant}" not in route.path
        assert "{hospital}" not in route.path
        for schema in (route.schema, route.query):
            if schema:
                with open(f"{FOLDER}/{schema}.json", encoding="utf-8") as file:
                    assert not {"tenant", "hospital"} & set(json.load(file)["properties"])
