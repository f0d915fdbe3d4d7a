"""What an operator should look at now, from what the system knows of itself: the same facts as its alarms [OPS-02]."""

from __future__ import annotations

from functions.adapters import agents, quarantine
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.study.alarms import Alarm, agent_alarms, quarantine_alarms, queue_alarms
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller


def list_alarms(caller: Caller, request: Request, deps: Deps) -> Answer:
    """The urgent ones first. Those of queues only for operators of the platform."""
    now = deps.clock.now()
    found: list[Alarm] = []
    for one in agents.every(deps, caller.tenant):
        found += agent_alarms(one.agent, one.heartbeat, now)
    found += quarantine_alarms(quarantine.waiting(deps, caller.tenant), now)
    if caller.has("queues.read"):
        found += queue_alarms((queue.name, deps.dead_letters.counts(queue).dead) for queue in deps.settings.queues)
    found.sort(key=lambda alarm: (not alarm.urgent, alarm.kind, alarm.subject))
    return Answer({"alarms": [alarm.view() for alarm in found], "at": now.strftime("%Y-%m-%dT%H:%M:%SZ")})


ROUTES = (StaffRoute("GET", "/staff/v1/alarms", list_alarms, right="alarms.read", answer="staff_alarms_answer.v1"),)
