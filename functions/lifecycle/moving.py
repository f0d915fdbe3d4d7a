"""One study's full images between online storage and the archive: tagged, for storage to move them, and recalled [LIFE-01].

Each step can be repeated: the row is written after the tags, and what is on its way is looked at until all of it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.adapters.journal import journal_first
from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.vault.port import ObjectFacts
from functions.adapters.wiring import Deps
from functions.core.errors import RequestError
from functions.core.retention import tiers
from functions.core.retention.telling import tier_changed
from functions.core.retention.walk import recalled
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.study.states import Tier, TierEvent
from functions.core.times import iso
from functions.lifecycle.walking import note


def settle_tier(study: Study, hospital: Hospital, message: Mapping[str, Any], deps: Deps) -> None:
    """message: `{tenant, study}`; with `to` and `by` where somebody asks for a tier; with `looks` and `serial` where a recall is
    under way: one that was asked for again is looked at for the newer asking alone."""
    now = deps.clock.now()
    event, by = tiers.due(study, hospital, now), tiers.BY_POLICY
    if message.get("to"):
        event, by = _asked(study, hospital, message, deps), message["by"]
    if event is not None and event in tiers.SHELVES:
        study = shelve(study, event, by, deps)
    elif event is TierEvent.ASKED_FOR:
        study = _written(study, tiers.moved(study, event, now, by=by), deps)
    looking = message.get("serial") == (study.moved or {}).get("serial")
    if study.tier == Tier.RECALLING and (message.get("to") or looking):
        recall(study, int(message.get("looks", 0)), deps)


def _asked(study: Study, hospital: Hospital, message: Mapping[str, Any], deps: Deps) -> TierEvent | None:
    try:
        return tiers.wanted(study, hospital, message["to"], deps.clock.now())
    except RequestError as refused:  # whoever asked was told so; since then it became another
        logger.info("tier not changed", extra={"tenant": study.tenant, "study": study.study, "code": refused.code})
        return None


def shelve(study: Study, event: TierEvent, by: str, deps: Deps) -> Study:
    """The tags first: a run that was stopped is not taken for one that was done."""
    for key in full_images(study, deps):
        deps.vault.tag("pixels", key, {tiers.TAG: tiers.SHELVES[event]})
    after = tiers.moved(study, event, deps.clock.now(), by=by)
    if event is TierEvent.ARCHIVED:
        journal_first(tier_changed(after.to_row()), deps)
    return _written(study, after, deps)


def recall(study: Study, looks: int, deps: Deps) -> None:
    """Asks storage for what nobody asked for yet, and comes again until all is there."""
    facts = {key: deps.vault.head("pixels", key) for key in full_images(study, deps)}
    there = {key: one for key, one in facts.items() if one is not None}
    waiting = [key for key, one in there.items() if not one.is_readable]
    cold = [key for key in waiting if not there[key].coming]
    if cold:
        deps.vault.restore("pixels", cold, tiers.RECALLED_DAYS)
    if waiting:
        if tiers.is_overdue(study, deps.clock.now()):
            logger.warning("recall overdue", extra={"tenant": study.tenant, "study": study.study, "waiting": len(waiting)})
            count("RecallOverdue")
        serial = (study.moved or {}).get("serial", 0)
        message = {"tenant": study.tenant, "study": study.study, "looks": looks + 1, "serial": serial}
        deps.own_queue.send(message, after_s=tiers.pause_s(looks))
        return
    for key in (key for key, one in there.items() if not one.archived):  # tagged, and storage had not got round to it
        deps.vault.tag("pixels", key, {tiers.TAG: tiers.SHELVES[TierEvent.COOLED]})
    until = _until(there.values(), deps)
    _written(study, tiers.moved(study, TierEvent.RECALLED, deps.clock.now(), by=tiers.BY_POLICY, until=until), deps)
    note(study.tenant, lambda walked: recalled(walked, study.study, until), deps)
    count("StudyRecalled")


def _until(facts: Any, deps: Deps) -> str:
    copies: list[str] = [one.until for one in facts if isinstance(one, ObjectFacts) and one.until]
    return min(copies, default=iso(deps.clock.now() + timedelta(days=tiers.RECALLED_DAYS)))


def full_images(study: Study, deps: Deps) -> list[str]:
    prefix = keys.study_prefix(study.tenant, study.study)
    return sorted({one.key for one in deps.vault.versions("pixels", prefix) if one.key.endswith(tiers.FULL_IMAGES)})


def _written(before: Study, after: Study, deps: Deps) -> Study:
    """The row as it is then: whoever moved it meanwhile keeps the word."""

    def decide(row: Row | None) -> Row | None:
        if row is None or (row["tier"], row.get("moved")) != (before.tier, before.moved):
            return None
        return {**row, "tier": after.tier, "moved": after.moved}

    row = change(deps.table, *before.key(), decide)
    logger.info("study moved", extra={"tenant": after.tenant, "study": after.study, "tier": after.tier})
    return Study.from_row(row) if row else before
