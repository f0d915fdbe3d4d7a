"""What became of each object: what the agent asks for before it forgets its own copy."""

from __future__ import annotations

from dataclasses import replace

from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.receipts import Receipt
from functions.core.times import iso
from functions.ingest.messages import Ref


def standing(ref: Ref, deps: Deps) -> Receipt | None:
    """What is known of the object; None when nobody has confirmed it and nothing became of it."""
    row = deps.table.get(*_blank(ref).key())
    return Receipt.from_row(row) if row else None


def note_queued(ref: Ref, deps: Deps) -> None:
    """What was quarantined is to be judged anew."""

    def decide(row: Row | None) -> Row | None:
        quarantined = row is not None and row["state"] == "quarantined"
        return replace(Receipt.from_row(row), state="queued", reason="").to_row() if row and quarantined else None

    change(deps.table, *_blank(ref).key(), decide)


def note_indexed(ref: Ref, deps: Deps) -> None:
    """A contradiction found meanwhile stays: only what is still queued becomes indexed."""
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        receipt = Receipt.from_row(row) if row else _blank(ref)
        if row and receipt.state == "quarantined":
            return None
        return replace(receipt, state="indexed", reason="", agent=receipt.agent or ref.agent, at=now).to_row()

    row = change(deps.table, *_blank(ref).key(), decide)
    if row is not None and row["state"] == "indexed":
        _close(ref, deps)


def note_quarantined(ref: Ref, reason: str, deps: Deps) -> None:
    """reason: a code of `functions.core.study.quarantine`."""
    now = iso(deps.clock.now())
    known = deps.table.get(*_blank(ref).key())
    agent = (known["agent"] if known else "") or ref.agent

    def entry(row: Row | None) -> Row | None:
        if row and row.get("settled") and row["reason"] == reason:
            return None
        at = row["at"] if row else now
        return QuarantineEntry(ref.tenant, ref.kind, ref.sha256, reason, at=at, study=ref.study, agent=agent).to_row()

    def decide(row: Row | None) -> Row:
        receipt = Receipt.from_row(row) if row else _blank(ref)
        return replace(receipt, state="quarantined", reason=reason, at=now).to_row()

    # the entry first: should the second write fail, the record comes again and finds it
    change(deps.table, *QuarantineEntry(ref.tenant, ref.kind, ref.sha256, reason).key(), entry)
    change(deps.table, *_blank(ref).key(), decide)
    logger.warning("quarantined", extra={"kind": ref.kind, "sha256": ref.sha256, "study": ref.study, "reason": reason})
    count("Quarantined", reason=reason)


def _close(ref: Ref, deps: Deps) -> None:
    """Sent again and good: nobody needs to look any more."""

    def decide(row: Row | None) -> Row | None:
        return {**row, "open": False, "settled": None} if row and (row["open"] or row.get("settled")) else None

    change(deps.table, *QuarantineEntry(ref.tenant, ref.kind, ref.sha256, "").key(), decide)


def _blank(ref: Ref) -> Receipt:
    return Receipt(ref.tenant, ref.kind, ref.sha256, study=ref.study, series=ref.series, agent=ref.agent)
