"""A plain HTTP provider: signed JSON in, states out. Most hospitals' SMS platforms can be put behind these two calls.

    POST {url}/messages                {"request_id", "phone", "text"}      202 taken, 200 taken before, 4xx refused, 429/5xx busy
    GET  {url}/messages/{request_id}   → {"request_id", "state", "code"?}   404: never arrived

`state` is `taken`, `delivered` or `failed`, and `code` the carrier's word for that.

Bodies: events/schemas/sms_message.v1.json. Each request carries `X-Sms-Key`, `X-Sms-Time` (ISO 8601) and `X-Sms-Signature`:
hex HMAC-SHA-256 over method, path, time and SHA-256 hex of the body, joined by line feeds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from functions.adapters.clock import Clock
from functions.adapters.outgoing import AnswerLost, NothingSent, Service
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused, Taken
from functions.core.notice.receipts import Delivery
from functions.core.times import iso

_BUSY = {408, 425, 429, 500, 502, 503, 504}
_DELIVERIES = {"delivered": Delivery.DELIVERED, "failed": Delivery.UNDELIVERED}


def signature(key: bytes, method: str, path: str, time: str, body: bytes) -> str:
    """What provider and sender compute alike."""
    lines = "\n".join((method, path, time, hashlib.sha256(body).hexdigest()))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()


class GenericHttp:
    """settings: `url` (http only on loopback), `key_id`, `key` (hex)."""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        self._service = Service(settings["url"])
        self._key_id = str(settings["key_id"])
        self._key = bytes.fromhex(settings["key"])
        self._clock = clock

    def send(self, message: SmsMessage) -> Taken:
        document = {"schema": "sms_message.v1", "request_id": message.request_id, "phone": message.phone, "text": message.text}
        status, _ = self._call("POST", "/messages", json.dumps(document, ensure_ascii=False).encode())
        if status in (200, 202):
            return Taken(message.request_id)
        if status in _BUSY:
            # A gateway's 502 or 504 may hide a message that was taken.
            raise (SmsFateUnknown if status in (502, 504) else SmsBusy)(reason=f"status {status}")
        raise SmsRefused(reason=f"status {status}")

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        told = self._told(message)
        if told is None:
            return Fate.NEVER_ARRIVED
        return Fate.REFUSED if told.get("state") == "failed" else Fate.TAKEN

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        told = self._told(message) or {}
        delivery = _DELIVERIES.get(str(told.get("state", "")))
        return None if delivery is None else Receipt(delivery, str(told.get("code", "")))

    def _told(self, message: SmsMessage) -> Mapping[str, Any] | None:
        """None when it never arrived. Raises SmsBusy."""
        try:
            status, answer = self._call("GET", f"/messages/{message.request_id}", b"")
        except SmsFateUnknown as error:
            raise SmsBusy(**error.details) from None
        if status == 404:
            return None
        if status != 200:
            raise SmsBusy(reason=f"status {status}")
        return answer

    def _call(self, method: str, path: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        time = iso(self._clock.now())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Sms-Key": self._key_id,
            "X-Sms-Time": time,
            "X-Sms-Signature": signature(self._key, method, self._service.path + path, time, body),
        }
        try:
            return self._service.call(method, path, headers=headers, body=body)
        except NothingSent as error:
            raise SmsBusy(reason=str(error)) from None
        except AnswerLost as error:
            raise SmsFateUnknown(reason=str(error)) from None
