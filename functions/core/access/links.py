"""A capability link: what it opens, until when, and how many wrong answers it has met.

Each change is a new value; the caller writes it with the version it read, so that of two changes at once one starts again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record

MAX_TRIES = 5
FIRST_LOCK_S = 15 * 60
LONGEST_LOCK_S = 24 * 3600
LIFE_S = {"sms": 180 * 86400, "paper": 3 * 365 * 86400}  # a film lies in a drawer for longer than an SMS is looked for
KEEP_AFTER_END_S = 30 * 86400  # an ended link answers "expired" for a month before it is unknown


@dataclass(frozen=True, eq=False, repr=False)
class Link(Record):
    """One link, by the digest of its token. Times in epoch seconds.

    tries: answers taken since the last right one, unlock or end of a lock.
    shut_until: the last try is taken and its answer not known yet; it becomes the lock, or ends with the right answer.
    lock_level: locks so far; the next lasts FIRST_LOCK_S × 2**lock_level.
    """

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

    @property
    def closed_until(self) -> int:
        return max(self.locked_until, self.shut_until)

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": self.expires_at + KEEP_AFTER_END_S}


def issued(*, digest: str, tenant: str, exam: str, patient: str, channel: str, serial: int, now: int) -> Link:
    """A new link. channel: one of `tokens.CHANNELS`."""
    return Link(digest, tenant, exam, channel, serial, issued_at=now, expires_at=now + LIFE_S[channel], patient=patient)


def is_locked(link: Link, now: int) -> bool:
    return now < link.closed_until


def tries_left(link: Link, now: int) -> int:
    """Answers that may still be given before the link locks."""
    if is_locked(link, now):
        return 0
    return MAX_TRIES - (link.tries if link.tries < MAX_TRIES else 0)


def take_try(link: Link, now: int) -> Link:
    """Take one try, before the answer is looked at; the fifth shuts the link at once.

    Written conditionally on the row's version, this bounds parallel guesses too: no answer is compared without its own try,
    and a crash between taking and comparing leaves the link shut rather than open. The caller has refused a locked link.
    """
    tries = (link.tries if link.tries < MAX_TRIES else 0) + 1
    if tries < MAX_TRIES:
        return replace(link, tries=tries, locked_until=0, shut_until=0)
    lock_s = min(FIRST_LOCK_S * 2**link.lock_level, LONGEST_LOCK_S)
    return replace(link, tries=tries, locked_until=0, shut_until=now + lock_s, lock_level=link.lock_level + 1)


def answered_wrong(link: Link) -> Link:
    """The answer was wrong: a link that its try has shut is locked, and everybody is told."""
    return replace(link, locked_until=link.closed_until, shut_until=0)


def answered_right(link: Link, before: Link) -> Link:
    """The answer was right: its tries are forgotten. The lock level of `before` the try stays: only an unlock lowers it."""
    return replace(link, tries=0, locked_until=0, shut_until=0, lock_level=before.lock_level)


def unlocked(link: Link) -> Link:
    """A member of staff, or a new SMS to the registered phone, opens the link again."""
    return replace(link, tries=0, locked_until=0, shut_until=0, lock_level=0)


def revoked(link: Link, now: int) -> Link:
    """For good; when it was revoked first stays."""
    return link if link.revoked else replace(link, revoked=True, revoked_at=now)
