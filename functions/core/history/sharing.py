"""Shares and openings as the journal tells them, and the rows that it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from functions.core.access import shares
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.access.tries import MAX_TRIES

EVENTS = frozenset({"share_issued", "share_revoked", "share_locked", "exam_opened"})


@dataclass
class SharePast:
    facts: dict[str, Any] = field(default_factory=dict)
    revoked_at: int = 0
    locks: dict[int, int] = field(default_factory=dict)  # until → level


@dataclass
class Shared:
    """What a hospital's journal says of sharing, in whatever order it is read."""

    tenant: str
    shares: dict[str, SharePast] = field(default_factory=dict)
    openings: dict[tuple[str, str, str], Opening] = field(default_factory=dict)  # exam, time, number

    def add(self, event: Mapping[str, Any]) -> None:
        body = event["body"]
        if event["type"] == "exam_opened":
            self.openings[body["exam"], body["at"], body["number"]] = Opening(self.tenant, **body)
            return
        past = self.shares.setdefault(body["share"], SharePast())
        if event["type"] == "share_locked":
            past.locks[body["until"]] = body["level"]
        else:
            past.facts = {name: body[name] for name in shares.FACTS}
            past.revoked_at = body.get("revoked_at", past.revoked_at)


def share(old: Share | None, digest: str, past: SharePast, tenant: str) -> Share | None:
    """None when nothing says what it gives. A rebuilt share with a limit is used up, and one with a pass code has one try left:
    nobody knows how much of either was taken."""
    if old is None:
        if not past.facts:
            return None
        made = Share(digest=digest, tenant=tenant, **past.facts)
        old = replace(made, used=made.limit, tries=MAX_TRIES - 1 if made.code else 0)
    if past.revoked_at:
        old = shares.revoked(old, past.revoked_at)
    until = max(past.locks, default=0)
    if until and past.locks[until] > old.lock_level:
        old = replace(old, tries=MAX_TRIES, locked_until=until, lock_level=past.locks[until])
    return old
