"""One study as its retention ends: warned of, closed to everybody, and after that removed.

Closed first, removed later: cookies that were signed before may open an object for minutes yet. Each step can be repeated, and a
run that was stopped goes on where the rows say it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.adapters import envelopes, quarantine
from functions.adapters.exams import decide_exam
from functions.adapters.hospitals import open_hospital
from functions.adapters.journal import journal_first
from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import ServiceBusy
from functions.core.retention.due import SIGNATURES_END_S, Do, due
from functions.core.retention.telling import expired
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.study.states import TIER, Tier, TierEvent, step
from functions.core.times import iso
from functions.lifecycle.moving import settle_tier
from functions.lifecycle.removing import finish_exam, remove, sweep
from functions.lifecycle.sweeping import sweep_document

REBUILDING_S = 120


def settle(message: Mapping[str, Any], deps: Deps) -> None:
    """message: `{tenant, study}`, as `settle_tier` takes it, or an event about a study.

    Raises ServiceBusy when it must come again, and after how long.
    """
    tenant, name = subject(message)
    if not name:
        sweep_document(message, deps)
        return
    hospital = open_hospital(tenant, deps, REBUILDING_S)
    row = deps.table.get(keys.study_pk(tenant, name), "STUDY")
    if row is None:
        return
    study = Study.from_row(row)
    if study.removed:
        sweep(study, deps)
        finish_exam(study, deps)
        return
    what = due(study, hospital, deps.clock.now())
    if study.expired_at and study.exam:
        decide_exam(tenant, study.exam, deps)  # a run that was stopped between the two rows
    match what.do:
        case Do.NOTHING:
            if study.warned and not what.days_before:
                call_off(study, deps)
            settle_tier(study, hospital, message, deps)
        case Do.WARN:
            warn(study, what.days_before, deps)
            settle_tier(study, hospital, message, deps)
        case Do.EXPIRE:
            if expire(study, hospital, deps):
                raise ServiceBusy(service="signatures that were given", after_s=SIGNATURES_END_S + 1)
        case Do.WAIT:
            raise ServiceBusy(service="signatures that were given", after_s=what.after_s)
        case Do.REMOVE:
            if _begin_removal(study, deps):
                remove(study, deps)
                finish_exam(study, deps)


def subject(message: Mapping[str, Any]) -> tuple[str, str]:
    """(tenant, study); of a quarantined document only where its study had ended."""
    if "detail-type" not in message:
        return message["tenant"], message["study"]
    envelope = envelopes.opened(message)
    body = envelope["body"]
    if envelope["type"] == "document_quarantined" and body["reason"] != "study_expired":
        return envelope["tenant"], ""
    return envelope["tenant"], body["study"]


def warn(study: Study, days: int, deps: Deps) -> None:
    """Staff find it among what waits for a person; the event tells whoever tells patients."""
    now = iso(deps.clock.now())
    entry = QuarantineEntry(study.tenant, "study", study.study, "retention_ends", at=now, study=study.study)
    change(deps.table, *entry.key(), lambda row: None if row and row["open"] else entry.to_row())

    def decide(row: Row | None) -> Row | None:
        old = Study.from_row(row) if row else None
        return replace(old, warned=sorted({*old.warned, days}), warned_at=old.warned_at or now).to_row() if old else None

    change(deps.table, *study.key(), decide)
    count("StudyWarned")


def call_off(study: Study, deps: Deps) -> None:
    """It is held, or kept for longer than when it was warned of: nobody need look, until its end comes near again."""
    quarantine.close(deps, study.tenant, "study", study.study)
    change(deps.table, *study.key(), lambda row: {**row, "warned": [], "warned_at": ""} if row and row.get("warned") else None)


def expire(study: Study, hospital: Hospital, deps: Deps) -> bool:
    """From now on nobody sees it: the journal first, then the study's row, then its exam's. False: a hold came meanwhile."""
    now = iso(deps.clock.now())
    row = deps.table.get(*study.key())
    if row is None or due(Study.from_row(row), hospital, deps.clock.now()).do is not Do.EXPIRE:
        return False
    ended = _ended(study, now)
    journal_first(expired(ended.to_row()), deps)

    def decide(row: Row | None) -> Row | None:
        return _ended(Study.from_row(row), now).to_row() if row and not row.get("expired_at") else None

    change(deps.table, *study.key(), decide)
    if study.exam:
        decide_exam(study.tenant, study.exam, deps)
    logger.info("study expired", extra={"tenant": study.tenant, "study": study.study})
    count("StudyExpired")
    return True


def _begin_removal(study: Study, deps: Deps) -> bool:
    """Whether it may be removed: of a hold and a removal at once the one that was written first counts."""
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        stands = Study.from_row(row) if row else None
        return replace(stands, removing_at=now).to_row() if stands and not stands.is_held and not stands.removing_at else None

    row = change(deps.table, *study.key(), decide)
    return bool(row and row.get("removing_at"))


def _ended(study: Study, now: str) -> Study:
    return replace(study, tier=step(TIER, Tier(study.tier), TierEvent.RETENTION_ENDED).value, expired_at=now)
