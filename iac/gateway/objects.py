"""`/pixels/*` and `/derived/*`: checked as the CDN checks, read with the gateway's own credential, streamed through.

The path, without its first slash, is the key in the bucket: as a CDN does it that rewrites nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import quote

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from functions.core.access.cloudfront import CookieRefused
from functions.core.page_headers import EVERYWHERE
from iac.gateway.guard import check
from iac.gateway.settings import Settings

ASKED = ("range", "if-none-match", "if-range", "if-modified-since")
ANSWERED = (
    "accept-ranges",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
)
WITH_BODY = {200, 206}  # an error's body speaks of storage, which is nobody's business
ARCHIVED = b"InvalidObjectState"  # S3's word, which a CDN hands on
ABSENT = {403, 404}  # to who may not list, as this credential and a CDN's, storage says 403 for what is not there


class Objects:
    """Serves one bucket."""

    def __init__(
        self, settings: Settings, client: httpx.AsyncClient, *, bucket: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._client, self._bucket, self._clock = settings, client, bucket, clock
        self._signer = S3SigV4Auth(Credentials(settings.access_key, settings.secret_key), "s3", settings.region)

    async def __call__(self, request: Request) -> Response:
        """GET or HEAD of one object: 200, 206, 304, 416 as storage says; 403 unless signed for and there; 502 when storage is
        not there."""
        raw_path = request.scope["raw_path"].decode("ascii", "replace").split("?", 1)[0]
        try:
            check(
                origin=self._settings.origin,
                raw_path=raw_path,
                query=request.url.query,
                cookies=request.cookies,
                now=self._clock(),
                public_keys=self._settings.public_keys,
            )
        except CookieRefused as refused:
            request.scope["lightbox.refused"] = refused.reason
            return _refusal(
                403, "signature_refused", "This address opens only from the page that was given access, for a few minutes."
            )
        try:
            answer = await self._read(request, raw_path.removeprefix("/"))
        except httpx.HTTPError:
            return _refusal(502, "storage_unreachable", "The images cannot be read at the moment. Try again in a minute.")
        if answer.status_code in ABSENT:
            archived = ARCHIVED in await answer.aread()
            await answer.aclose()
            if archived:
                request.scope["lightbox.refused"] = "archived"
                return _refusal(403, ARCHIVED.decode(), "This lies in the archive and has not been fetched from there yet.")
            request.scope["lightbox.refused"] = "absent"
            return _refusal(403, "absent", "There is no such object here.")
        headers = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        if answer.status_code not in WITH_BODY:
            headers.pop("content-type", None)
            headers["content-length"] = "0"
        response: Response
        if request.method == "HEAD" or answer.status_code not in WITH_BODY:
            await answer.aclose()
            response = Response(status_code=answer.status_code)
        else:
            response = StreamingResponse(
                answer.aiter_raw(), status_code=answer.status_code, background=BackgroundTask(answer.aclose)
            )
        response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in [*headers.items(), *EVERYWHERE]]
        return response

    async def _read(self, request: Request, key: str) -> httpx.Response:
        """Storage's answer, body not yet read. No cookie and no other header of the caller goes there."""
        asked = {name: request.headers[name] for name in ASKED if name in request.headers}
        url = f"{self._settings.storage_url}/{self._bucket}/{quote(key, safe='/~')}"
        signed = AWSRequest(method=request.method, url=url, headers=asked)
        self._signer.add_auth(signed)
        outgoing = self._client.build_request(
            request.method, url, headers={**dict(signed.headers), "accept-encoding": "identity"}
        )
        return await self._client.send(outgoing, stream=True)


def _refusal(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers={**dict(EVERYWHERE), "cache-control": "no-store"})
