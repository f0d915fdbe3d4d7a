"""An enrolled agent whose settings and surroundings a test spoils, and what `doctor` finds then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent import doctor
from edge_agent.config import load
from edge_agent.doctor.finding import Finding, Level
from edge_agent.enrol import enrol
from tests.agent.agent_process import Agent, free_port


@contextmanager
def enrolled(folder: Path, url: str, cloud: str = "timeout_s: 1") -> Iterator[Agent]:
    """Not running, with room for itself. cloud: settings beside the address."""
    agent = Agent(folder, url, cloud=cloud, spool="max_gib: 0.1", dicom_port=free_port())
    enrol(load(agent.config), "CODE-1234")
    try:
        yield agent
    finally:
        agent.kill()


def wrong(agent: Agent) -> dict[str, Finding]:
    """What is wrong, by check."""
    return {found.check: found for found in doctor.examine(agent.config) if found.level is Level.WRONG}


def advised(agent: Agent) -> dict[str, Finding]:
    """What is worth knowing, by code."""
    return {found.code: found for found in doctor.examine(agent.config) if found.level is Level.ADVICE}


def rewrite(agent: Agent, old: str, new: str) -> None:
    """Change its settings file."""
    text = agent.config.read_text("utf-8")
    assert old in text
    agent.config.write_text(text.replace(old, new), "utf-8")
