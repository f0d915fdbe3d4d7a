"""What the journal says of studies that ended, and what their rows should be then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions.core.retention.telling import REMOVED, REMOVED_TOO
from functions.core.study.bookkeeping import ExamStudy
from functions.core.study.records import Exam, Study
from functions.core.study.states import Release, Tier

EVENTS = ("hold_placed", "hold_lifted", "study_warned", "tier_changed", "study_expired", "study_removed", "exam_removed")


@dataclass
class StudyPast:
    exam: str = ""
    hold: dict[str, Any] | None = None  # the latest
    moved: dict[str, Any] | None = None  # the latest change of tier
    warned: frozenset[int] = frozenset()
    warned_at: str = ""  # the latest
    at: str = ""  # of one that ended
    expired_at: str = ""
    removed: dict[str, Any] | None = None


def take(past: dict[str, StudyPast], exams: dict[str, dict[str, Any]], event: Mapping[str, Any]) -> None:
    """One event of EVENTS into what is known; the order does not matter."""
    body = event["body"]
    if event["type"] == "exam_removed":
        exams[body["exam"]] = _summary(event)
        return
    study = past.setdefault(body["study"], StudyPast())
    study.exam = study.exam or body["exam"]
    match event["type"]:
        case "study_warned":
            study.warned |= {body["days"]}
            study.warned_at = max(study.warned_at, event["time"])
        case "tier_changed":
            move = {name: body[name] for name in ("tier", "serial", "at", "by", "until") if name in body}
            if study.moved is None or _latest(move) > _latest(study.moved):
                study.moved = move
        case "study_expired":
            study.at, study.expired_at = body["at"], body["expired_at"]
        case "study_removed":
            study.removed = _summary(event)
        case _:
            hold = {name: body[name] for name in ("action", "serial", "at", "by", "reason")}
            if study.hold is None or _rank(hold) > _rank(study.hold):
                study.hold = hold


def _summary(event: Mapping[str, Any]) -> dict[str, Any]:
    body = event["body"]
    return {**{name: body[name] for name in (*REMOVED, *REMOVED_TOO) if name in body}, "at": event["time"]}


def _rank(hold: Mapping[str, Any]) -> tuple[int, str, bool]:
    """Of two words at once the one that keeps counts."""
    return hold["serial"], hold["at"], hold["action"] == "place"


def _latest(move: Mapping[str, Any]) -> tuple[int, str]:
    return move["serial"], move["at"]


def study(old: Study | None, tenant: str, name: str, past: StudyPast) -> Study:
    """A row may be ahead of the journal, never behind: what ended has ended, what is held is held.

    One that ended and is not removed yet stands on its day again: the next walk goes on with it.
    """
    base = old or Study(tenant, name, "", exam=past.exam, at=past.at)
    if past.hold and (base.hold is None or _rank(past.hold) > _rank(base.hold)):
        base = replace(base, hold=past.hold)
    if past.moved and (base.moved is None or _latest(past.moved) > _latest(base.moved)):
        base = replace(base, tier=past.moved["tier"], moved=past.moved)
    if past.expired_at and not base.expired_at:
        base = replace(base, tier=Tier.EXPIRED.value, expired_at=past.expired_at)
    if past.removed and not base.removed:
        base = replace(base, removed=past.removed)
    return replace(base, warned=sorted(past.warned | set(base.warned)), warned_at=base.warned_at or past.warned_at)


def patients_gone(removed_exams: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Patient → when their last exam was removed, ISO UTC: what was known of them until then does not come back."""
    gone: dict[str, str] = {}
    for removed in removed_exams.values():
        if "patient" in removed:
            gone[removed["patient"]] = max(removed["at"], gone.get(removed["patient"], ""))
    return gone


def member(tenant: str, name: str, past: StudyPast) -> ExamStudy:
    """That an ended study is its exam's: images, which would say it again, are taken in no more."""
    return ExamStudy(tenant, past.exam, name)


def exam(old: Exam, removed: dict[str, Any]) -> Exam:
    """Nothing is left that its release could be decided by."""
    if old.removed:
        return old
    return replace(old, removed=removed, release=Release.HIDDEN.value, reasons=["expired"])
