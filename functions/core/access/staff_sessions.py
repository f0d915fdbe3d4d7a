"""A session of a hospital's staff: opened by a password, ended by anything that changes the account.

It slides as a patient's does (functions/core/access/sessions.py): 30 minutes without a request end it, eight hours end it anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from functions.core.access.sessions import IDLE_S
from functions.core.study import keys
from functions.core.study.record import Record

COOKIE = "__Host-lightbox-staff"


@dataclass(frozen=True, eq=False, repr=False)
class StaffSession(Record):
    """By the digest of its token. Times in epoch seconds; serial: the account's when it began."""

    kind: ClassVar[str] = "staff_session"
    digest: str
    tenant: str
    account: str
    serial: int
    started_at: int
    expires_at: int

    def key(self) -> tuple[str, str]:
        return keys.staff_session_pk(self.digest), "SESSION"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


def start(*, digest: str, tenant: str, account: str, serial: int, now: int) -> StaffSession:
    return StaffSession(digest, tenant, account, serial, started_at=now, expires_at=now + IDLE_S)


def set_cookie(token: str) -> str:
    """Strict: no other site's link opens a page of the staff's that is already inside."""
    return f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"


def clear_cookie() -> str:
    return f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"
