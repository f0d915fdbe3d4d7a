"""A gateway without a network: its app, a storage that remembers what it was asked, and cookies to attack it with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import httpx
from starlette.types import ASGIApp, Message

from functions.core.access.cloudfront import Policy, sign_cookies
from iac.aws.secrets import new_secrets, public_key_pem
from iac.gateway.app import make_app
from iac.gateway.settings import Settings

ORIGIN = "https://film.example"
KEY_ID = "KTEST"
NOW = 1_800_000_000.0
SERIES = f"/pixels/k1/renhe/{'s' * 32}/{'a' * 32}/"
OTHER_SERIES = f"/pixels/k1/renhe/{'s' * 32}/{'b' * 32}/"
OBJECT = SERIES + "0" * 64 + ".low"
SECRETS = new_secrets(KEY_ID)
PUBLIC_KEY = public_key_pem(SECRETS["signing_key"]).encode()
PRIVATE_KEY = SECRETS["signing_key"].encode()

Answer = Callable[[httpx.Request], httpx.Response]


class Behind:
    """What stands behind the gateway: answers every request with `answer`, keeps the requests."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer or (
            lambda _: httpx.Response(200, content=b"pixels", headers={"content-type": "application/octet-stream"})
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        made = self._answer(request)
        # A response made from bytes counts as read; the gateway streams.
        return httpx.Response(made.status_code, headers=made.headers.multi_items(), stream=httpx.ByteStream(made.content))


@dataclass(frozen=True)
class Got:
    """An answer as it left the gateway."""

    status_code: int
    headers: httpx.Headers
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Client:
    """Sends exactly the path that a test names: an ordinary client would tidy up `..` before the gateway sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes = b"",
        json_body: Any = None,
    ) -> Got:
        """One request. params are added to a query that `path` may have."""
        raw_path, _, query = path.partition("?")
        query += ("&" if query and params else "") + urlencode(params or {})
        sent = {"host": ORIGIN.split("//")[1], **(headers or {})}
        if json_body is not None:
            content, sent["content-type"] = json.dumps(json_body, separators=(",", ":")).encode(), "application/json"
        if content:
            sent["content-length"] = str(len(content))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.9", 1),
            "server": ("127.0.0.1", 443),
        }
        return asyncio.run(self._call(scope, content))

    async def _call(self, scope: dict[str, Any], content: bytes) -> Got:
        sent: list[Message] = []
        gone = asyncio.Event()
        first = True

        async def receive() -> Message:
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": content, "more_body": False}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
        return Got(start["status"], httpx.Headers(start["headers"]), body)

    def get(self, path: str, **options: Any) -> Got:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Got:
        return self.request("POST", path, **options)

    def delete(self, path: str, **options: Any) -> Got:
        return self.request("DELETE", path, **options)


def gateway(folder: Path, behind: Behind) -> Client:
    """A client of a gateway whose clock stands at NOW."""
    return Client(app_of(folder, behind))


def app_of(folder: Path, behind: Behind) -> ASGIApp:
    """The gateway's app, its clock at NOW, with `behind` in the place of everything it asks."""
    settings = Settings(
        port=0,
        origin=ORIGIN,
        api_url="http://api.behind/api",
        storage_url="http://storage.behind",
        region="us-east-1",
        access_key="AK",
        secret_key="SK",
        pixels="bucket-pixels",
        derived="bucket-derived",
        public_keys={KEY_ID: PUBLIC_KEY},
        web=folder / "web",
        access_log=folder / "access.log",
    )
    return make_app(settings, transport=httpx.MockTransport(behind), clock=lambda: NOW)


def cookies_for(base: str = SERIES, *, expires_in_s: int = 60, key: bytes = PRIVATE_KEY, origin: str = ORIGIN) -> dict[str, str]:
    """The three cookies that patient_api would set for one series."""
    return sign_cookies(Policy(f"{origin}{base}*", int(NOW) + expires_in_s), private_key_pem=key, key_id=KEY_ID)


def as_header(cookies: dict[str, str]) -> dict[str, str]:
    """A Cookie header; the client's own jar would drop what a browser drops too."""
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
