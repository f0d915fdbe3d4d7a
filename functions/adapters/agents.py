"""A hospital's agents: who they are, when they were heard, how one is invited and how it ends."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import RecordMissing
from functions.core.study import enrolment, keys
from functions.core.study.agents import Agent, EnrolmentCode, Heartbeat, is_offline
from functions.core.study.changes import agent_revoked
from functions.core.study.event import event
from functions.core.times import epoch_s, iso


@dataclass(frozen=True)
class Code:
    """A code as it is read out, once; the table keeps its digest."""

    code: str
    tenant: str
    ae_title: str
    expires_at: str


def new_code(deps: Deps, tenant: str, ae_title: str, *, by: str = "") -> Code:
    """by: who invites the agent; stands in the journal. Raises RecordMissing without the hospital."""
    if deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") is None:
        raise RecordMissing(kind="hospital")
    code = enrolment.code_of(secrets.token_bytes(enrolment.CODE_BYTES))
    digest, now = enrolment.code_digest(code), deps.clock.now()
    expires = now + timedelta(seconds=enrolment.CODE_LIFE_S)
    if by:
        agent = enrolment.agent_id(tenant, ae_title)
        body = {"agent": agent, "ae_title": ae_title, "expires_at": iso(expires)}
        journal_first(event("agent_invited", tenant, f"agent/{agent}", digest, iso(now), body, cause=by), deps)
    deps.table.put(EnrolmentCode(digest, tenant, ae_title, epoch_s(expires)).to_row(), expect=None)
    return Code(code, tenant, ae_title, iso(expires))


@dataclass(frozen=True)
class Heard:
    """An agent, its last word, and whether it should have said another since."""

    agent: Agent
    heartbeat: Heartbeat | None
    silent: bool


def show(deps: Deps, tenant: str, agent: str) -> Heard:
    """agent: its id. Raises RecordMissing."""
    row = deps.table.get(keys.agent_pk(tenant, agent), "AGENT")
    if row is None:
        raise RecordMissing(kind="agent")
    return _heard(deps, row)


def every(deps: Deps, tenant: str | None) -> Iterator[Heard]:
    """Of one hospital, or of all. Revoked ones too: they are never silent."""
    for row in deps.table.agents(tenant):
        yield _heard(deps, row)


def revoke(deps: Deps, tenant: str, agent: str, *, by: str = "", reason: str = "") -> Agent:
    """End all keys of the agent, from its next request on. Twice is once. Raises RecordMissing."""
    before = show(deps, tenant, agent).agent
    now = iso(deps.clock.now())
    ended = {"revoked_at": now, "revoked_by": by, "revoked_because": reason}
    if not before.revoked_at:
        journal_first(agent_revoked({**before.to_row(), **ended}), deps)
    row = change(deps.table, *before.key(), lambda row: None if row is None or row["revoked_at"] else {**row, **ended})
    stands = Agent.from_row(row) if row else before
    for key in stands.keys_held:  # also when the agent was revoked before: that may have been stopped here
        change(
            deps.table,
            keys.key_pk(key),
            "KEY",
            lambda row: None if row is None or row["revoked_at"] else {**row, "revoked_at": stands.revoked_at},
        )
    return stands


def _heard(deps: Deps, row: Row) -> Heard:
    agent = Agent.from_row(row)
    beat = deps.table.get(agent.key()[0], "HEARTBEAT")
    heartbeat = Heartbeat.from_row(beat) if beat else None
    return Heard(agent, heartbeat, is_offline(agent, heartbeat, deps.clock.now()))
