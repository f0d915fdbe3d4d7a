"""A minute has passed: which hospitals' agents are silent, and what has waited for its time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps, production
from functions.core.errors import ServiceBusy, VersionConflict
from functions.core.notice.records import Due
from functions.core.study.agents import Agent, Heartbeat, is_silent
from functions.core.times import iso


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> None:
    deps = production()
    watch(deps)
    wake(deps)


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


def wake(deps: Deps) -> None:
    """Start what is due; the entry goes when that is done, so that it may start twice and never not at all."""
    woken = 0
    for row in deps.table.due(iso(deps.clock.now())):
        due = Due.from_row(row)
        if due.event is None:
            deps.ingest_queue.send({"kind": "exam", "tenant": due.tenant, "exam": due.exam})
        elif deps.bus.put([due.event]):
            raise ServiceBusy(service="the event bus")
        with suppress(VersionConflict):  # put off once more meanwhile
            deps.table.delete(*due.key(), expect=row["version"])
        woken += 1
    count("Woken", woken)
