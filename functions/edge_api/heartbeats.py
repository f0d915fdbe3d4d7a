"""An agent says that it lives, and how full its spool is."""

from __future__ import annotations

from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.study.agents import Heartbeat
from functions.core.times import iso
from functions.edge_api.authentication import Caller


def take(request: Request, caller: Caller, deps: Deps) -> Answer:
    now = iso(deps.clock.now())
    said = request.json
    beat = Heartbeat(
        tenant=caller.tenant,
        agent=caller.agent,
        version_text=said["version"],
        spool=said["spool"],
        parked=said["parked"],
        at=now,
        overdue=said.get("overdue", 0),
        full=said.get("full", False),
    )
    change(deps.table, *beat.key(), lambda _: beat.to_row())
    count("Heartbeat")
    if beat.parked:
        count("AgentParked", beat.parked)
    if beat.overdue:
        count("AgentOverdue", beat.overdue)
    if beat.full:
        count("AgentSpoolFull")
    return Answer({"now": now})
