"""Commands that change the spool are for a stopped agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge_agent.errors import AgentRuns, SpoolBusy


@contextmanager
def agent_stopped() -> Iterator[None]:
    """A spool that is in use is told as what it is to a person at such a command. Raises AgentRuns."""
    try:
        yield
    except SpoolBusy as error:
        raise AgentRuns(**error.details) from None
