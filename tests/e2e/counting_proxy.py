"""Stands between an agent and its cloud and writes down each request: what was asked for and how it ended.

It is where the agent's settings say that the cloud is. The addresses of uploads, which the cloud hands out with the grants, are
made to lead here, too; what their signatures cover, Host included, goes on unchanged.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

API = "/api/"
HOP = {"connection", "host", "keep-alive", "transfer-encoding", "content-length"}
TIMEOUT_S = 60


class Asked(NamedTuple):
    """One request that was answered. path: without its query."""

    method: str
    path: str
    status: int


@dataclass
class CountingProxy:
    """api, storage: where the two are, `http://host:port`; both may change. cut_when: after an answer that makes it true nothing
    goes through any more, until `mend`."""

    api: str
    storage: str
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    cut_when: Callable[[list[Asked]], bool] = lambda asked: False
    cut: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def puts(self) -> list[Asked]:
        """Of objects into storage, also those that storage refused."""
        return [one for one in self.asked if one.method == "PUT"]

    def mend(self) -> None:
        self.cut_when = lambda asked: False
        self.cut.clear()

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the far side says. Raises OSError, http.client.HTTPException."""
        to_api = target.startswith(API)
        place = urlsplit(self.api if to_api else self.storage)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT_S)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in (headers | {"Host": place.netloc, "Content-Length": str(len(body))}).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if to_api:
            content = content.replace(f"{self.storage}/".encode(), f"{self.url}/".encode())
        with self._lock:
            self.asked.append(Asked(method, target.partition("?")[0], answer.status))
            if self.cut_when(self.asked):
                self.cut.set()
        return answer.status, [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP], content


@contextmanager
def counting(api: str, storage: str) -> Iterator[CountingProxy]:
    proxy = CountingProxy(api, storage)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if proxy.cut.is_set():
                self.close_connection = True
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            try:
                status, answered, content = proxy.answer(self.command, self.path, headers, body)
            except (OSError, http.client.HTTPException):
                self.close_connection = True
                return
            self.send_response_only(status)
            for name, value in [*answered, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = _pass

        def log_message(self, *_: object) -> None:
            """Nothing: paths of uploads carry signatures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
