"""By WeChat into the patient's exams: bound once, then without typing; forged and used states open nothing [PAT-02]."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.adapters import corrections, people, schemas
from functions.adapters.secrets import FixedSecrets
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam
from tests.fakes import SETTINGS, LambdaContext, rest_event
from tests.handlers.patient_world import Browser, Reply, World, world_of_three
from tests.handlers.sms_vendors import WechatServer

COOKIE = "__Host-lightbox-wechat"


class Phone(Browser):
    """A browser in WeChat: it keeps both cookies and goes where it is sent."""

    def __init__(self, world: World, wechat: WechatServer, open_id: str = "o-zhang") -> None:
        super().__init__(world)
        self.wechat, self.open_id, self.browser = wechat, open_id, ""

    def goes(self, route: str, query: dict[str, str]) -> Reply:
        cookies = {"__Host-lightbox": self.session, COOKIE: self.browser}
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
        event = rest_event("GET", f"/patient/v1{route}", headers={"Cookie": sent} if sent else {})
        event["queryStringParameters"] = query or None
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()} or None
        raw = self.api.app(event, LambdaContext())
        for cookie in raw.get("multiValueHeaders", {}).get("Set-Cookie", []):
            name, _, value = cookie.split(";")[0].partition("=")
            if name == COOKIE:
                self.browser = value
            if name == "__Host-lightbox":
                self.session = value or None
        return Reply(raw["statusCode"], raw["body"], [], raw.get("headers", {}))

    def at(self, method: str, route: str, body: Any = None) -> Reply:
        """As the page asks, with both cookies."""
        cookies = {"__Host-lightbox": self.session, COOKIE: self.browser}
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
        sent_body = json.dumps(body) if body is not None else None
        headers = {"Cookie": sent, "Origin": SETTINGS.origin, "Content-Type": "application/json"}
        raw = self.api.app(rest_event(method, f"/patient/v1{route}", headers=headers, body=sent_body), LambdaContext())
        for cookie in raw.get("multiValueHeaders", {}).get("Set-Cookie", []):
            name, _, value = cookie.split(";")[0].partition("=")
            if name == "__Host-lightbox":
                self.session = value or None
        return Reply(raw["statusCode"], json.loads(raw["body"] or "null"), [], raw.get("headers", {}))

    def asks(self, **query: str) -> dict[str, str]:
        """To WeChat's page; returns what WeChat sends back."""
        reply = self.goes("/wechat/start", query)
        assert reply.status == 302, reply.body
        asked = parse_qs(urlsplit(reply.headers["Location"]).query)
        assert asked["scope"] == ["snsapi_base"]
        code = f"code-{len(self.wechat.codes)}-{self.open_id}"
        self.wechat.codes[code] = self.open_id
        return {"code": code, "state": asked["state"][0]}

    def comes(self, **query: str) -> Reply:
        return self.goes("/wechat/callback", self.asks(**query))


@pytest.fixture
def world() -> Iterator[World]:
    world, server = world_of_three(), WechatServer()
    with server.listening() as url:
        settings = {"*": {"app_id": "wx-test", "secret": "wechat-secret", "endpoint": url}}
        world.deps.secrets = FixedSecrets(replace(world.deps.secrets.values(), wechat=settings))
        world.server = server  # type: ignore[attr-defined]
        yield world


@pytest.fixture
def phone(world: World) -> Phone:
    """Signed in to exam a and bound to it."""
    phone = Phone(world, world.server)  # type: ignore[attr-defined]
    assert phone.verify(world.token("a"), "1234").status == 201
    assert phone.comes().headers["Location"] == "/e#/"
    phone.session = None
    return phone


@pytest.mark.req("PAT-02")
def test_who_bound_their_account_gets_in_from_the_menu_without_typing(world: World, phone: Phone) -> None:
    assert phone.comes(hospital="shiyi").headers["Location"] == "/e#/"
    reply = phone.call("GET", "/exam")
    assert (reply.status, reply.body["exam"]) == (200, world.cases["a"].exam)
    assert phone.call("GET", "/wechat").body == {"offered": True, "bound": True}


@pytest.mark.req("PAT-02")
def test_who_bound_nothing_comes_to_the_front_page(world: World) -> None:
    phone = Phone(world, world.server, "o-li")  # type: ignore[attr-defined]
    assert phone.comes(hospital="shiyi").headers["Location"] == "/"
    assert phone.session is None


@pytest.mark.req("PAT-02")
def test_another_hospitals_menu_does_not_open_it(phone: Phone) -> None:
    assert phone.comes(hospital="eryuan").headers["Location"] == "/"


