"""One JSON line a request: when, what, how it ended, how long it took. Never a query, a header, a cookie or a body.

Nor what somebody put into a path: whoever escapes the `#` of a patient's link sends the token as part of one. Only objects and
assets are named; of the API the route, of the app nothing but that it was asked for.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMED = ("/pixels/", "/derived/", "/assets/", "/_gateway/")
API = "/api/"
ROUTE_WORD = re.compile(r"[a-z]{1,16}|v[0-9]{1,2}")  # no token is one: 27 characters, digits and capitals among them


def route(path: str) -> str:
    """What the log says of a path."""
    if path == "/" or path.startswith(NAMED):
        return path
    if path.startswith(API):
        return "/".join(word if ROUTE_WORD.fullmatch(word) or not word else "{}" for word in path.split("/"))
    return "/*"


class AccessLog:
    """ASGI middleware that writes to `path`."""

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self._app = app
        path.parent.mkdir(parents=True, exist_ok=True)
        self._out: TextIO = path.open("a", buffering=1, encoding="utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status, sent = 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._write(scope, status, sent, time.monotonic() - started)

    def _write(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "method": scope["method"],
            "path": route(scope["path"]),
            "status": status,
            "bytes": sent,
            "ms": round(seconds * 1000, 1),
        }
        if "lightbox.refused" in scope:
            line["refused"] = scope["lightbox.refused"]
        self._out.write(json.dumps(line) + "\n")
