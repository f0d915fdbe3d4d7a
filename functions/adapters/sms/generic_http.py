"""A plain HTTP provider: signed JSON in, states out. Most hospitals' SMS platforms can be put behind these two calls.

    POST {url}/messages                {"request_id", "phone", "text"}      202 taken, 200 taken before, 4xx refused, 429/5xx busy
    GET  {url}/messages/{request_id}   → {"request_id", "state"}            404: never arrived

Bodies: events/schemas/sms_message.v1.json. Each request carries `X-Sms-Key`, `X-Sms-Time` (ISO 8601) and `X-Sms-Signature`:
hex HMAC-SHA-256 over method, path, time and SHA-256 hex of the body, joined by line feeds.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from functions.adapters.clock import Clock
from functions.adapters.sms.port import Fate, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused
from functions.core.times import iso

TIMEOUT_S = 10
ANSWER_LIMIT = 64 * 1024
_BUSY = {408, 425, 429, 500, 502, 503, 504}


def signature(key: bytes, method: str, path: str, time: str, body: bytes) -> str:
    """What provider and sender compute alike."""
    lines = "\n".join((method, path, time, hashlib.sha256(body).hexdigest()))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()


class GenericHttp:
    """settings: `url` (http only on loopback), `key_id`, `key` (hex)."""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        parts = urlsplit(settings["url"])
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("an SMS provider is called over https")
        self._parts = parts
        self._key_id = str(settings["key_id"])
        self._key = bytes.fromhex(settings["key"])
        self._clock = clock

    def send(self, message: SmsMessage) -> None:
        document = {"schema": "sms_message.v1", "request_id": message.request_id, "phone": message.phone, "text": message.text}
        status, _ = self._call("POST", "/messages", json.dumps(document, ensure_ascii=False).encode())
        if status in (200, 202):
            return
        if status in _BUSY:
            # A gateway's 502 or 504 may hide a message that was taken.
            raise (SmsFateUnknown if status in (502, 504) else SmsBusy)(reason=f"status {status}")
        raise SmsRefused(reason=f"status {status}")

    def look_up(self, request_id: str) -> Fate:
        try:
            status, answer = self._call("GET", f"/messages/{request_id}", b"")
        except SmsFateUnknown as error:
            raise SmsBusy(**error.details) from None
        if status == 404:
            return Fate.NEVER_ARRIVED
        if status != 200:
            raise SmsBusy(reason=f"status {status}")
        return Fate.REFUSED if answer.get("state") == "failed" else Fate.TAKEN

    def _call(self, method: str, path: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        full_path = self._parts.path.rstrip("/") + path
        time = iso(self._clock.now())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Sms-Key": self._key_id,
            "X-Sms-Time": time,
            "X-Sms-Signature": signature(self._key, method, full_path, time, body),
        }
        secure = self._parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_S)
        try:
            try:
                connection.connect()
            except OSError as error:  # nothing was sent: not a byte of the message left
                raise SmsBusy(reason=type(error).__name__) from None
            try:
                connection.request(method, full_path, body=body or None, headers=headers)
                answer = connection.getresponse()
                content = answer.read(ANSWER_LIMIT)
            except (OSError, http.client.HTTPException) as error:
                raise SmsFateUnknown(reason=type(error).__name__) from None
        finally:
            connection.close()
        return answer.status, _parsed(content)


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