@pytest.mark.req("PAT-02")
def test_after_unbinding_the_account_opens_nothing_until_it_is_bound_again(world: World, phone: Phone) -> None:
    phone.comes(hospital="shiyi")
    assert phone.call("DELETE", "/wechat", {}).status == 204
    phone.session = None
    assert phone.comes(hospital="shiyi").headers["Location"] == "/"
    assert any("wechat_unbound" in phone_key(world, key) for key in world.deps.vault.keys("originals", "journal/"))
    phone.verify(world.token("a"), "1234")
    phone.comes()
    phone.session = None
    assert phone.comes(hospital="shiyi").headers["Location"] == "/e#/"


@pytest.mark.req("PAT-02", "DOC-10")
def test_an_account_that_was_bound_before_the_phone_was_corrected_opens_nothing(world: World, phone: Phone) -> None:
    """Whoever held the wrong number bound it; the right holder of the same account may bind it anew."""
    phone.comes(hospital="shiyi")
    under_way, browser = phone.asks(), phone.browser
    world.deps.clock.advance(60)
    patient = world.deps.naming.patient("shiyi", issuer="his", patient_id="a")
    corrections.correct(world.deps, "shiyi", patient, {"phone": "13900004321"}, by="staff:1", reason="x")
    assert phone.call("GET", "/exam").status == 401
    assert is_refused(phone.goes("/wechat/callback", under_way))
    phone.session, phone.browser = None, browser
    assert phone.comes(hospital="shiyi").headers["Location"] == "/"
    assert people.bindings_of(world.deps.table, "shiyi", patient) == []
    world.deps.clock.advance(1)
    assert phone.verify(world.token("a"), "4321").status == 201
    assert phone.call("GET", "/wechat").body["bound"] is False
    phone.comes()
    phone.session = None
    assert phone.comes(hospital="shiyi").headers["Location"] == "/e#/"
    (bound,) = people.bindings_of(world.deps.table, "shiyi", patient)
    assert bound.serial == 2


def phone_key(world: World, key: str) -> str:
    return world.deps.vault.get("originals", key).decode()


@pytest.mark.req("PAT-02")
@pytest.mark.parametrize("changes", [{"state": "A" * 27}, {"code": "forged"}])
def test_a_forged_state_or_code_opens_nothing(phone: Phone, changes: dict[str, str]) -> None:
    assert is_refused(phone.goes("/wechat/callback", {**phone.asks(hospital="shiyi"), **changes}))
    assert phone.session is None


@pytest.mark.req("PAT-02")
def test_who_comes_without_what_wechat_adds_reads_what_to_do(phone: Phone) -> None:
    assert is_refused(phone.goes("/wechat/callback", {}))


def is_refused(reply: Reply) -> bool:
    return (reply.status, reply.headers["Location"]) == (302, "/#/wechat/refused")


@pytest.mark.req("PAT-02")
def test_an_answer_of_wechat_is_good_once(phone: Phone) -> None:
    answer = phone.asks(hospital="shiyi")
    browser = phone.browser
    assert phone.goes("/wechat/callback", answer).headers["Location"] == "/e#/"
    phone.session, phone.browser = None, browser
    assert is_refused(phone.goes("/wechat/callback", answer))
    assert phone.session is None


@pytest.mark.req("PAT-02")
def test_an_answer_that_was_asked_for_by_another_browser_opens_nothing(world: World, phone: Phone) -> None:
    """Else somebody sends a link that signs others in to, or binds them to, an account of his."""
    other = Phone(world, phone.wechat)
    answer = phone.asks(hospital="shiyi")
    assert is_refused(other.goes("/wechat/callback", answer))
    other.asks(hospital="shiyi")
    assert is_refused(other.goes("/wechat/callback", answer))
    assert other.session is None


@pytest.mark.req("PAT-02")
def test_an_answer_that_comes_late_opens_nothing(world: World, phone: Phone) -> None:
    answer = phone.asks(hospital="shiyi")
    world.deps.clock.advance(601)
    assert is_refused(phone.goes("/wechat/callback", answer))


@pytest.fixture
def second(world: World, phone: Phone) -> str:
    """Another published exam of the patient who bound their account, older than the first."""
    case, first = world.exam("e", "shiyi", phone="13800001234"), world.cases["a"]
    row = world.deps.table.get(keys.exam_pk("shiyi", first.exam), "EXAM")
    world.change(Exam, keys.exam_pk("shiyi", case.exam), "EXAM", patient=row["patient"], at="2026-11-20T02:00:00Z")
    return case.exam


