"""What waits for a person at this hospital: why, since when, and what can be done."""

from __future__ import annotations

from itertools import islice
from typing import Any

from functions.adapters import quarantine
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.errors import NotFound, NotRetriable
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.quarantine import REASONS, may_retry
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller

MOST = 500  # entries in one answer; a hospital with more has one cause for most of them


def list_waiting(caller: Caller, request: Request, deps: Deps) -> Answer:
    """What waits, the oldest first; with `closed=true` also what is over."""
    closed = request.query.get("closed") == "true"
    found = list(islice(quarantine.waiting(deps, caller.tenant, closed=closed), MOST + 1))
    shown = sorted(found[:MOST], key=lambda entry: (entry.at, entry.subject, entry.name))
    return Answer({"entries": [entry_view(entry) for entry in shown], "more": len(found) > MOST})


def retry(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Send a document through ingest again; it leaves the list when it turns out to be good."""
    quarantine.retry(deps, _named(caller, request, deps), by=caller.by)
    return Answer({"state": "queued"}, status=202)


def settle(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Nobody need look at it any more."""
    entry = _named(caller, request, deps)
    return Answer(entry_view(quarantine.settle(deps, entry, note=request.json["note"], by=caller.by)))


ROUTES = (
    StaffRoute(
        *("GET", "/staff/v1/quarantine", list_waiting),
        right="quarantine.read",
        query="staff_quarantine_query.v1",
        answer="staff_quarantine_answer.v1",
    ),
    StaffRoute(
        *("POST", "/staff/v1/quarantine/{subject}/{name}/retry", retry),
        right="quarantine.change",
        schema="staff_empty_request.v1",
        answer="staff_queued_answer.v1",
        status=202,
        refusals=(NotFound, NotRetriable),
    ),
    StaffRoute(
        *("POST", "/staff/v1/quarantine/{subject}/{name}/settle", settle),
        right="quarantine.change",
        schema="staff_settle_request.v1",
        answer="staff_quarantine_entry.v1",
        refusals=(NotFound,),
    ),
)


def entry_view(entry: QuarantineEntry) -> dict[str, Any]:
    """events/schemas/staff_quarantine_entry.v1.json. advice: what to do, in Chinese and English."""
    chinese, english = REASONS.get(entry.reason, ("", ""))
    return {
        "subject": entry.subject,
        "name": entry.name,
        "reason": entry.reason,
        "advice": {"zh-CN": chinese, "en": english},
        "at": entry.at,
        "study": entry.study or None,
        "agent": entry.agent or None,
        "count": entry.count,
        "open": entry.open,
        "settled": entry.settled,
        "may_retry": entry.open and may_retry(entry.subject, entry.reason),
    }


def _named(caller: Caller, request: Request, deps: Deps) -> QuarantineEntry:
    return quarantine.find(deps, caller.tenant, request.params["subject"], request.params["name"])
