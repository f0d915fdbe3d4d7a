"""Names of another hospital on every route of the staff's API: generated from the routes, each beside the same with our own
[SEC-13]."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from functions.adapters.lake import lines
from functions.core.access.rights import ROLES
from functions.core.billing.records import Case
from functions.core.study import keys
from functions.core.study.agents import Agent
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.receipts import Receipt
from functions.staff_api.app import staff_routes
from functions.staff_api.routes import StaffRoute
from tests.handlers.patient_world import World
from tests.handlers.staff_world import OTHER, Browser, Reply, StaffWorld
from tests.handlers.uploads import TENANT

pytestmark = pytest.mark.req("SEC-13")

MONTH = "2026-11"
NAMES = ("exam", "series", "study", "agent", "name")  # that belong to one hospital
BODIES: dict[str, dict[str, Any]] = {
    "agents/{agent}/revoke": {"reason": "x"},
    "bills/{month}/corrections": {"exam": "{exam}", "cancel": True, "reason": "x"},
    "exams/{exam}/derived/open": {"study": "{study}"},
    "exams/{exam}/patient": {"phone": "13900004321", "reason": "x"},
    "exams/{exam}/series/{series}/hide": {"reason": "x"},
    "exams/{exam}/series/{series}/open": {},
    "exams/{exam}/series/{series}/show": {"reason": "x"},
    "quarantine/{subject}/{name}/retry": {},
    "quarantine/{subject}/{name}/settle": {"note": "x"},
}
NAMELESS = {"agents/codes", "bills/{month}/close", "password", "prices", "queues/{queue}/redrive"}  # each does its own hospital's

Names = dict[str, str]


def short(route: StaffRoute) -> str:
    return route.path.removeprefix("/staff/v1/")


def named(route: StaffRoute) -> list[str]:
    """The names that path and body take."""
    said = set(re.findall(r"{(\w+)}", short(route) + json.dumps(BODIES.get(short(route), {}))))
    return [name for name in NAMES if name in said]


ALL = list(staff_routes())
SWAPPED = [route for route in ALL if named(route)]
LISTS = [route for route in ALL if route.method == "GET" and not named(route)]
NOTHING = {"exam": "a" * 32, "series": "a" * 32, "study": "a" * 32, "agent": "a" * 16, "name": "a" * 64}


@dataclass
class Walls:
    world: World
    browser: Browser
    own: Names
    foreign: Names

    def ask(self, route: StaffRoute, names: Names, query: dict[str, str] | None = None) -> Reply:
        def filled(value: Any) -> Any:
            return names[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value

        values = {"month": MONTH, "subject": "report", "queue": "ingest", **names}
        params = {name: values[name] for name in re.findall(r"{(\w+)}", route.path)}
        body = {key: filled(value) for key, value in BODIES[short(route)].items()} if route.method == "POST" else None
        return self.browser.call(route.method, short(route), body, params=params or None, query=query)

    def theirs(self) -> list[str]:
        """All that stands about the other hospital: its rows, and its journal."""
        rows = [json.dumps(row, sort_keys=True) for row in self.world.deps.table.everything()]
        return sorted(row for row in rows if OTHER in row) + list(self.world.deps.vault.keys("originals", f"journal/{OTHER}/"))


def furnish(world: World, tenant: str, nick: str, phone: str) -> Names:
    """An exam on a bill and in the list, an agent, and a report that waits for a person."""
    deps, case = world.deps, world.exam(nick, tenant, phone=phone, name=f"欧阳{nick}")
    agent, report = keys.sha256_hex(nick)[:16], keys.sha256_hex(f"report {nick}")
    world.put(Agent(tenant, agent, f"BOX_{nick}", [], "2026-01-01T00:00:00Z"))
    world.put(QuarantineEntry(tenant, "report", report, "pdf_missing", at="2026-11-24T05:00:00Z"))
    world.put(Receipt(tenant, "report", report, state="quarantined"))
    shown = {"accession_number": f"A-{nick}", "item": "CT", "modalities": ["CT"], "patient": "欧*"}
    world.put(Case(tenant, case.exam, MONTH, "2026-11-24T05:00:00Z", shown))
    lines.note(deps.table, tenant, case.study)
    return {"exam": case.exam, "series": case.series, "study": case.study, "agent": agent, "name": report}


@pytest.fixture
def walls() -> Walls:
    world = World()
    staff = StaffWorld(world.deps)
    own, foreign = furnish(world, TENANT, "p1", "13800001234"), furnish(world, OTHER, "q9", "13700009999")
    return Walls(world, staff.browser(*ROLES, account="all"), own, foreign)


@pytest.mark.parametrize("route", SWAPPED, ids=[f"{route.method} {short(route)}" for route in SWAPPED])
def test_a_name_of_another_hospital_is_a_name_of_nothing(walls: Walls, route: StaffRoute) -> None:
    """Every mixture of our names and theirs; then ours alone, which are served: it is the name that was refused."""
    wanted, before = named(route), walls.theirs()
    for theirs in itertools.product((False, True), repeat=len(wanted)):
        if not any(theirs):
            continue
        swapped = {name for name, is_theirs in zip(wanted, theirs, strict=True) if is_theirs}
        reply = walls.ask(route, walls.own | {name: walls.foreign[name] for name in swapped})
        nothing = walls.ask(route, walls.own | {name: NOTHING[name] for name in swapped})
        assert (reply.status, reply.code, reply.cookies) == (404, "not_found", [])
        assert reply.body == nothing.body
    assert walls.theirs() == before
    assert walls.ask(route, walls.own).status in (200, 201, 202)


@pytest.mark.parametrize("route", LISTS, ids=[short(route) for route in LISTS])
def test_no_list_tells_of_another_hospital_wherever_its_page_begins(walls: Walls, route: StaffRoute) -> None:
    queries: list[dict[str, str] | None] = [None]
    if short(route) == "studies":
        queries += [{"text": "q9"}, {"after": f"2027-01-01T00:00:00Z#{walls.foreign['study']}"}]
    if short(route) == "bills/{month}":
        queries += [{"after": ""}, {"after": f"{keys.CASE_ENTRY}2026-11-01T00:00:00Z#{walls.foreign['exam']}"}]
    if short(route) == "bills/{month}/file":
        queries = [{"format": "pdf"}]
    if short(route) == "quarantine":
        queries.append({"closed": "true"})
    told = [*walls.foreign.values(), "q9", "BOX_q9", "13700009999", OTHER, "同仁医院"]
    mine = {"studies": "study", "bills/{month}": "exam", "agents": "agent", "quarantine": "name"}.get(short(route))
    assert mine is None or walls.own[mine] in json.dumps(walls.ask(route, walls.own).body)
    for query in queries:
        reply = walls.ask(route, walls.own, query)
        text = json.dumps([reply.body, reply.cookies], ensure_ascii=False)
        assert reply.status < 500
        assert [word for word in told if word in text] == []


def test_every_route_that_takes_a_name_is_among_them() -> None:
    """A new one is thought about here before it is served."""
    posted = {short(route) for route in ALL if route.method != "GET"}
    assert posted - {short(route) for route in SWAPPED} == NAMELESS
    assert {short(route) for route in SWAPPED if route.method == "POST"} == set(BODIES)