@pytest.mark.req("PAT-02")
def test_who_has_several_exams_chooses(world: World, phone: Phone, second: str) -> None:
    assert phone.comes(hospital="shiyi").headers["Location"] == "/#/wechat"
    assert phone.session is None, "no exam is open before one is chosen"
    listed = phone.at("GET", "/wechat/exams").body
    schemas.check(listed, "patient_wechat_exams.v1")
    assert [one["exam"] for one in listed["exams"]] == [world.cases["a"].exam, second]
    older = {"exam": second, "item": "胸部CT平扫", "modalities": ["CT"], "at": "2026-11-20T02:00:00Z"}
    assert listed["exams"][1] == older
    assert phone.at("POST", "/wechat/exams", {"exam": second}).status == 201
    assert phone.call("GET", "/exam").body["exam"] == second
    assert phone.at("POST", "/wechat/exams", {"exam": world.cases["a"].exam}).status == 201, "and may choose again"
    assert phone.call("GET", "/exam").body["exam"] == world.cases["a"].exam


@pytest.mark.req("PAT-02")
def test_nothing_opens_that_is_not_among_them(world: World, phone: Phone, second: str) -> None:
    phone.comes(hospital="shiyi")
    for other in (world.cases["b"].exam, world.cases["c"].exam, "a" * 32):
        assert phone.at("POST", "/wechat/exams", {"exam": other}).body["code"] == "not_in_exam"
    world.change(Exam, keys.exam_pk("shiyi", second), "EXAM", release="hidden")
    assert phone.at("POST", "/wechat/exams", {"exam": second}).status == 404
    assert phone.session is None


@pytest.mark.req("PAT-02")
def test_the_choice_is_one_browsers_and_ends(world: World, phone: Phone, second: str) -> None:
    phone.comes(hospital="shiyi")
    browser = phone.browser
    for wrong in ("", "A" * 27):
        phone.browser = wrong
        assert phone.at("GET", "/wechat/exams").status == 401
    phone.browser = browser
    world.deps.clock.advance(601)
    assert phone.at("GET", "/wechat/exams").status == phone.at("POST", "/wechat/exams", {"exam": second}).status == 401


@pytest.mark.req("PAT-02")
def test_the_cookie_of_a_login_page_lets_nobody_choose(phone: Phone, second: str) -> None:
    """WeChat has not said yet who it is."""
    phone.asks(hospital="shiyi")
    assert phone.at("GET", "/wechat/exams").status == 401


@pytest.mark.req("PAT-02", "EDGE-07")
def test_what_was_taken_back_does_not_open_by_wechat(world: World, phone: Phone) -> None:
    world.change(Exam, keys.exam_pk("shiyi", world.cases["a"].exam), "EXAM", release="hidden")
    assert phone.comes(hospital="shiyi").headers["Location"] == "/"


def test_nobody_binds_without_a_session(world: World) -> None:
    assert Phone(world, world.server).goes("/wechat/start", {}).status == 401  # type: ignore[attr-defined]


def test_a_hospital_without_an_account_offers_none(world: World) -> None:
    world.deps.secrets = FixedSecrets(replace(world.deps.secrets.values(), wechat={}))
    phone: Any = Phone(world, world.server)  # type: ignore[attr-defined]
    assert phone.goes("/wechat/start", {"hospital": "shiyi"}).status == 404
    phone.verify(world.token("a"), "1234")
    assert phone.call("GET", "/wechat").body == {"offered": False, "bound": False}


def test_no_key_holds_an_open_id(world: World, phone: Phone) -> None:
    rows = world.deps.table.everything()
    assert any(row["kind"] == "wechat_binding" for row in rows)
    assert all("o-zhang" not in row["pk"] + row["sk"] for row in rows)
    assert phone.open_id == "o-zhang"


def test_a_hospital_that_nobody_knows_offers_no_wechat_and_is_no_failure(world: World) -> None:
    phone = Phone(world, world.server)  # type: ignore[attr-defined]
    reply = phone.goes("/wechat/start", {"hospital": "nowhere"})
    assert (reply.status, json.loads(reply.body)["code"]) == (404, "wechat_not_offered")


@pytest.mark.req("PLUS-04")
def test_nobody_comes_back_from_wechat_into_a_hospital_that_is_being_rebuilt(world: World, phone: Phone, second: str) -> None:
    chooses = phone.comes(hospital="shiyi") and phone.browser
    back = phone.asks(hospital="shiyi")
    asked, phone.browser = phone.browser, chooses
    row = world.deps.table.get(keys.hospital_pk("shiyi"), "HOSPITAL")
    assert row is not None
    world.change(Hospital, row["pk"], row["sk"], rebuilding="2026-11-24T06:00:00Z")
    assert phone.at("GET", "/wechat/exams").body["code"] == "hospital_rebuilding"
    phone.browser = asked
    reply = phone.goes("/wechat/callback", back)
    assert (reply.status, json.loads(reply.body)["code"]) == (503, "hospital_rebuilding")
    assert phone.session is None
