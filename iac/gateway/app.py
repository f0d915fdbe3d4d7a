"""Which path goes where."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from iac.gateway.access_log import AccessLog
from iac.gateway.api_proxy import ApiProxy
from iac.gateway.objects import Objects
from iac.gateway.settings import Settings
from iac.gateway.web_app import WebApp

HEALTH = "/_gateway/health"
API_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TIMEOUT = httpx.Timeout(35, connect=5)  # API Gateway gives up after 29 s
LIMITS = httpx.Limits(max_connections=256, max_keepalive_connections=64)


def make_app(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, clock: Callable[[], float] = time.time
) -> Starlette:
    """The gateway's ASGI app. transport, clock: what tests put in the place of network and time."""
    client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, limits=LIMITS, trust_env=False)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await client.aclose()

    api = ApiProxy(settings, client)
    pixels = Objects(settings, client, bucket=settings.pixels, clock=clock)
    derived = Objects(settings, client, bucket=settings.derived, clock=clock)
    web = WebApp(settings.web, https=settings.origin.startswith("https://"))
    return Starlette(
        routes=[
            Route(HEALTH, health),
            Route("/api/{path:path}", _handler(api), methods=API_METHODS),
            Route("/pixels/{path:path}", _handler(pixels), methods=["GET", "HEAD"]),
            Route("/derived/{path:path}", _handler(derived), methods=["GET", "HEAD"]),
            Route("/{path:path}", _handler(web), methods=["GET", "HEAD"]),
        ],
        middleware=[Middleware(AccessLog, path=settings.access_log)],
        lifespan=lifespan,
    )


def _handler(endpoint: ApiProxy | Objects | WebApp) -> Callable[[Request], object]:
    """A plain function, since Starlette takes an object with __call__ for an ASGI app."""

    async def handle(request: Request) -> Response:
        return await endpoint(request)

    return handle
