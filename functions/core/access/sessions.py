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
GUEST_COOKIE = "__Host-lightbox-guest"
IDLE_S = 30 * 60
RENEW_AFTER_S = 5 * 60
LONGEST_S = 8 * 3600
SIGNATURE_S = 5 * 60  # life of the cookies that open pixels and films (design §6)
RENEW_EARLY_S = 60
GUEST_SIGNATURE_S = 60  # so long at most what a guest was given outlives a share that is taken back
GUEST_RENEW_EARLY_S = 20


@dataclass(frozen=True, eq=False, repr=False)
class Session(Record):
    """By the digest of its token. Times in epoch seconds; `link` is the digest of the link, or of the share, that opened it."""

    kind: ClassVar[str] = "session"
    digest: str
    tenant: str
    exam: str
    link: str
    started_at: int
    expires_at: int
    patient: str = ""  # name: whose exam it was when the session began
    guest: bool = False  # of a share: another cookie, other routes
    answered: str = ""  # of one that began before the exam was published by a number: its keyed name, which must answer still

    def key(self) -> tuple[str, str]:
        return keys.session_pk(self.digest), "SESSION"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at}


def start(
    *,
    digest: str,
    tenant: str,
    exam: str,
    patient: str,
    link: str,
    now: int,
    guest: bool = False,
    until: int | None = None,
    answered: str = "",
) -> Session:
    """until: when the share ends, which no session of its guests outlives."""
    expires_at = now + IDLE_S if until is None else min(now + IDLE_S, until)
    names = {"patient": patient, "guest": guest, "answered": answered}
    return Session(digest, tenant, exam, link, started_at=now, expires_at=expires_at, **names)  # type: ignore[arg-type]


class Sliding(Protocol):
    """A session of anybody: a dataclass with these fields, in epoch seconds."""

    @property
    def started_at(self) -> int: ...
    @property
    def expires_at(self) -> int: ...


S = TypeVar("S", bound=Sliding)


def renewed(session: S, now: int, until: int | None = None) -> S | None:
    """The session prolonged, or None when that is not worth a write yet. The caller has refused an ended session."""
    expires_at = min(now + IDLE_S, session.started_at + LONGEST_S)
    if until is not None:
        expires_at = min(expires_at, until)
    if expires_at - session.expires_at < RENEW_AFTER_S:
        return None
    longer: S = replace(session, expires_at=expires_at)  # type: ignore[type-var]
    return longer


def cookie_of(guest: bool) -> str:
    return GUEST_COOKIE if guest else COOKIE


def set_cookie(token: str, *, guest: bool = False) -> str:
    """The Set-Cookie line of a session."""
    return f"{cookie_of(guest)}={token}; Path=/; Secure; HttpOnly; SameSite=Lax"


def clear_cookie(*, guest: bool = False) -> str:
    return f"{cookie_of(guest)}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


def signature_times(now: int, *, guest: bool = False) -> tuple[int, int]:
    """Epoch seconds: when cookies signed now end, and when the page should ask for new ones."""
    life, early = (GUEST_SIGNATURE_S, GUEST_RENEW_EARLY_S) if guest else (SIGNATURE_S, RENEW_EARLY_S)
    return now + life, now + life - early
