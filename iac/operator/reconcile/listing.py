"""Agents that enrolled before the index listed them get their place in it: else nobody hears that one is silent."""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study import keys
from functions.core.study.agents import Agent
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.replaying import replaying
from iac.operator.reconcile.survey import Survey


def list_agents(tenant: str, found: Survey, deps: Deps, outcome: Outcome) -> None:
    """Twice is once. Nothing is told of it: what the row says stays as it is."""

    def decide(row: Row | None) -> Row | None:
        return {**row, **Agent.from_row(row).indexed()} if row and not row.get("day_pk") else None

    past = replaying(deps, deps.clock.now())
    for agent in sorted(found.unlisted):
        change(past.table, keys.agent_pk(tenant, agent), "AGENT", decide)
        outcome.count("agents listed")
