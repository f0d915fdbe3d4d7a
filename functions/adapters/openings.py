"""Notes who opened an exam: before a session exists, so that nobody looks unseen [PLUS-07]."""

from __future__ import annotations

from functions.adapters.table.port import Table
from functions.core.access.openings import Opening
from functions.core.access.shares import Share
from functions.core.errors import VersionConflict


def note_opened(
    table: Table,
    tenant: str,
    exam: str,
    patient: str,
    *,
    by: str,
    at: str,
    number: str,
    share: Share | None = None,
    account: str = "",
) -> None:
    """patient: keyed name, whose the exam is; by: one of `openings.KINDS`; at: ISO UTC; number: hex, the digest of the session's
    token. Twice is once."""
    digest, serial = (share.digest, share.serial) if share else ("", 0)
    opening = Opening(tenant, exam, at, number[:16], by, digest, serial, account, patient)
    try:
        table.put(opening.to_row(), expect=None)
    except VersionConflict:
        return
