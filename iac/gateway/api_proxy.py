"""`/api/*`: the REST API, with Lambda's size limits and nothing that a hop must not pass on."""

from __future__ import annotations

import re
import secrets

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from functions.core.page_headers import EVERYWHERE
from iac.gateway.headers import passed_on
from iac.gateway.settings import Settings

PREFIX = "/api"
# What no hop reads in two ways: no escape, no backslash, no empty segment, and no segment of dots, which the client below would
# resolve and so leave the stage for whatever else the API's host serves.
PLAIN = re.compile(r"(/(?!\.+(/|$))[A-Za-z0-9._~-]+)+/?")
NOT_ASKED = ("host", "content-length", "accept-encoding", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")
NOT_ANSWERED = ("content-length", "content-encoding", "date", "server")
ALLOWS_OTHER_ORIGINS = "access-control-"  # one origin serves all; an API gateway's wildcard must not open it


class ApiProxy:
    """Hands a request to the REST API and its answer back."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._settings, self._client = settings, client

    async def __call__(self, request: Request) -> Response:
        """The API's answer; 400 for a path that is not plain or a body of two lengths, 413 for one over the limit, 502 when the
        API is not there."""
        if "transfer-encoding" in request.headers and "content-length" in request.headers:
            # where it ends is for each hop to guess (RFC 9112 6.1): what follows it may be another's request
            refusal = _failure(
                400, "length_ambiguous", "A request has a length or is chunked, not both.", "Send one of the two.", retry=False
            )
            refusal.headers["connection"] = "close"
            return refusal
        raw_path = request.scope["raw_path"].decode("ascii", "replace").split("?", 1)[0]
        if not raw_path.startswith(PREFIX + "/") or not PLAIN.fullmatch(raw_path):
            return _failure(400, "path_refused", "This address is not one of the service's.", "Check the address.", retry=False)
        body = await _body(request, self._settings.max_body_bytes)
        if body is None:
            return _failure(413, "body_too_large", "A request may have at most 6 MB.", "Send less at once.", retry=False)
        url = self._settings.api_url + raw_path.removeprefix(PREFIX) + (f"?{request.url.query}" if request.url.query else "")
        headers = passed_on(request.headers.items(), without=NOT_ASKED)
        if request.client is not None:
            headers.append(("x-forwarded-for", request.client.host))
        try:
            answer = await self._client.request(request.method, url, headers=headers, content=body)
        except httpx.HTTPError:
            return _failure(
                502, "api_unreachable", "The service does not answer at the moment.", "Try again in a minute.", retry=True
            )
        if len(answer.content) > self._settings.max_body_bytes:
            return _failure(
                502,
                "answer_too_large",
                "The service answered more than it may.",
                "Tell the operator the request_id.",
                retry=False,
            )
        response = Response(answer.content, answer.status_code)
        response.raw_headers = [
            (name.encode(), value.encode("latin-1")) for name, value in _answered(answer, bodiless=answer.status_code == 204)
        ]
        return response


def _answered(answer: httpx.Response, *, bodiless: bool) -> list[tuple[str, str]]:
    """The answer's headers; several Set-Cookie lines stay several."""
    kept = [
        (name, value)
        for name, value in passed_on(answer.headers.multi_items(), without=NOT_ANSWERED)
        if not name.startswith(ALLOWS_OTHER_ORIGINS)
    ]
    names = {name for name, _ in kept}
    if "cache-control" not in names:
        kept.append(("cache-control", "no-store"))
    if not bodiless:
        kept.append(("content-length", str(len(answer.content))))
    return kept + [(name, value) for name, value in EVERYWHERE if name not in names]


async def _body(request: Request, limit: int) -> bytes | None:
    """The body, None as soon as it is longer than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def _failure(status: int, code: str, message: str, hint: str, *, retry: bool) -> Response:
    """An error in the API's own form."""
    content = {"code": code, "message": message, "hint": hint, "retry": retry, "request_id": secrets.token_hex(16)}
    return JSONResponse(content, status, headers={**dict(EVERYWHERE), "cache-control": "no-store"})
