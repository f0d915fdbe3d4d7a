"""What waits for a person: looked at, sent through ingest again, or settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import NotFound, NotRetriable
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.changes import quarantine_settled
from functions.core.study.event import event
from functions.core.study.quarantine import may_retry
from functions.core.study.receipts import Receipt
from functions.core.times import iso


def waiting(deps: Deps, tenant: str, subject: str = "", *, closed: bool = False) -> Iterator[QuarantineEntry]:
    """Of one subject where one is given, in the order of their names; with `closed` also what was settled or has become good."""
    for row in deps.table.rows(keys.quarantine_pk(tenant), keys.quarantine_sk(subject, "") if subject else ""):
        if row["open"] or closed:
            yield QuarantineEntry.from_row(row)


def find(deps: Deps, tenant: str, subject: str, name: str) -> QuarantineEntry:
    """What waits. Raises NotFound, also for what was settled."""
    row = deps.table.get(*QuarantineEntry(tenant, subject, name, "").key())
    if row is None or not row["open"]:
        raise NotFound()
    return QuarantineEntry.from_row(row)


def retry(deps: Deps, entry: QuarantineEntry, *, by: str) -> None:
    """Judge a document anew, as if its agent had confirmed it once more: what came too late may be there now. The entry closes
    when ingest takes it. Twice is once. Raises NotRetriable, NotFound."""
    if not may_retry(entry.subject, entry.reason):
        raise NotRetriable(subject=entry.subject)
    now = iso(deps.clock.now())
    receipt = Receipt(entry.tenant, entry.subject, entry.name)

    def decide(row: Row | None) -> Row | None:
        if row is None:
            raise NotFound()
        if row["state"] == "indexed":
            return None
        return replace(Receipt.from_row(row), state="queued", reason="", at=now).to_row()

    body = {"subject": entry.subject, "sha256": entry.name, "reason": entry.reason}
    about = f"{entry.subject}/{entry.name}"
    journal_first(event("quarantine_retried", entry.tenant, about, now, now, body, cause=by), deps)
    row = change(deps.table, *receipt.key(), decide)
    if row is not None and row["state"] == "queued":
        known = Receipt.from_row(row)
        deps.ingest_queue.send(ingest_message(known) if known.agent else _storage_message(known))


def settle(deps: Deps, entry: QuarantineEntry, *, note: str, by: str) -> QuarantineEntry:
    """Nobody need look at it any more; nothing else changes. It comes back only for another reason. Raises NotFound."""
    settled = {"by": by, "at": iso(deps.clock.now()), "note": note}
    journal_first(quarantine_settled({**entry.to_row(), "settled": settled}), deps)

    def decide(row: Row | None) -> Row | None:
        if row is None or not row["open"] or row["reason"] != entry.reason:
            raise NotFound()
        return {**row, "open": False, "settled": settled}

    row = change(deps.table, *entry.key(), decide)
    return QuarantineEntry.from_row(row or {})


def close(deps: Deps, tenant: str, subject: str, name: str) -> None:
    """What it waited for has gone; a person who settled it keeps their word."""
    entry = QuarantineEntry(tenant, subject, name, "")
    change(deps.table, *entry.key(), lambda row: {**row, "open": False} if row and row["open"] else None)


def ingest_message(receipt: Receipt) -> Mapping[str, Any]:
    """What ingest is told of a confirmed document: events/schemas/ingest_message.v1.json."""
    message = {"kind": receipt.subject, "tenant": receipt.tenant, "sha256": receipt.sha256, "agent": receipt.agent}
    places = {"manifest": ("study", "series"), "declaration": ("study",), "report": (), "registration": ()}[receipt.subject]
    return message | {place: getattr(receipt, place) for place in places}


def _storage_message(receipt: Receipt) -> Mapping[str, Any]:
    """What S3 tells ingest of a document that no agent has confirmed."""
    named = receipt.tenant, receipt.study, receipt.series, receipt.sha256
    key = {
        "manifest": lambda: keys.manifest_object(*named),
        "declaration": lambda: keys.declaration_object(receipt.tenant, receipt.study, receipt.sha256),
        "report": lambda: keys.report_object(receipt.tenant, receipt.sha256),
        "registration": lambda: keys.registration_object(receipt.tenant, receipt.sha256),
    }[receipt.subject]()
    return {"Records": [{"s3": {"object": {"key": key}}}]}
