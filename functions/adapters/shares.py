"""The shares of an exam and its patient: their tokens are made of serials, so that they are found without a list of them."""

from __future__ import annotations

from collections.abc import Iterator

from functions.adapters import people
from functions.adapters.table.port import Row, Table
from functions.core.access import shares, tokens
from functions.core.access.shares import Share
from functions.core.study import keys
from functions.core.study.records import Exam


def token_of(link_key: bytes, exam: Exam, serial: int) -> str:
    return tokens.share_token(link_key, tenant=exam.tenant, exam=exam.exam, patient=exam.patient, serial=serial)


def shares_of(table: Table, link_key: bytes, exam: Exam) -> Iterator[tuple[str, Share]]:
    """Token and share of each serial, in order; none is ever left out."""
    for serial in range(1, shares.MOST + 1):
        token = token_of(link_key, exam, serial)
        row = table.get(keys.share_pk(tokens.token_digest(token)), "SHARE")
        if row is None:
            return
        yield token, standing(table, exam, row)


def standing(table: Table, exam: Exam, row: Row) -> Share:
    """As it stands since its patient's phone or ID card was corrected."""
    return shares.corrected(Share.from_row(row), people.corrected_at(table, exam.tenant, exam.patient))
