"""The built web app alone, served by the gateway's own code: same headers, same content security policy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from iac.gateway.web_app import WebApp

DIST = Path(__file__).parents[2] / "web" / "dist"


@contextmanager
def serve_web(folder: Path = DIST) -> Iterator[str]:
    """Yields the origin."""
    web = WebApp(folder, https=False)

    async def page(request: Request) -> Response:
        return await web(request)

    app = Starlette(routes=[Route("/{path:path}", page)])
    listener = socket.create_server(("127.0.0.1", 0))  # accepts from now on, before the server runs
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
