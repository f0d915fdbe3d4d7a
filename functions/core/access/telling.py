"""The events of sharing, told by rows before and after (`functions/core/study/changes.py` asks)."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.access import agreements, openings, shares
from functions.core.study.event import Event, Row, event
from functions.core.times import iso_at


def share(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"share/{new['digest']}"
    if old is None:
        yield event("share_issued", new["tenant"], subject, "1", time, shares.facts(new), cause=new["made_by"])
    if new["revoked_at"] and not (old or {}).get("revoked_at"):
        yield share_revoked(new)
    if new["locked_until"] > (old or {}).get("locked_until", 0):
        body = {"exam": new["exam"], "share": new["digest"], "until": new["locked_until"], "level": new["lock_level"]}
        yield event("share_locked", new["tenant"], subject, str(new["locked_until"]), time, body)


def share_revoked(share: Row) -> Event:
    """Made from the row with its `revoked_at`: journalled before that is written, as every restrictive decision."""
    at = iso_at(share["revoked_at"])
    body = {**shares.facts(share), "revoked_at": share["revoked_at"]}
    return event("share_revoked", share["tenant"], f"share/{share['digest']}", "1", at, body)


def opening(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None:
        cause = f"staff:{new['account']}" if new["account"] else None
        version = f"{new['at']}/{new['number']}"
        yield event("exam_opened", new["tenant"], f"exam/{new['exam']}", version, new["at"], openings.body(new), cause=cause)


def consent(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None:
        version = f"{new['version']}/{new['number']}"
        yield event("consent_given", new["tenant"], f"patient/{new['patient']}", version, new["at"], agreements.body(new))
