"""What staff was refused, in the hospital's journal: no row tells of it, so the entry is written here."""

from __future__ import annotations

from functions.adapters.journal import journal_first
from functions.adapters.wiring import Deps
from functions.core.study.event import event
from functions.core.times import iso
from functions.staff_api.visit import Caller


def note_refused(caller: Caller, right: str, deps: Deps) -> None:
    """One entry an hour for each account and right: who tries a thousand times fills no journal."""
    hour = f"{iso(deps.clock.now())[:13]}:00:00Z"
    body = {"account": caller.account, "right": right}
    told = event("staff_refused", caller.tenant, f"account/{caller.account}", f"{right}/{hour}", hour, body, cause=caller.by)
    journal_first(told, deps)
