"""The glue between API Gateway and handlers: what comes in checked, what goes out, and what an error may say."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions.adapters.http import BODY_LIMIT, Answer, Api, Request
from functions.adapters.wiring import Deps
from functions.core.errors import DocumentInvalid, LinkLocked, ServiceBusy
from functions.core.schema import check
from tests.fakes import SETTINGS, Fakes, LambdaContext, rest_event

ORIGIN = SETTINGS.origin


def call(handler: Any, event: dict[str, Any], *, schema: str | None = None, check_origin: bool = True) -> tuple[int, Any, Any]:
    fakes = Fakes()
    api = Api.make("test", lambda: fakes, check_origin=check_origin)
    api.route(event["httpMethod"], event["resource"], handler, schema=schema)
    answer = api.app(event, LambdaContext())
    return answer["statusCode"], json.loads(answer["body"] or "null"), answer


def echo(request: Request, deps: Deps) -> Answer:
    return Answer({"path": request.path, "params": dict(request.params), "cookie": request.cookie("a"), "id": request.id})


def test_a_request_reaches_its_handler_with_path_cookie_and_id() -> None:
    event = rest_event("GET", "/patient/v1/series/{series}", params={"series": "abc"}, headers={"Cookie": "b=1; a=2"})
    status, body, answer = call(echo, event)
    assert (status, body) == (
        200,
        {"path": "/patient/v1/series/abc", "params": {"series": "abc"}, "cookie": "2", "id": "request-1"},
    )
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["X-Request-Id"] == "request-1"


def test_several_cookies_are_several_headers() -> None:
    status, body, answer = call(lambda request, deps: Answer(status=204, cookies=["a=1; Path=/", "b=2"]), rest_event("GET", "/x"))
    assert (status, body) == (204, None)
    assert answer["multiValueHeaders"]["Set-Cookie"] == ["a=1; Path=/", "b=2"]


@pytest.mark.parametrize("origin", [None, "https://evil.example", ORIGIN + ".evil.example", ORIGIN.upper(), "null"])
def test_a_mutation_from_another_site_is_refused(origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    status, body, _ = call(echo, rest_event("POST", "/x", "{}", headers=headers))
    assert (status, body["code"]) == (403, "origin_wrong")


def test_a_mutation_from_the_own_page_passes() -> None:
    assert call(echo, rest_event("POST", "/x", "{}", headers={"origin": ORIGIN}))[0] == 200


def test_an_error_becomes_its_status_code_hint_and_details_in_one_place() -> None:
    def locked(request: Request, deps: Deps) -> Answer:
        raise LinkLocked(until="2026-11-24T06:20:00Z", secret="never shown")

    status, body, _ = call(locked, rest_event("GET", "/x"))
    assert status == 423
    assert body == {
        "code": "link_locked",
        "message": "The link is locked after too many wrong answers.",
        "hint": "Wait until 2026-11-24T06:20:00Z, or ask the hospital.",
        "retry": False,
        "until": "2026-11-24T06:20:00Z",
        "request_id": "request-1",
    }


def test_a_busy_service_says_that_waiting_helps() -> None:
    def busy(request: Request, deps: Deps) -> Answer:
        raise ServiceBusy(service="storage")

    status, body, _ = call(busy, rest_event("GET", "/x"))
    assert (status, body["retry"]) == (503, True)


def test_what_nobody_foresaw_tells_nothing_outside_and_no_value_inside(caplog: pytest.LogCaptureFixture) -> None:
    """An error's text may repeat what it was working on, a name for example."""
    name_and_phone = "张三 13800001234"

    def broken(request: Request, deps: Deps) -> Answer:
        raise ValueError(name_and_phone)

    status, body, _ = call(broken, rest_event("GET", "/x"))
    assert (status, body["code"]) == (500, "internal")
    said = caplog.text + json.dumps(body, ensure_ascii=False)
    assert "13800001234" not in said
    assert "张三" not in said
    assert "ValueError" in said


