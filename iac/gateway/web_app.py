"""The built web app: every path without a file is the one page; hashed assets never change; text goes out compressed."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from functions.core.page_headers import EVERYWHERE, PAGE, STRICT_TRANSPORT, Headers

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
COMPRESSED = (
    "text/",
    "application/javascript",
    "application/json",
    "application/wasm",
    "image/svg+xml",
    "application/manifest+json",
)
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
MIN_COMPRESSED_BYTES = 512


@dataclass(frozen=True)
class _File:
    mtime_ns: int
    content_type: str
    plain: bytes
    gzipped: bytes | None


class WebApp:
    """Serves a folder; files are read once and again when they change."""

    def __init__(self, folder: Path, *, https: bool) -> None:
        self._folder = folder.resolve()
        self._extra: Headers = STRICT_TRANSPORT if https else []
        self._cache: dict[Path, _File] = {}

    async def __call__(self, request: Request) -> Response:
        """A file of the app, else its page; 404 for a missing asset, so that a stale page notices."""
        path = request.url.path
        found = self._find(path)
        if found is None and _is_asset(path):
            return PlainTextResponse("Not found\n", 404, headers=dict(EVERYWHERE))
        file = self._load(found or self._folder / "index.html")
        if file is None:
            return PlainTextResponse("The web app is not built. Run `make setup`.\n", 503, headers=dict(EVERYWHERE))
        return self._answer(request, file, immutable=path.startswith("/assets/"))

    def _find(self, path: str) -> Path | None:
        try:
            candidate = (self._folder / path.lstrip("/")).resolve()
            return candidate if candidate.is_relative_to(self._folder) and candidate.is_file() else None
        except (OSError, ValueError):  # no file can have such a name: too long, or with a zero byte
            return None

    def _load(self, path: Path) -> _File | None:
        try:
            mtime_ns = path.stat().st_mtime_ns
            cached = self._cache.get(path)
            if cached is None or cached.mtime_ns != mtime_ns:
                cached = self._cache[path] = _read(path, mtime_ns)
        except OSError:
            return None
        return cached

    def _answer(self, request: Request, file: _File, *, immutable: bool) -> Response:
        page = file.content_type.startswith("text/html")
        zipped = file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", "")
        etag = f'"{file.mtime_ns:x}{"-gz" if zipped else ""}"'
        headers = dict([*(PAGE if page else EVERYWHERE), *self._extra])
        headers |= {"cache-control": IMMUTABLE if immutable else REVALIDATED, "etag": etag, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["content-encoding"] = "gzip"
        body = file.gzipped if zipped and file.gzipped is not None else file.plain
        return Response(body, headers=headers, media_type=file.content_type)


def _is_asset(path: str) -> bool:
    return path.startswith("/assets/") or "." in path.rsplit("/", 1)[-1]


def _read(path: Path, mtime_ns: int) -> _File:
    content_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    plain = path.read_bytes()
    ready = path.with_name(path.name + ".gz")  # a build may bring its own, better compressed
    if ready.is_file():
        return _File(mtime_ns, content_type, plain, ready.read_bytes())
    worth = content_type.startswith(COMPRESSED) and len(plain) >= MIN_COMPRESSED_BYTES
    return _File(mtime_ns, content_type, plain, gzip.compress(plain, 9, mtime=0) if worth else None)
