"""A capability link: what it opens, until when, and how many wrong answers it has met.

Each change is a new value; the caller writes it with the version it read, so that of two changes at once one starts again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from functions.core.access.tries import (
    FIRST_LOCK_S,
    LONGEST_LOCK_S,
    MAX_TRIES,
    answered_right,
    answered_wrong,
    closed_until,
    is_locked,
    take_try,
    tries_left,
    unlocked,
)
from functions.core.study import keys
from functions.core.study.record import Record

__all__ = [
    "FIRST_LOCK_S",
    "LONGEST_LOCK_S",
    "MAX_TRIES",
    "Link",
    "answered_right",
    "answered_wrong",
    "closed_until",
    "is_locked",
    "issued",
    "revoked",
    "take_try",
    "tries_left",
    "unlocked",
]
LIFE_S = {"sms": 180 * 86400, "paper": 3 * 365 * 86400}  # a film lies in a drawer for longer than an SMS is looked for
KEEP_AFTER_END_S = 30 * 86400  # an ended link answers "expired" for a month before it is unknown


@dataclass(frozen=True, eq=False, repr=False)
class Link(Record):
    """One link, by the digest of its token. Times in epoch seconds. Its tries are those of functions/core/access/tries.py."""

    kind: ClassVar[str] = "link"
    digest: str
    tenant: str
    exam: str
    channel: str
    serial: int
    issued_at: int
    expires_at: int
    patient: str = ""  # name: for whom it was made; for anybody else it opens nothing
    revoked: bool = False
    revoked_at: int = 0
    tries: int = 0
    locked_until: int = 0
    lock_level: int = 0
    shut_until: int = 0

    def key(self) -> tuple[str, str]:
        return keys.link_pk(self.digest), "LINK"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at + KEEP_AFTER_END_S}


def issued(*, digest: str, tenant: str, exam: str, patient: str, channel: str, serial: int, now: int) -> Link:
    """A new link. channel: one of `tokens.CHANNELS`."""
    return Link(digest, tenant, exam, channel, serial, issued_at=now, expires_at=now + LIFE_S[channel], patient=patient)


def revoked(link: Link, now: int) -> Link:
    """For good; when it was revoked first stays."""
    return link if link.revoked else replace(link, revoked=True, revoked_at=now)
