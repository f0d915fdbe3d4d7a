"""What a hospital lets its patients see [PAT-14]: each switch against each route, for patients and for their guests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from functions.core.access.scope import SWITCHES
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from tests.handlers.patient_world import WHOLE, Browser, Reply, World, guest, share, world_of_three

pytestmark = pytest.mark.req("PAT-14")

REFUSED = (404, "not_in_exam")
GONE = {  # route → what the one switch that closes it makes it answer
    "report": {"report": REFUSED, "report pdf": REFUSED},
    "film": {"film": REFUSED},
    "images": {"series": REFUSED},
    "originals": {},  # nothing gives originals yet: the answer to the page says that nothing may
    "sharing": {"shares": (409, "share_refused"), "share": (409, "share_refused")},
}
GUEST_ROUTES = ("exam", "report", "report pdf", "film", "series")


@dataclass
class Asking:
    """Every route of a visit, by a short name."""

    world: World
    browser: Browser
    nick: str = "a"

    def __call__(self, route: str) -> Reply:
        case = self.world.cases[self.nick]
        calls: dict[str, tuple[Any, ...]] = {
            "exam": ("GET", "/exam"),
            "report": ("GET", "/report"),
            "report pdf": ("POST", "/derived/open", {"study": case.exam}),
            "film": ("POST", "/derived/open", {"study": case.study}),
            "shares": ("GET", "/shares"),
            "share": ("POST", "/shares", WHOLE),
        }
        if route == "series":
            return self.browser.call("POST", "/series/{series}/open", {}, series=case.series)
        return self.browser.call(*calls[route])


@pytest.fixture
def world() -> World:
    return world_of_three()


def hide(world: World, *switches: str, tenant: str = "shiyi") -> None:
    world.change(Hospital, keys.hospital_pk(tenant), "HOSPITAL", shows=dict.fromkeys(switches, False))


def patient(world: World) -> Asking:
    browser = Browser(world)
    assert browser.verify(world.token("a"), world.cases["a"].phone[-4:]).status == 201
    return Asking(world, browser)


def said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body.get("code", "") if reply.status >= 400 else ""


def is_open(reply: Reply, route: str) -> bool:
    """Also that it gives something: an address of the report's PDF comes with cookies."""
    return reply.status < 300 and (route not in ("series", "film", "report pdf") or len(reply.cookies) == 3)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("route", ["exam", "report", "report pdf", "film", "series", "shares", "share"])
def test_a_switch_closes_its_own_routes_and_no_other(world: World, switch: str, route: str) -> None:
    """The session is older than the switch: it counts from the next request on."""
    ask = patient(world)
    assert is_open(ask(route), route)
    hide(world, switch)
    reply = ask(route)
    expected = GONE[switch].get(route)
    if expected:
        assert said(reply) == expected
        assert reply.cookies == []
    else:
        assert is_open(reply, route)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("route", GUEST_ROUTES)
def test_a_switch_closes_the_same_for_whom_the_exam_was_shared_with(world: World, switch: str, route: str) -> None:
    ask = Asking(world, guest(world, share(world, "a")))
    assert is_open(ask(route), route)
    hide(world, switch)
    reply = ask(route)
    if switch == "sharing":
        assert said(reply) == (410, "link_revoked")
    elif route in GONE[switch]:
        assert said(reply) == GONE[switch][route]
    else:
        assert is_open(reply, route)


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_exam_says_what_it_shows_and_holds_nothing_else(world: World, switch: str) -> None:
    """What the page draws its entries from."""
    hide(world, switch)
    exam = patient(world)("exam").body
    hidden = {"images", "originals"} if switch == "images" else {switch}
    assert exam["shows"] == {name: name not in hidden for name in SWITCHES}
    assert (exam["report"] is None) == (switch == "report")
    assert (exam["films"] == []) == (switch == "film")
    assert (exam["studies"][0]["series"] == []) == (switch == "images")


def test_with_everything_off_the_exam_says_whose_it_is_and_whom_to_call_and_no_more(world: World) -> None:
    hide(world, *SWITCHES)
    exam = patient(world)("exam").body
    assert not any(exam["shows"].values())
    assert (exam["report"], exam["films"], [study["series"] for study in exam["studies"]]) == (None, [], [[]])
    assert (exam["studies"][0]["received"], exam["studies"][0]["declared"]) == (0, 0)
    assert exam["hospital"]["phone"] == "0757-88880000"


def test_another_hospitals_switches_change_nothing(world: World) -> None:
    hide(world, *SWITCHES, tenant="eryuan")
    assert all(patient(world)("exam").body["shows"].values())


def test_a_patient_can_end_a_share_while_sharing_is_off(world: World) -> None:
    """So that it stays dead should the hospital allow sharing again."""
    ask = patient(world)
    serial = ask("share").body["share"]["serial"]
    hide(world, "sharing")
    assert ask.browser.call("POST", "/shares/{serial}/revoke", {}, serial=str(serial)).body["share"]["state"] == "revoked"
