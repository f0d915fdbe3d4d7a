"""The events of a study's end, told by its row before and after (`functions/core/study/changes.py` asks)."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.study.event import Event, Row, event
from functions.core.study.records import Study

REMOVED = ("record", "objects", "versions", "bytes")
REMOVED_TOO = ("patient",)  # with an exam, when it was their last


def study(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    before = old or {}
    hold = new.get("hold")
    if hold and hold != before.get("hold"):
        yield held(new)
    for days in sorted(set(new.get("warned") or []) - set(before.get("warned") or []), reverse=True):
        body = {"study": new["study"], "exam": new["exam"], "days": days}
        yield event("study_warned", new["tenant"], _subject(new), str(days), time, body)
    if new.get("moved") and new["moved"] != before.get("moved"):
        yield tier_changed(new)
    if new.get("expired_at") and not before.get("expired_at"):
        yield expired(new)
    removed = new.get("removed")
    if removed and removed != before.get("removed"):
        body = {"study": new["study"], "exam": new["exam"], **{name: removed[name] for name in REMOVED}}
        yield event("study_removed", new["tenant"], _subject(new), removed["record"], removed["at"], body)


def exam(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    removed = new.get("removed")
    if removed and removed != (old or {}).get("removed"):
        body = {"exam": new["exam"], **{name: removed[name] for name in (*REMOVED, *REMOVED_TOO) if name in removed}}
        yield event("exam_removed", new["tenant"], f"exam/{new['exam']}", removed["record"], removed["at"], body)


def held(study: Row) -> Event:
    """Made from the row with its `hold`: journalled before that is written."""
    hold = study["hold"]
    body = {"study": study["study"], "exam": study["exam"], **hold}
    version = f"{hold['serial']}/{hold['action']}/{hold['at']}"
    kind = "hold_placed" if hold["action"] == "place" else "hold_lifted"
    return event(kind, study["tenant"], _subject(study), version, hold["at"], body, cause=hold["by"])


def tier_changed(study: Row) -> Event:
    """Made from the row with its `moved`. What is archived is journalled before that is written: its full images open no more."""
    move = study["moved"]
    body = {"study": study["study"], "exam": study["exam"], **move}
    version = f"{move['serial']}/{move['tier']}"
    return event("tier_changed", study["tenant"], _subject(study), version, move["at"], body, cause=move["by"])


def expired(study: Row) -> Event:
    """Made from the row with its `expired_at`: journalled before that is written. With the time by which a walk finds it."""
    day = Study.from_row(study).counts_from
    body = {"study": study["study"], "exam": study["exam"], "at": day, "expired_at": study["expired_at"]}
    return event("study_expired", study["tenant"], _subject(study), "1", study["expired_at"], body)


def _subject(study: Row) -> str:
    return f"study/{study['study']}"
