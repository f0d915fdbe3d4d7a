"""Takes manifests, declarations and reports from the vault again, with ingest's own code, at the time that each names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.adapters.exams import place_study
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, Poison
from functions.core.history.folding import History
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.hospitals import Hospital
from functions.core.times import parse
from functions.ingest import receipts
from functions.ingest.manifests import take_back
from functions.ingest.messages import Ref
from functions.ingest.series_indexing import index_series
from functions.ingest.taking import Touched, read_document, take_document
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.replaying import replaying

TAKEN_ALL_THE_SAME = ("report_contradicted",)  # its rows exist: both documents stand in them
TAKEN_BACK = ("index_impossible", "series_too_large")  # taken first, and out of the index again

Series = tuple[str, str, str]


def take_report(ref: Ref, hospital: Hospital, history: History, deps: Deps, outcome: Outcome) -> None:
    taken = _take(ref, hospital, history, deps, outcome)
    if taken is not None:
        _settle(taken[0], history, taken[2])


def take_study(refs: list[Ref], hospital: Hospital, history: History, deps: Deps, outcome: Outcome) -> None:
    """Everything that the vault holds of one study; its exam is decided later, when all of every exam is here."""
    tenant, study = refs[0].tenant, refs[0].study
    taken = [one for ref in refs if (one := _take(ref, hospital, history, deps, outcome)) is not None]
    now = replaying(deps, deps.clock.now())
    place_study(tenant, study, now, decide_left=lambda *_: None)
    series = dict.fromkeys(one for _, touched, _ in taken for one in touched.series)
    moment = max((past.clock.now() for _, _, past in taken), default=deps.clock.now())
    poisoned = {one for one in series if not _index(one, replaying(deps, moment), outcome)}
    for ref, touched, past in taken:
        if not poisoned.intersection(touched.series):
            _settle(ref, history, past)
    outcome.count("studies")
    outcome.count("series", len(series))


def _settle(ref: Ref, history: History, past: Deps) -> None:
    """Indexed; where it was quarantined once, that entry stands closed beside it."""
    receipts.note_indexed(ref, past)
    before = history.documents.get((ref.kind, ref.sha256))
    if before and before.was_admitted:
        at, reason, agent = max(before.quarantined)
        entry = QuarantineEntry(ref.tenant, ref.kind, ref.sha256, reason, open=False, at=at, study=ref.study, agent=agent)
        change(past.table, *entry.key(), lambda row: row or entry.to_row())


def _index(series: Series, past: Deps, outcome: Outcome) -> bool:
    """False when no index can be built of what the journal does not say was quarantined: a person must look."""
    try:
        index_series(*series, past)
    except Poison as poison:
        outcome.lack(f"series {series[2]}", poison.reason)
        return False
    return True


def _take(ref: Ref, hospital: Hospital, history: History, deps: Deps, outcome: Outcome) -> tuple[Ref, Touched, Deps] | None:
    """The document with who sent it, what it touched and deps of its time; None when it waits for a person."""
    held = history.held_for(ref.kind, ref.sha256)
    _, reason, agent = held or ("", "", "")
    if held and reason not in (*TAKEN_ALL_THE_SAME, *TAKEN_BACK):
        _hold(replace(ref, agent=agent), reason, held[0], deps, outcome)
        return None
    try:
        document = read_document(ref, deps)
        past = replaying(deps, _time_of(document, deps))
        verifying = (
            replaying(deps, deps.clock.now()) if ref.kind in ("report", "registration") else past
        )  # their times are held against now
        _admit_again(ref, history, past)
        touched = take_document(document, hospital, ref, verifying)
    except (Poison, NotArrived) as error:
        if not held:
            outcome.lack(f"{ref.kind} {ref.sha256}", error.reason)
        _hold(replace(ref, agent=agent), reason if held and reason in TAKEN_BACK else error.reason, "", deps, outcome)
        return None
    outcome.count(f"{ref.kind}s")
    taken = replace(ref, agent=agent or touched.agent)
    if reason in TAKEN_BACK:
        take_back(ref, past)
        _hold(taken, reason, held[0] if held else "", deps, outcome)
        return None
    return taken, touched, past


def _admit_again(ref: Ref, history: History, past: Deps) -> None:
    """What stands quarantined in a row older than its admission is judged anew, as when its agent confirms it again."""
    before = history.documents.get((ref.kind, ref.sha256))
    if before and before.was_admitted:
        receipts.note_queued(ref, past)


def _hold(ref: Ref, reason: str, time: str, deps: Deps, outcome: Outcome) -> None:
    receipts.note_quarantined(ref, reason, replaying(deps, parse(time) if time else deps.clock.now()))
    outcome.count("quarantined")


def _time_of(document: Mapping[str, Any], deps: Deps) -> datetime:
    """When it was made, as its maker says; this stands in the rows for when it came."""
    for name in ("packed_at", "declared_at", "changed_at", "audited_at", "reported_at", "examined_at"):
        if document.get(name):
            return parse(document[name])
    return deps.clock.now()


def is_before_billing(hospital: Hospital, exam: str, deps: Deps) -> bool:
    """Whether an exam that is a case became one before the hospital was billed: a signed report and images were there, by their
    own documents. What none says counts as of today."""
    if not hospital.billed_from:
        return False
    pk = keys.exam_pk(hospital.tenant, exam)
    signed = [row["audited_at"] for row in deps.table.rows(pk, "REPORT#") if row["audited_at"]]
    packed = [
        row["packed_at"]
        for member in deps.table.rows(pk, "STUDY#")
        for row in deps.table.rows(keys.study_pk(hospital.tenant, member["study"]), "MANIFEST#")
    ]
    if not signed or not packed:
        return False
    day = parse(max(min(signed), min(packed))).astimezone(ZoneInfo(hospital.time_zone)).date()
    return day.isoformat() < hospital.billed_from


def newest_of(tenant: str, exam: str, deps: Deps) -> datetime:
    """When the newest document of an exam was made; now when none says."""
    pk = keys.exam_pk(tenant, exam)
    times = [row["audited_at"] for row in deps.table.rows(pk, "REPORT#")]
    times += [row["changed_at"] for row in deps.table.rows(pk, keys.exam_registration_sk())]
    for member in deps.table.rows(pk, "STUDY#"):
        times += [row["packed_at"] for row in deps.table.rows(keys.study_pk(tenant, member["study"]), "MANIFEST#")]
    latest = max(filter(None, times), default="")
    return parse(latest) if latest else deps.clock.now()
