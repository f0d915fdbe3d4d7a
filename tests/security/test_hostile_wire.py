"""Bytes that are no proper HTTP, sent to the gateway as it runs: nobody's request is smuggled in, and the next is served."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.security.gateway_cases import Behind, app_of
from tests.security.hostile.bounds import bounded

MIB, SECONDS = 128, 40
HEAD = b"POST /api/edge/v1/grants HTTP/1.1\r\nHost: film.example\r\nContent-Type: application/json\r\n"
SECRET = b"GET /api/patient/v1/exam HTTP/1.1\r\nHost: film.example\r\nX-Smuggled: 1\r\n\r\n"


@dataclass(frozen=True)
class Running:
    port: int
    behind: Behind


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The gateway's own server, as `python -m iac.gateway` starts it, with a memory of what it asked."""
    behind = Behind(lambda _: httpx.Response(200, json={"ok": True}))
    app = app_of(Path(tmp_path_factory.mktemp("gateway")), behind)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Running(listener.getsockname()[1], behind)
    server.should_exit = True
    thread.join(10)
    listener.close()


def said(port: int, *pieces: bytes) -> bytes:
    """All that the gateway answers until it closes or says no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:  # refused before all of it was sent
            pass
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
        return answer


NO_HTTP = {
    "a length and chunks": HEAD + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SECRET) + SECRET,
    "a list of lengths": HEAD + b"Content-Length: 0, %d\r\n\r\n" % len(SECRET) + SECRET,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "a signed length": HEAD + b"Content-Length: +0\r\n\r\n",
    "a length in other digits": HEAD + "Content-Length: １\r\n\r\nx".encode(),
    "chunks of a strange size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "another transfer encoding": HEAD + b"Transfer-Encoding: identity, chunked, x\r\n\r\n0\r\n\r\n",
    "a NUL in a header": HEAD + b"X-A: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a blank before the colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "a bare CR in a header": HEAD + b"X-A: a\rContent-Length: 5\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "blanks in the target": b"GET /a b c HTTP/1.1\r\nHost: film.example\r\n\r\n",
    "headers without end": b"GET / HTTP/1.1\r\nHost: film.example\r\n" + b"X-A: " + b"a" * 2_000_000,
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_two_hops_could_read_in_two_ways_is_refused(running: Running, name: str) -> None:
    running.behind.requests.clear()
    with bounded(mib=MIB, seconds=SECONDS):
        answer = said(running.port, NO_HTTP[name])
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431", b"HTTP/1.1 505", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") <= 1  # what follows the body is no request
    assert running.behind.requests == []
    served(running)


def test_a_body_of_a_hundred_megabytes_is_not_kept(running: Running) -> None:
    """Refused once it is longer than Lambda takes; what comes after is not read into memory."""
    running.behind.requests.clear()
    head = HEAD + b"Content-Length: 100000000\r\n\r\n"
    with bounded(mib=MIB, seconds=SECONDS):
        answer = said(running.port, head, *[b" " * 1_000_000] * 100)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
    assert running.behind.requests == []
    served(running)


def served(running: Running) -> None:
    """The next request."""
    answer = said(running.port, HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert answer.startswith(b"HTTP/1.1 200")
