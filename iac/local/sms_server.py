"""An SMS gateway on this machine: takes messages as a provider does, keeps them, and shows them as a phone would.

The API is the one of `functions/adapters/sms/generic_http.py`: signed POST /messages, GET /messages/{request_id}. The same
request id is the same message, whatever is sent again; how often it was sent is counted (`sends` in /feed). A message arrives a
moment after it was taken; at UNREACHABLE none does. The page at / lists what "arrived", newest first, at the hospital's time,
with links to tap.

    LIGHTBOX_SMS_KEY=hex python -m iac.local.sms_server --folder .lightbox/sms [--port 0] [--key-id local] [--time-zone NAME]

The first line on standard output is the address. Loopback only.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from functions.adapters import schemas
from functions.adapters.sms.generic_http import signature
from functions.core.errors import DocumentInvalid
from functions.core.times import iso, parse
from iac.local.wechat_server import routes as wechat_routes

PAGE = Path(__file__).with_name("sms_page.html")
CLOCK_LIMIT_S = 300
BODY_LIMIT = 16 * 1024
TIME_ZONE = "Asia/Shanghai"
ARRIVES_AFTER_S = 2
UNREACHABLE, OFF = "13000000000", "UNDELIV"  # a phone that is off for ever, and what its carrier says


class Inbox:
    """Messages in a folder, one JSON file each, named by the request id; they outlive the server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, request_id: str, phone: str, text: str) -> bool:
        """True when the message is new. Atomic: of two at once one is new. Counts each time."""
        with (self._folder / f"{request_id}.sends").open("ab") as sends:
            sends.write(b".")
        message = {"request_id": request_id, "phone": phone, "text": text, "at": iso(datetime.now(UTC))}
        fresh = self._folder / f".{request_id}.{os.urandom(6).hex()}"
        fresh.write_text(json.dumps(message, ensure_ascii=False), encoding="utf-8")
        try:
            os.link(fresh, self._file(request_id))
        except FileExistsError:
            return False
        finally:
            fresh.unlink()
        return True

    def get(self, request_id: str) -> Mapping[str, Any] | None:
        try:
            message: dict[str, Any] = json.loads(self._file(request_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return {**message, "sends": self._sends(request_id)}

    def all(self) -> list[Mapping[str, Any]]:
        found = (self.get(path.stem) for path in self._folder.glob("*.json"))
        messages = [message for message in found if message is not None]
        return sorted(messages, key=lambda message: (message["at"], message["request_id"]))

    def _sends(self, request_id: str) -> int:
        """1 for a message that was kept before sends were counted."""
        counted = self._folder / f"{request_id}.sends"
        return counted.stat().st_size if counted.exists() else 1

    def _file(self, request_id: str) -> Path:
        return self._folder / f"{request_id}.json"


def create_app(
    folder: Path,
    keys: Mapping[str, bytes],
    faults: Iterator[int] | None = None,
    *,
    time_zone: str = TIME_ZONE,
    wechat: Mapping[str, str] | None = None,
) -> Starlette:
    """The server. keys: key id to HMAC key. faults: statuses to answer the next POSTs with, before it behaves.

    wechat: app id → secret of official accounts whose messages land on the same phone.
    time_zone: in which the page tells times, whatever the browser's own: the SMS belongs to an exam there.
    """
    inbox = Inbox(folder)
    failing = faults or iter(())

    async def accept(request: Request) -> Response:
        body = await request.body()
        if (refused := _refused(request, body, keys)) is not None:
            return refused
        if (status := next(failing, None)) is not None:
            return _error(status, "busy")
        try:
            document = json.loads(body)
            schemas.check(document, "sms_message.v1")
        except (ValueError, DocumentInvalid):
            return _error(400, "message_malformed")
        request_id = document["request_id"]
        new = await run_in_threadpool(inbox.put, request_id, document["phone"], document["text"])
        return JSONResponse({"request_id": request_id, "state": "taken"}, status_code=202 if new else 200)

    async def tell(request: Request) -> Response:
        if (refused := _refused(request, b"", keys)) is not None:
            return refused
        request_id = request.path_params["request_id"]
        message = (
            await run_in_threadpool(inbox.get, request_id) if request_id.replace("_", "").replace("-", "").isalnum() else None
        )
        if message is None:
            return _error(404, "message_unknown")
        return JSONResponse({"request_id": request_id, **_delivery(message)})

    async def feed(_: Request) -> Response:
        arrived = [one for one in await run_in_threadpool(inbox.all) if one["phone"] != UNREACHABLE]
        told = {"messages": arrived, "time_zone": time_zone}
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def page(_: Request) -> Response:
        return FileResponse(PAGE, media_type="text/html", headers={"Cache-Control": "no-store", "Content-Security-Policy": _CSP})

    return Starlette(
        routes=[
            Route("/messages", accept, methods=["POST"]),
            Route("/messages/{request_id}", tell, methods=["GET"]),
            *wechat_routes(wechat or {}, inbox.put),
            Route("/feed", feed, methods=["GET"]),
            Route("/", page, methods=["GET"]),
        ]
    )


_CSP = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'"


def _refused(request: Request, body: bytes, keys: Mapping[str, bytes]) -> Response | None:
    """The answer to a request that is not what a known key signed just now; None when it is."""
    key = keys.get(request.headers.get("x-sms-key", ""))
    time = request.headers.get("x-sms-time", "")
    if key is None or len(body) > BODY_LIMIT:
        return _error(401, "key_unknown")
    try:
        skew_s = abs((datetime.now(UTC) - parse(time)).total_seconds())
    except ValueError:
        return _error(401, "time_missing")
    if skew_s > CLOCK_LIMIT_S:
        return _error(401, "clock_skewed")
    expected = signature(key, request.method, request.url.path, time, body)
    if not hmac.compare_digest(expected, request.headers.get("x-sms-signature", "")):
        return _error(401, "signature_wrong")
    return None


def _delivery(message: Mapping[str, Any]) -> dict[str, str]:
    if (datetime.now(UTC) - parse(message["at"])).total_seconds() < ARRIVES_AFTER_S:
        return {"state": "taken"}
    return {"state": "failed", "code": OFF} if message["phone"] == UNREACHABLE else {"state": "delivered", "code": "DELIVRD"}


def _error(status: int, code: str) -> Response:
    return JSONResponse({"code": code}, status_code=status)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m iac.local.sms_server", description="A local SMS gateway with a phone to look at."
    )
    parser.add_argument("--folder", type=Path, required=True, help="where messages are kept")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--key-id", default="local")
    parser.add_argument("--wechat-app", default="", help="app id of an official account; its secret is the key's hex")
    parser.add_argument("--time-zone", default=TIME_ZONE, help="of the times on the page (default: %(default)s)")
    options = parser.parse_args(arguments)
    key = os.environ.get("LIGHTBOX_SMS_KEY", "")
    if len(key) < 32:
        print("LIGHTBOX_SMS_KEY must hold the shared key, hex, 16 bytes or more", file=sys.stderr)
        return 2
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", options.port))
        listener.listen(128)  # before the address is told, so that a caller may connect at once
    except OSError as error:
        print(f"port {options.port} of 127.0.0.1 cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    wechat = {options.wechat_app: key} if options.wechat_app else {}
    app = create_app(options.folder, {options.key_id: bytes.fromhex(key)}, time_zone=options.time_zone, wechat=wechat)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
