"""The hospital's agents: how each is, inviting one, ending one."""

from __future__ import annotations

from typing import Any

from functions.adapters import agents
from functions.adapters.agents import Heard
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.errors import NotFound, RecordMissing
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller


def list_agents(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Every agent of the hospital, revoked ones too, with its last word."""
    return Answer({"agents": [agent_view(one) for one in agents.every(deps, caller.tenant)]})


def invite_agent(caller: Caller, request: Request, deps: Deps) -> Answer:
    """A one-time code for an agent of this AE title; said once."""
    code = agents.new_code(deps, caller.tenant, request.json["ae_title"], by=caller.by)
    return Answer({"code": code.code, "ae_title": code.ae_title, "expires_at": code.expires_at}, status=201)


def revoke_agent(caller: Caller, request: Request, deps: Deps) -> Answer:
    """No request of the agent is taken any more, from its next one on."""
    named = request.params["agent"]
    request.note(agent=named)
    try:
        agents.revoke(deps, caller.tenant, named, by=caller.by, reason=request.json["reason"])
        return Answer(agent_view(agents.show(deps, caller.tenant, named)))
    except RecordMissing:
        raise NotFound() from None


ROUTES = (
    StaffRoute("GET", "/staff/v1/agents", list_agents, right="agents.read", answer="staff_agents_answer.v1"),
    StaffRoute(
        *("POST", "/staff/v1/agents/codes", invite_agent),
        right="agents.change",
        schema="staff_agent_code_request.v1",
        answer="staff_agent_code_answer.v1",
        status=201,
    ),
    StaffRoute(
        *("POST", "/staff/v1/agents/{agent}/revoke", revoke_agent),
        right="agents.change",
        schema="staff_agent_revoke_request.v1",
        answer="staff_agent_answer.v1",
        refusals=(NotFound,),
    ),
)


def agent_view(one: Heard) -> dict[str, Any]:
    """events/schemas/staff_agent_answer.v1.json"""
    agent, beat = one.agent, one.heartbeat
    said = beat and {
        "at": beat.at,
        "version": beat.version_text,
        "objects": beat.spool["objects"],
        "bytes": beat.spool["bytes"],
        "free_bytes": beat.spool["free_bytes"],
        "parked": beat.parked,
        "overdue": beat.overdue,
        "full": beat.full,
    }
    return {
        "agent": agent.agent,
        "ae_title": agent.ae_title,
        "state": _state(one),
        "enrolled_at": agent.enrolled_at,
        "revoked_at": agent.revoked_at or None,
        "revoked_by": agent.revoked_by,
        "revoked_because": agent.revoked_because,
        "heartbeat": said,
    }


def _state(one: Heard) -> str:
    """The worst that is true of it."""
    if one.agent.revoked_at:
        return "revoked"
    if one.silent:
        return "silent"
    beat = one.heartbeat
    if beat is None:
        return "new"
    return "full" if beat.full else "attention" if beat.parked or beat.overdue else "running"
