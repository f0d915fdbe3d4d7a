"""Stands in the staff API's place behind Playwright's `route`, as tests/browser/stand_in.py does in the patient's.

Answers have the shapes of events/schemas/staff_*.v1.json; tests/browser/test_staff_stand_in.py holds them against the schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

from tests.browser.stand_in import HOSPITAL, Answer, refused

API = "/api/staff/v1"
Answering = Answer | Callable[[dict[str, Any], str], Answer] | None  # None: no answer comes at all

RIGHTS = {
    "operator": [
        *("agents.read", "agents.change", "quarantine.read", "quarantine.change", "queues.read", "queues.change"),
        *("alarms.read", "studies.list"),
    ],
    "doctor": ["studies.list", "studies.view", "series.hide", "patient.correct", "shares.read"],
    "finance": ["bills.read", "bills.change", "prices.change"],
}


def me(*roles: str, **changes: Any) -> dict[str, Any]:
    """staff_me.v1 of somebody with these roles."""
    rights = ["self.read", "self.password", *dict.fromkeys(right for role in roles for right in RIGHTS[role])]
    return {
        "account": "chen",
        "name": "陈志远",
        "roles": list(roles),
        "rights": rights,
        "must_change": False,
        "expires_at": "2026-11-24T06:35:00Z",
        "hospital": {"tenant": "renhe", **HOSPITAL},
    } | changes


def a_bill(month: str = "2026-10", state: str = "closed", **changes: Any) -> dict[str, Any]:
    """One month's summary."""
    return {
        "month": month,
        "state": state,
        "price": "4.00",
        "count": 1248,
        "corrections": 2,
        "sum": "4984.00",
        "closed_at": "2026-11-03T01:00:00Z" if state == "closed" else None,
        "may_close": False,
    } | changes


def bill_lines(count: int = 12) -> list[dict[str, Any]]:
    """Cases of one morning, and the correction of the first."""
    items = [("胸部CT平扫", "CT"), ("头颅MR平扫", "MR"), ("右膝关节DR正侧位", "DX")]
    cases = [
        {
            "kind": "case",
            "exam": "abcdefgh234567".ljust(31, "a") + "abcdefghijklmnop"[place],
            "at": f"2026-10-09T0{1 + place // 6}:{10 + place * 3:02}:00Z",
            "accession_number": f"A2610{90000 + place}",
            "item": items[place % 3][0],
            "modalities": [items[place % 3][1]],
            "patient": ("张*", "李**", "王**", "欧阳*")[place % 4],
            "amount": "4.00",
        }
        for place in range(count)
    ]
    entry = cases[0] | {"kind": "correction", "at": "2026-10-21T08:00:00Z", "amount": "-4.00", "case_month": "2026-10"}
    return [*cases, entry | {"reason": "检查取消，患者未做", "by": "staff:finance"}]


@dataclass
class StaffStandIn:
    """Answers by route, without the query; a test changes `answers` while the page is open. `asked`: the requests in order."""

    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        usual: dict[str, Answering] = {
            "GET /me": refused(401, "session_missing"),
            "DELETE /sessions": (204, None),
            "GET /bills": (200, {"currency": "CNY", "months": [a_bill("2026-11", "open", count=731, sum="2924.00"), a_bill()]}),
            "GET /bills/2026-10": (200, {"bill": a_bill(), "lines": bill_lines(), "after": "CASE#2026"}),
            "GET /prices": (
                200,
                {
                    "currency": "CNY",
                    "default": "4.00",
                    "closed_until": "2026-10",
                    "prices": [{"from_month": "2026-12", "price": "3.50", "at": "2026-11-20T02:00:00Z", "by": "staff:finance"}],
                },
            ),
        }
        self.answers = usual | self.answers

    def sign_in(self, *roles: str, **changes: Any) -> None:
        """A session is there already."""
        self.answers["GET /me"] = (200, me(*roles, **changes))

    def stand_before(self, context: BrowserContext | Page) -> None:
        context.route(f"**{API}/**", self._api)

    def _api(self, route: Route) -> None:
        request = route.request
        path, _, query = request.url.split(API)[1].partition("?")
        name = f"{request.method} {path}"
        body = json.loads(request.post_data or "{}")
        self.asked.append((name + (f"?{query}" if query else ""), body))
        if name in self.held:
            return
        answer = self._answer(name)
        if callable(answer):
            answer = answer(body, query)
        if answer is None:
            route.abort("internetdisconnected")
            return
        status, content = answer
        headers = {"date": "Tue, 24 Nov 2026 06:05:00 GMT", "content-type": "application/json"}
        route.fulfill(status=status, headers=headers, body="" if content is None else json.dumps(content))

    def _answer(self, name: str) -> Answering:
        """By name; a name of the answers may be a pattern with `*` for one part of the path."""
        if name in self.answers:
            return self.answers[name]
        for pattern, answer in self.answers.items():
            if "*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", "[^/]+"), name):
                return answer
        return refused(404, "not_found")
