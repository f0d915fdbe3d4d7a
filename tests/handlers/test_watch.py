"""An agent that is silent is told, whoever else is heard."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.core.study.agents import SILENT_AFTER, Agent, Heartbeat
from functions.core.times import iso
from functions.watch.handler import watch
from tests.fakes import NOW, Fakes

JUST_TOO_LONG, JUST_NOT = SILENT_AFTER, SILENT_AFTER - timedelta(seconds=1)


def agent(deps: Fakes, tenant: str, *, enrolled: timedelta, heard: timedelta | None, revoked: bool = False) -> None:
    """Enrolled and last heard so long ago."""
    stands = Agent(tenant, "a", "LIGHTBOX", ["k"], iso(NOW - enrolled), iso(NOW) if revoked else "")
    deps.table.put(stands.to_row(), expect=None)
    if heard is not None:
        spool = {"objects": 0, "bytes": 0, "free_bytes": 1}
        deps.table.put(Heartbeat(tenant, "a", "1.0", spool, 0, iso(NOW - heard)).to_row(), expect=None)


def counted(deps: Fakes, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> tuple[float, list[str]]:
    """The metric, and the hospitals that the log names."""
    capsys.readouterr()
    watch(deps)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line["AgentSilent"] for line in said if "AgentSilent" in line]
    return metric[0], [record.__dict__["tenant"] for record in caplog.records]


def test_each_silent_agent_is_counted_and_named_among_others_that_are_heard(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A metric of heartbeats would stay up as long as any hospital is heard."""
    deps, long_ago = Fakes(), timedelta(days=9)
    agent(deps, "heard", enrolled=long_ago, heard=JUST_NOT)
    agent(deps, "silent", enrolled=long_ago, heard=JUST_TOO_LONG)
    agent(deps, "never", enrolled=JUST_TOO_LONG, heard=None)
    agent(deps, "new", enrolled=JUST_NOT, heard=None)
    agent(deps, "revoked", enrolled=long_ago, heard=long_ago, revoked=True)
    assert counted(deps, capsys, caplog) == (2, ["never", "silent"])


def test_that_nobody_is_silent_is_told_too(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """The alarm takes no count for a watch that does not run."""
    assert counted(Fakes(), capsys, caplog) == (0, [])
