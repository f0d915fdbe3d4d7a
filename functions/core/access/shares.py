"""A share: what a patient gives to others of an exam, until when, how often, and how it ends [SHR-01 to SHR-05].

Each change is a new value; the caller writes it with the version it read, so that of two changes at once one starts again: a use
is counted before a session exists, and two hundred at once are given no more than the limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from functions.core.access.tries import closed_until
from functions.core.study import keys
from functions.core.study.record import Record

LONGEST_S = 180 * 86400
SHORTEST_S = 60
MOST = 100  # shares of an exam and its patient
MOST_USES = 1000


@dataclass(frozen=True, eq=False, repr=False)
class Share(Record):
    """One share, by the digest of its token. Times in epoch seconds.

    The row stays as long as its exam does: its serial, and so its token, is never given out again, and who opened it stays told.
    series: names of those that it gives, None for all that the exam holds then. code: the pass code's hash, "" without one.
    limit: how many sessions it opens, 0 for any number; used: how many it has opened.
    """

    kind: ClassVar[str] = "share"
    digest: str
    tenant: str
    exam: str
    patient: str  # name: whose exam it was; for anybody else's it opens nothing
    serial: int
    issued_at: int
    expires_at: int
    made_by: str  # patient, or staff:{account}
    series: list[str] | None = None
    report: bool = True
    film: bool = True
    anonymous: bool = False
    code: str = ""
    limit: int = 0
    used: int = 0
    revoked_at: int = 0
    tries: int = 0  # at the pass code, as functions/core/access/tries.py counts them
    locked_until: int = 0
    lock_level: int = 0
    shut_until: int = 0

    def key(self) -> tuple[str, str]:
        return keys.share_pk(self.digest), "SHARE"


def state(share: Share, now: int) -> str:
    """open, revoked, expired, used_up or locked: the first that is true of the last four."""
    if share.revoked_at:
        return "revoked"
    if now >= share.expires_at:
        return "expired"
    if is_used_up(share):
        return "used_up"
    return "locked" if now < closed_until(share) else "open"


def is_used_up(share: Share) -> bool:
    return bool(share.limit) and share.used >= share.limit


def used(share: Share) -> Share:
    """One use more. The caller has refused one that is used up."""
    return replace(share, used=share.used + 1)


def revoked(share: Share, now: int) -> Share:
    """For good; when it was revoked first stays."""
    return share if share.revoked_at else replace(share, revoked_at=now)


def corrected(share: Share, at: int) -> Share:
    """As it stands since its patient's phone or ID card was corrected (`correcting.last_at`): what was shared by then ended."""
    return revoked(share, at) if share.issued_at <= at else share


def facts(share: Share | Mapping[str, Any]) -> dict[str, Any]:
    """What the journal needs to know of a share, from the record or from its row."""
    row = share if isinstance(share, Mapping) else share.to_row()
    return {"share": row["digest"], **{name: row[name] for name in FACTS}}


FACTS: Sequence[str] = (
    *("exam", "patient", "serial", "issued_at", "expires_at", "made_by"),
    *("series", "report", "film", "anonymous", "code", "limit"),
)
