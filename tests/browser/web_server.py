"""The built web app alone, served by the gateway's own code: same headers, same content security policy."""

from __future__ import annotations

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


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:
        await super().startup(sockets)  # type: ignore[arg-type]
        self.listening.set()

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@contextmanager
def serve_web(folder: Path = DIST) -> Iterator[str]:
    """Yields the origin. Raises TimeoutError when the server does not come up."""
    web = WebApp(folder, https=False)

    async def page(request: Request) -> Response:
        return await web(request)

    app = Starlette(routes=[Route("/{path:path}", page)])
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not server.listening.wait(20):
            raise TimeoutError("the web server did not start")
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        thread.join(10)
