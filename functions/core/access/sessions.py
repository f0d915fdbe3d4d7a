"""A patient's session: opened by a right answer, for the one exam and the one patient that its link names.

It slides: while the page is used it is prolonged to 30 minutes from now, written at most every 5 minutes, and ends 8 hours after
it began whatever happens. The cookie itself has no age: the browser forgets it when it closes. Every request reads the link
too, so that a revoked link ends its sessions at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

from functions.core.study import keys
from functions.core.study.record import Record

COOKIE = "__Host-lightbox"
IDLE_S = 30 * 60
RENEW_AFTER_S = 5 * 60
LONGEST_S = 8 * 3600
SIGNATURE_S = 5 * 60  # life of the cookies that open pixels and films (design §6)
RENEW_EARLY_S = 60


@dataclass(frozen=True, eq=False, repr=False)
class Session(Record):
    """By the digest of its token. Times in epoch seconds; `link` is the digest of the link that opened it."""

    kind: ClassVar[str] = "session"
    digest: str
    tenant: str
    exam: str
    link: str
    started_at: int
    expires_at: int
    patient: str = ""  # name: whose exam it was when the session began

    def key(self) -> tuple[str, str]:
        return keys.session_pk(self.digest), "SESSION"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


def start(*, digest: str, tenant: str, exam: str, patient: str, link: str, now: int) -> Session:
    return Session(digest, tenant, exam, link, started_at=now, expires_at=now + IDLE_S, patient=patient)


class Sliding(Protocol):
    """A session of anybody: a dataclass with these fields, in epoch seconds."""

    @property
    def started_at(self) -> int: ...
    @property
    def expires_at(self) -> int: ...


S = TypeVar("S", bound=Sliding)


def renewed(session: S, now: int) -> S | None:
    """The session prolonged, or None when that is not worth a write yet. The caller has refused an ended session."""
    expires_at = min(now + IDLE_S, session.started_at + LONGEST_S)
    if expires_at - session.expires_at < RENEW_AFTER_S:
        return None
    longer: S = replace(session, expires_at=expires_at)  # type: ignore[type-var]
    return longer


def set_cookie(token: str) -> str:
    """The Set-Cookie line of a session."""
    return f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax"


def clear_cookie() -> str:
    return f"{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


def signature_times(now: int) -> tuple[int, int]:
    """Epoch seconds: when cookies signed now end, and when the page should ask for new ones."""
    return now + SIGNATURE_S, now + SIGNATURE_S - RENEW_EARLY_S
