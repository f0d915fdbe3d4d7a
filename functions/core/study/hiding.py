"""A series that staff takes out of what patients, their guests and other systems see, and shows again [DOC-11].

`Series.hidden` says how it stands, `Series.hiding` is the latest decision: a serial orders them, so that the journal gives the
same back in whatever order it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from functions.core.study.event import Event, Row, event
from functions.core.study.records import Series

HIDE, SHOW = "hide", "show"
KINDS = {HIDE: "series_hidden", SHOW: "series_shown"}
Decision = Mapping[str, Any]  # {action, serial, at, by, reason}


def decided(series: Series, action: str, *, by: str, now: str, reason: str) -> Series:
    """action: HIDE or SHOW. What stands so already stays as it was decided first. now: ISO UTC."""
    if bool(series.hidden) == (action == HIDE):
        return series
    serial = (series.hiding or {}).get("serial", 0) + 1
    return standing(series, {"action": action, "serial": serial, "at": now, "by": by, "reason": reason})


def standing(series: Series, decision: Decision) -> Series:
    """As this decision leaves it, or as it is where a later one stands."""
    if series.hiding is not None and rank(series.hiding) >= rank(decision):
        return series
    hidden = {name: str(decision[name]) for name in ("by", "at", "reason")} if decision["action"] == HIDE else None
    return replace(series, hidden=hidden, hiding=dict(decision))


def rank(decision: Decision) -> tuple[int, str, bool]:
    """Orders decisions on one series; of two at once the one that hides."""
    return decision["serial"], decision["at"], decision["action"] == HIDE


def telling(old: Row | None, new: Row) -> Iterator[Event]:
    """Under the decision's own time: what is journalled first and what the stream tells meet under one name."""
    decision = new.get("hiding")
    if not decision or decision == (old or {}).get("hiding"):
        return
    subject = f"series/{new['study']}/{new['series']}"
    version = f"{decision['serial']}/{decision['at']}"
    body = {"study": new["study"], "series": new["series"], **{name: decision[name] for name in ("serial", "at", "by", "reason")}}
    yield event(KINDS[decision["action"]], new["tenant"], subject, version, decision["at"], body, cause=decision["by"])


def decision_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """The decision in an event `series_hidden` or `series_shown`."""
    action = HIDE if told["type"] == KINDS[HIDE] else SHOW
    return {"action": action, **{name: told["body"][name] for name in ("serial", "at", "by", "reason")}}
