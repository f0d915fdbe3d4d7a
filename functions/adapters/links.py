"""Link rows in the table: the standing link of an exam, its patient and a channel, made when there is none; unlocking."""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core.access import links
from functions.core.access.links import Link
from functions.core.access.tokens import CHANNELS, link_token, token_digest
from functions.core.study import keys

MAX_SERIAL = 1000


def standing_link(
    table: Table, link_key: bytes, *, tenant: str, exam: str, patient: str, channel: str, now: int
) -> tuple[str, Link]:
    """Token and link of the lowest serial that is neither revoked nor expired; made if nobody has made it yet.

    The same call always finds the same link, so that a redelivered event makes the same SMS and the same QR.
    """
    for serial in range(1, MAX_SERIAL + 1):
        token, link = link_of(table, link_key, tenant=tenant, exam=exam, patient=patient, channel=channel, serial=serial, now=now)
        if not link.revoked and now < link.expires_at:
            return token, link
    raise LookupError("an exam has used up its link serials")


def link_of(
    table: Table, link_key: bytes, *, tenant: str, exam: str, patient: str, channel: str, serial: int, now: int
) -> tuple[str, Link]:
    """Token and link of one serial; made if it is not there."""
    token = link_token(link_key, tenant=tenant, exam=exam, patient=patient, channel=channel, serial=serial)
    fresh = links.issued(
        digest=token_digest(token), tenant=tenant, exam=exam, patient=patient, channel=channel, serial=serial, now=now
    )
    row = change(table, *fresh.key(), lambda old: fresh.to_row() if old is None else None)
    return token, Link.from_row(row) if row else fresh


def unlock(table: Table, digest: str) -> Link | None:
    """Forget wrong answers and locks: by staff, or because a new SMS goes to the registered phone. None: no such link."""

    def decide(old: Row | None) -> Row | None:
        return None if old is None else links.unlocked(Link.from_row(old)).to_row()

    row = change(table, keys.link_pk(digest), "LINK", decide)
    return Link.from_row(row) if row else None


def unlock_all(table: Table, link_key: bytes, *, tenant: str, exam: str, patient: str) -> None:
    """Every link of the exam that was made for this patient: what was answered wrongly may have been right."""
    for channel in CHANNELS:
        for serial in range(1, MAX_SERIAL + 1):
            token = link_token(link_key, tenant=tenant, exam=exam, patient=patient, channel=channel, serial=serial)
            if unlock(table, token_digest(token)) is None:
                break
