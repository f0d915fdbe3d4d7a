"""OHIF's files and Orthanc's answers under one origin, as a reverse proxy in a hospital would put them."""

from __future__ import annotations

import gzip
import mimetypes
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

PROXIED = ("/dicom-web", "/wado")
_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}
_TEXT = ("text/", "application/javascript", "application/json", "application/wasm", "image/svg+xml")


class _Files:
    """A folder in memory, text compressed as far as gzip goes: as our own gateway serves its page."""

    def __init__(self, folder: Path) -> None:
        self._answers = {f"/{path.relative_to(folder).as_posix()}": _answer(path) for path in folder.rglob("*") if path.is_file()}

    async def __call__(self, request: Request) -> Response:
        path = request.url.path
        if path not in self._answers and "." in path.rsplit("/", 1)[-1]:
            return Response("not found", 404)
        body, headers = self._answers.get(path) or self._answers["/index.html"]
        return Response(body, headers=headers)


def _answer(path: Path) -> tuple[bytes, dict[str, str]]:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body, headers = path.read_bytes(), {"content-type": kind, "cache-control": "no-cache"}
    if kind.startswith(_TEXT) and len(body) >= 512:
        body, headers = gzip.compress(body, 9, mtime=0), headers | {"content-encoding": "gzip"}
    return body, headers


class _Proxy:
    """Everything below /dicom-web, streamed through as it comes."""

    def __init__(self, orthanc: str) -> None:
        # Orthanc closes a connection after a second without a request: one that is almost that old is not used again.
        limits = httpx.Limits(max_connections=64, keepalive_expiry=0.5)
        self._client = httpx.AsyncClient(base_url=orthanc, timeout=60, limits=limits)

    async def __call__(self, request: Request) -> Response:
        url = httpx.URL(path=request.url.path, query=request.url.query.encode())
        asked = {name: value for name, value in request.headers.items() if name in ("accept", "accept-encoding", "host")}
        try:
            answer = await self._client.send(self._client.build_request("GET", url, headers=asked), stream=True)
        except httpx.RemoteProtocolError:  # it closed just then
            answer = await self._client.send(self._client.build_request("GET", url, headers=asked), stream=True)
        kept = {name: value for name, value in answer.headers.items() if name not in _HOP}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept, background=BackgroundTask(answer.aclose))

    async def close(self) -> None:
        await self._client.aclose()


@contextmanager
def serve_ohif(folder: Path, orthanc: str) -> Iterator[int]:
    """Yields the port of 127.0.0.1."""
    files, proxy = _Files(folder), _Proxy(orthanc)

    async def page(request: Request) -> Response:
        return await files(request)

    async def dicomweb(request: Request) -> Response:
        return await proxy(request)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await proxy.close()

    routes = [Route(f"{root}{{path:path}}", dicomweb) for root in PROXIED] + [Route("/{path:path}", page)]
    app = Starlette(routes=routes, lifespan=lifespan)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
