"""Events as queues deliver them: unwrapped and checked before anything is decided on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import schemas

Envelope = Mapping[str, Any]


def opened(message: Mapping[str, Any]) -> Envelope:
    """The envelope (event.v1) in a queue's message: bare, or as EventBridge wraps it (`detail`).

    Its body meets the schema of its type. Raises DocumentInvalid.
    """
    envelope = message["detail"] if "detail-type" in message else message
    schemas.check(envelope, "event.v1")
    schemas.check(envelope["body"], f"{envelope['type']}.v1")
    checked: Envelope = envelope
    return checked
