"""What the gateway asks of the API's host is under the API's stage, whatever a path looks like; and no log keeps such a path."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.security.gateway_cases import Behind, app_of, as_header, cookies_for, gateway

BEHIND_THE_STAGE = "/_ministack/reset"
DETOURS = [
    "/api/../../../.." + BEHIND_THE_STAGE,
    "/api/.." + BEHIND_THE_STAGE,
    "/api/patient/v1/../../.." + BEHIND_THE_STAGE,
    "/api/./exam",
    "/api/patient/v1/..",
    "/api/.../exam",
    "/api/%2e%2e/%2e%2e" + BEHIND_THE_STAGE,
    "/api/%2E%2E" + BEHIND_THE_STAGE,
    "/api/..%2f..%2f_ministack/reset",
    "/api/%252e%252e" + BEHIND_THE_STAGE,
    "/api/..\\..\\_ministack\\reset",
    "/api/..%5c..%5c_ministack/reset",
    "/api//evil.example/x",
    "/api/patient//v1/exam",
    "/api/@evil.example/x",
    "/api/;/../exam",
    "/api/patient/v1/exam%00",
    "/api/patient/v1/exam%0d%0aX-Other:1",
    "/api/#/../..",
    "/%61pi/../.." + BEHIND_THE_STAGE,
    "/%61pi/patient/v1/exam",
]


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", DETOURS)
def test_no_path_leads_out_of_the_stage(method: str, path: str, tmp_path: Path) -> None:
    """The API's host serves more than the API: on a laptop everything of the emulator, its reset included."""
    behind = Behind()
    answer = gateway(tmp_path, behind).request(method, path)
    assert answer.status_code in (400, 404)
    assert behind.requests == []


@pytest.mark.parametrize("path", ["/api/patient/v1/exam", "/api/patient/v1/series/a2b3c4/open", "/api/x/1.2.840.10008/y~z/"])
def test_plain_paths_pass_as_they_are(path: str, tmp_path: Path) -> None:
    """Refusing everything would pass the test above."""
    behind = Behind(lambda _: httpx.Response(200, json={}))
    assert gateway(tmp_path, behind).get(path).status_code == 200
    assert behind.requests[0].url.raw_path.decode() == path


@pytest.mark.parametrize("name", ["%00", "x" * 5000, "a/" * 2000, "%ff%fe", "assets/%00.js"])
def test_a_name_that_no_file_can_have_is_not_an_error(name: str, tmp_path: Path) -> None:
    """A trace in the log would hold the path, and with it what somebody put there."""
    assert gateway(tmp_path, Behind()).get("/" + name).status_code in (200, 404, 503)


TOKEN = "a" * 8 + "Zx9Kq3Tn5Rb7Wd1Lm4c"


@pytest.mark.req("SEC-07")
@pytest.mark.parametrize(
    "path",
    [f"/e%23t={TOKEN}", f"/{TOKEN}", f"/e/{TOKEN}?t={TOKEN}", f"/api/patient/v1/{TOKEN}", f"/api/%23t={TOKEN}", f"//{TOKEN}"],
)
def test_a_token_sent_as_a_path_is_not_logged(path: str, tmp_path: Path) -> None:
    """A program that escapes the # of a link makes a path of its secret."""
    gateway(tmp_path, Behind()).get(path)
    text = (tmp_path / "access.log").read_text()
    assert json.loads(text)["method"] == "GET"
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/patient/v1/series/a2b3c4/open", "/api/patient/v1/series/{}/open"),
        ("/api/edge/v1/manifests/status", "/api/edge/v1/manifests/status"),
        ("/exam/film", "/*"),
        ("/", "/"),
        ("/pixels/k1/renhe/s/x.low", "/pixels/k1/renhe/s/x.low"),
    ],
)
def test_the_log_says_which_route_was_asked_for(path: str, logged: str, tmp_path: Path) -> None:
    """Who runs it must see which part fails, and which object."""
    gateway(tmp_path, Behind()).get(path, headers=as_header(cookies_for()))
    assert json.loads((tmp_path / "access.log").read_text())["path"] == logged


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[int, Behind]]:
    """The gateway in its real server, on a free port: what a test client would tidy up reaches it as sent."""
    behind = Behind(lambda _: httpx.Response(200, json={}))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        started = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started.set()

        server = Server(uvicorn.Config(app_of(tmp_path, behind), log_level="critical", access_log=False, server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert started.wait(60)
        yield listener.getsockname()[1], behind
        server.should_exit = True
        thread.join()


def sent(port: int, raw: bytes) -> bytes:
    """Everything that the server says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/_ministack/reset",
        "http://film.example/api/../_ministack/reset",
        "/api/../_ministack/reset",
        "*",
        "//x/api/y",
    ],
)
def test_a_whole_address_or_a_detour_in_the_request_line_reaches_nothing(target: str, served: tuple[int, Behind]) -> None:
    """Only a proxy is asked for whole addresses, and this is none for strangers."""
    port, behind = served
    answer = sent(port, f"POST {target} HTTP/1.1\r\nHost: film.example\r\nContent-Length: 0\r\n\r\n".encode())
    assert int(answer.split()[1]) in (400, 404, 405)
    assert behind.requests == []


INNER = b"POST /api/edge/v1/tokens HTTP/1.1\r\nHost: film.example\r\n\r\n"
CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"
TWICE = {
    "both lengths": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (len(CHUNKED) + len(INNER)) + CHUNKED,
    "two content-lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunked and more": b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "a blank before the colon": b"Content-Length : 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", TWICE)
def test_a_body_whose_end_can_be_read_in_two_ways_hides_no_request(name: str, served: tuple[int, Behind]) -> None:
    """What goes to the API is one whole request with one length, made anew, or nothing."""
    port, behind = served
    sent(port, b"POST /api/patient/v1/sessions HTTP/1.1\r\nHost: film.example\r\n" + TWICE[name])
    for request in behind.requests:
        assert request.url.path == "/api/patient/v1/sessions"
        assert request.content == b"hello"
        assert request.headers.get_list("content-length") == ["5"]
        assert "transfer-encoding" not in request.headers
    assert len(behind.requests) <= 1