def served(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The last log line about a request."""
    return vars([one for one in caplog.records if one.message == "served"][-1])


@pytest.mark.parametrize("error", [None, ServiceBusy(service="storage"), ValueError()])
def test_the_log_of_a_request_says_its_id_and_what_it_was_about(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Also when it failed: that is when somebody looks."""

    def handler(request: Request, deps: Deps) -> Answer:
        request.note(tenant="xiehe", study="s" * 32, series="")
        if error:
            raise error
        return Answer()

    call(handler, rest_event("GET", "/x"))
    line = served(caplog)
    assert (line["request_id"], line["tenant"], line["study"]) == ("request-1", "xiehe", "s" * 32)
    assert "series" not in line
    if isinstance(error, ValueError):
        (unforeseen,) = [vars(one) for one in caplog.records if one.message == "unforeseen"]
        assert (unforeseen["study"], unforeseen["request_id"]) == ("s" * 32, "request-1")


def test_a_body_is_checked_before_the_handler_sees_it() -> None:
    headers = {"Origin": ORIGIN, "Content-Type": "application/json; charset=utf-8"}
    schema = "edge_report_request.v1"
    good = json.dumps({"sha256": "a" * 64})
    assert call(echo, rest_event("POST", "/x", good, headers=headers), schema=schema)[0] == 200
    for bad in ("", "[]", "{", '{"sha256": 1}', '{"sha256": "' + "a" * 64 + '", "more": "13800001234"}', "[" * 8000):
        status, body, _ = call(echo, rest_event("POST", "/x", bad, headers=headers), schema=schema)
        assert (status, body["code"]) == (400, "document_invalid")
        assert "13800001234" not in json.dumps(body)


def test_a_body_beyond_the_limit_is_refused_unread() -> None:
    status, body, _ = call(echo, rest_event("POST", "/x", "x" * (BODY_LIMIT + 1), headers={"Origin": ORIGIN}))
    assert (status, body["limit"]) == (413, BODY_LIMIT)


def test_a_route_may_name_its_own_limit() -> None:
    api = Api.make("test", Fakes, check_origin=False)
    api.route("POST", "/x", echo, limit=10)
    assert [api.app(rest_event("POST", "/x", "x" * size), LambdaContext())["statusCode"] for size in (10, 11)] == [200, 413]


def test_another_site_is_refused_before_its_body_is_looked_at() -> None:
    status, body, _ = call(echo, rest_event("POST", "/x", "no json"), schema="edge_report_request.v1")
    assert (status, body["code"]) == (403, "origin_wrong")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("a=1", "1"),
        ("b=2; a=1", "1"),
        ("b=2;a=1", "1"),
        ("a=x=y", "x=y"),
        ("b=1 a=2", None),
        ("a=1; b=1 a=2", "1"),
        ("a=1; a=2", None),
        ("A=1", None),
        ("ba=1", None),
        ("", None),
    ],
)
def test_a_cookie_is_what_stands_between_semicolons_and_only_once(header: str, value: str | None) -> None:
    """A page of a sibling host may set cookies; a blank in one of them must not make a second, `__Host-…` among them."""
    _, body, _ = call(echo, rest_event("GET", "/x", headers={"Cookie": header}))
    assert body["cookie"] == value


def test_a_wrong_document_is_left_at_its_first_fault() -> None:
    """Finding the best of thousands of faults took seconds of a function that anybody may call."""
    looked_at = []

    class Checker:
        def iter_errors(self, document: Any) -> Any:
            for number in range(1000):
                looked_at.append(number)
                yield SimpleNamespace(absolute_path=["objects", number], validator="type")

    with pytest.raises(DocumentInvalid, match="objects/0"):
        check(Checker(), {}, schema="x.v1")  # type: ignore[arg-type]
    assert looked_at == [0]
