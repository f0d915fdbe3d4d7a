"""The gateway before the REST API: what passes, what does not, and Lambda's limits, which nothing local would enforce."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.security.gateway_cases import Behind, gateway

SIX_MB = 6 * 1024 * 1024


def test_a_call_reaches_the_api_under_its_stage_with_cookie_query_and_body(tmp_path: Path) -> None:
    """`/api` is both the CDN's path and the API's stage."""
    behind = Behind(lambda _: httpx.Response(201, json={"ok": True}))
    headers = {"cookie": "__Host-lightbox=abc", "origin": "https://film.example"}
    answer = gateway(tmp_path, behind).post("/api/patient/v1/sessions?x=1", json_body={"a": 1}, headers=headers)
    asked = behind.requests[0]
    assert (answer.status_code, answer.json()) == (201, {"ok": True})
    assert (asked.method, str(asked.url)) == ("POST", "http://api.behind/api/patient/v1/sessions?x=1")
    assert (asked.headers["cookie"], asked.headers["origin"]) == (headers["cookie"], headers["origin"])
    assert asked.content == b'{"a":1}'


def test_each_set_cookie_line_stays_a_line(tmp_path: Path) -> None:
    """Opening a series sets three cookies; folded into one line, a browser keeps one."""
    lines = [("set-cookie", f"CloudFront-{name}=1; Path=/pixels/; Secure") for name in ("Policy", "Signature", "Key-Pair-Id")]
    behind = Behind(lambda _: httpx.Response(200, headers=lines, json={}))
    answer = gateway(tmp_path, behind).post("/api/patient/v1/series/x/open", json_body={})
    assert answer.headers.get_list("set-cookie") == [value for _, value in lines]


def test_what_only_one_hop_may_see_is_not_passed_on(tmp_path: Path) -> None:
    """A client must not choose the address that is logged for it, nor smuggle a connection header."""
    behind = Behind(
        lambda _: httpx.Response(200, json={}, headers={"access-control-allow-origin": "*", "server": "x", "connection": "close"})
    )
    sent = {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https", "connection": "x-trick", "x-trick": "1", "te": "trailers"}
    answer = gateway(tmp_path, behind).get("/api/patient/v1/exam", headers=sent)
    asked = behind.requests[0].headers
    assert asked["x-forwarded-for"] != "1.2.3.4"
    assert not {"x-forwarded-proto", "x-trick", "te"} & set(asked)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("size", "status"), [(SIX_MB, 200), (SIX_MB + 1, 413)])
def test_a_request_of_more_than_6_mb_is_refused(size: int, status: int, tmp_path: Path) -> None:
    """Lambda would refuse it on AWS; finding that out there is too late."""
    behind = Behind(lambda _: httpx.Response(200, json={}))
    answer = gateway(tmp_path, behind).post("/api/edge/v1/grants", content=b"x" * size)
    assert answer.status_code == status
    assert len(behind.requests) == (status == 200)


def test_an_answer_of_more_than_6_mb_is_an_error(tmp_path: Path) -> None:
    """The function that makes it would fail on AWS."""
    behind = Behind(lambda _: httpx.Response(200, content=b"x" * (SIX_MB + 1)))
    answer = gateway(tmp_path, behind).get("/api/patient/v1/exam")
    assert (answer.status_code, answer.json()["code"]) == (502, "answer_too_large")


def test_an_api_that_is_down_is_said_in_the_apis_own_form(tmp_path: Path) -> None:
    """The page shows one kind of error, whoever makes it."""

    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    answer = gateway(tmp_path, Behind(down)).get("/api/patient/v1/exam")
    assert answer.status_code == 502
    assert answer.json().keys() == {"code", "message", "hint", "retry", "request_id"}
    assert answer.json()["retry"] is True


def test_no_content_stays_without_content(tmp_path: Path) -> None:
    """A 204 with a length confuses caches on the way."""
    answer = gateway(tmp_path, Behind(lambda _: httpx.Response(204))).delete("/api/patient/v1/sessions")
    assert answer.status_code == 204
    assert "content-length" not in answer.headers
