"""Some minutes have passed: which hospitals' agents are silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps, production
from functions.core.study.agents import Agent, Heartbeat, is_silent


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    watch(production())


def watch(deps: Deps) -> None:
    """Count the silent ones and name them in the log. A count of 0 is told, too: the alarm goes off when no count comes."""
    silent = 0
    for row in deps.table.agents():
        agent = Agent.from_row(row)
        beat = deps.table.get(agent.key()[0], "HEARTBEAT")
        if is_silent(agent, Heartbeat.from_row(beat) if beat else None, deps.clock.now()):
            silent += 1
            heard = {"last_heard": beat["at"] if beat else "never"}
            logger.warning("agent silent", extra={"tenant": agent.tenant, "agent": agent.agent, **heard})
    count("AgentSilent", silent)
