"""Calls to somebody else's HTTPS service, where it matters whether a request may have reached it.

Redirects are not followed: whoever signs a request signs the host it goes to.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 10
ANSWER_LIMIT = 256 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NothingSent(Exception):
    """No connection: not a byte of the request left. The text is the kind of failure, nothing of the request."""


class AnswerLost(Exception):
    """The request went out, or part of it; what became of it nobody knows."""


@dataclass(frozen=True)
class Service:
    """base: `https://host[:port][/path]`; plain http only on loopback, where tests and the demo listen."""

    base: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
            raise ValueError("a provider is called over https")

    @property
    def host(self) -> str:
        """As the Host header names it."""
        return urlsplit(self.base).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.base).path.rstrip("/")

    def call(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, dict[str, Any]]:
        """Status and the answer's JSON object, empty when it is none. target: path and query after the base's own path.

        Raises NothingSent, AnswerLost.
        """
        parts = urlsplit(self.base)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise NothingSent(type(error).__name__) from None
            try:
                connection.request(method, self.path + target, body=body or None, headers=dict(headers))
                answer = connection.getresponse()
                content = answer.read(ANSWER_LIMIT)
            except (OSError, http.client.HTTPException) as error:
                raise AnswerLost(type(error).__name__) from None
        finally:
            connection.close()
        return answer.status, _parsed(content)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
