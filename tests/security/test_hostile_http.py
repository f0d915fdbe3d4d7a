"""Hostile requests to both APIs, by somebody who is inside and by somebody who is not: refused, quickly, with nothing told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters import schemas
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from tests.fakes import SETTINGS, Fakes, LambdaContext, rest_event
from tests.handlers.patient_world import Browser, world_of_three
from tests.handlers.signing_agent import Agent
from tests.handlers.uploads import add_hospital
from tests.security.hostile.bodies import AUTHORIZATIONS, COOKIES, GOOD, TEXTS, bodies
from tests.security.hostile.bounds import bounded

MIB, SECONDS = 128, 10
EDGE = [path for path in GOOD if path.startswith("/edge/")]
PATIENT = [path for path in GOOD if path.startswith("/patient/")]
BODIES = list(bodies({}))
Answer = tuple[int, Any, str]


class LimitedTable(MemoryTable):
    """Refuses what DynamoDB would: a sort key of more than a kilobyte."""

    def __init__(self, like: MemoryTable) -> None:
        super().__init__()
        self._rows = like._rows

    def get(self, pk: str, sk: str) -> Row | None:
        if len(sk.encode()) > 1024:
            raise ValueError("sort key too long")
        return super().get(pk, sk)


class Inside:
    """An enrolled agent and a patient with a session."""

    def __init__(self) -> None:
        deps = Fakes()
        add_hospital(deps)
        self.agent = Agent(deps).ready()
        self.world = world_of_three()
        self.world.deps.table = LimitedTable(self.world.deps.table)
        self.browser = Browser(self.world)
        assert self.browser.verify(self.world.token("a"), "1234").status == 201

    def ask(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Signed or with the session. What is no text comes as API Gateway would give it, with its bytes replaced."""
        text = body.decode("utf-8", "replace")
        if path.startswith("/edge/"):
            route = path.removeprefix("/edge/v1/")
            headers = {"Authorization": self.agent.sign(route, text.encode()), **headers}
            app = self.agent.app
        else:
            headers = {"Cookie": f"__Host-lightbox={self.browser.session}", "Origin": SETTINGS.origin, **headers}
            app = self.browser.api.app
        params = {"series": self.world.cases["a"].series} if "{series}" in path else None
        raw = app(rest_event("POST", path, text, params=params, headers=headers), LambdaContext())
        return raw["statusCode"], json.loads(raw["body"]), raw["body"] + json.dumps(raw.get("multiValueHeaders", {}))


@pytest.fixture(scope="module")
def inside() -> Inside:
    return Inside()


def refused(answer: Answer, *statuses: int) -> None:
    status, body, _ = answer
    assert status in statuses, body
    schemas.check(body, "error.v1")
    assert "Set-Cookie" not in answer[2]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", GOOD)
def test_a_body_that_is_none_is_refused(inside: Inside, path: str, name: str) -> None:
    body, content_type = bodies(GOOD[path])[name]
    with bounded(mib=MIB, seconds=SECONDS):
        answer = inside.ask(path, body, {"Content-Type": content_type} if content_type else {})
    refused(answer, 400, 413, 415)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("path", [path for path in GOOD if GOOD[path]])
def test_a_text_with_a_trick_in_it_is_refused_and_not_repeated(inside: Inside, path: str, name: str) -> None:
    """In the place of each text at any depth. A wrong token or answer is another refusal than a text that cannot be one."""
    for good, bent in bent_texts(GOOD[path], TEXTS[name]):
        answer = inside.ask(path, json.dumps(bent, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
        if good in ("1",):  # an agent's version is any short text
            assert answer[0] in (200, 400)
            continue
        refused(answer, 400, 403, 404)
        assert not [mark for mark in ("<script", "\u202e", "\\u202e", "../", "tongren", "${x}") if mark in answer[2]]


def bent_texts(value: Any, bend: Any, whole: Any = None, place: tuple[Any, ...] = ()) -> list[tuple[str, Any]]:
    """(the text, the whole document with that text bent) for each text of a document."""
    whole = value if whole is None else whole
    if isinstance(value, str):
        copy = json.loads(json.dumps(whole))
        node = copy
        for step in place[:-1]:
            node = node[step]
        node[place[-1]] = bend(value)
        return [(value, copy)]
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pair for step, part in steps for pair in bent_texts(part, bend, whole, (*place, step))]


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize("number", range(len(AUTHORIZATIONS)))
@pytest.mark.parametrize("path", [path for path in EDGE if not path.endswith("enrolments")])
def test_an_authorization_that_is_none_is_refused_alike(inside: Inside, path: str, number: int) -> None:
    headers = {"Content-Type": "application/json", "Authorization": AUTHORIZATIONS[number]}
    answer = inside.ask(path, json.dumps(GOOD[path]).encode(), headers)
    refused(answer, 401)
    assert answer[1]["code"] in ("signature_missing", "key_unknown")


@pytest.mark.req("SEC-13")
@pytest.mark.parametrize("number", range(len(COOKIES)))
@pytest.mark.parametrize("path", [path for path in PATIENT if not path.endswith(("links/open", "sessions"))])
def test_a_cookie_that_is_none_opens_nothing(inside: Inside, path: str, number: int) -> None:
    answer = inside.ask(path, json.dumps(GOOD[path]).encode(), {"Content-Type": "application/json", "Cookie": COOKIES[number]})
    refused(answer, 401)
    assert answer[1]["code"] == "session_missing"


@pytest.mark.parametrize("series", ["a" * 5000, "A" * 32, "../" * 20, "%00", "\x00", "SERIES#x", "１" * 32, " ", "a" * 31 + "\n"])
def test_a_path_that_names_no_series_asks_the_table_nothing(inside: Inside, series: str) -> None:
    """A key of more than a kilobyte would be an error of the real table."""
    reply = inside.browser.call("POST", "/series/{series}/open", {}, series=series)
    assert (reply.status, reply.body["code"]) == (404, "not_in_exam")


def test_the_next_request_is_served_as_if_nothing_had_been(inside: Inside) -> None:
    for path in ("/edge/v1/grants", "/edge/v1/heartbeats", "/patient/v1/series/{series}/open"):
        answer = inside.ask(path, json.dumps(GOOD[path]).encode(), {"Content-Type": "application/json"})
        assert answer[0] == 200
