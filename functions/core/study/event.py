"""One event: the envelope of event.v1, made alike by everybody who tells of rows (docs/interfaces.md §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
Event = dict[str, Any]


def event(
    kind: str, tenant: str, subject: str, business_version: str, time: str, body: Mapping[str, Any], *, cause: str | None = None
) -> Event:
    """One envelope.

    subject: what it is about, `exam/{name}`; business_version: which of several of its kind, never a row version;
    cause: who decided, where somebody did; time: ISO UTC.
    """
    digest = hashlib.sha256("\n".join((kind, tenant, subject, business_version)).encode()).hexdigest()
    return {
        "id": digest,
        "type": kind,
        "tenant": tenant,
        "time": time,
        "subject": subject,
        "cause": cause,
        "replayed": False,
        "body": dict(body),
    }
