"""An upgrade with a full spool: what any version of the agent left is finished by this one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from edge_agent.config import load
from edge_agent.enrol import enrol
from edge_agent.spool.records import VERSION
from tests.agent.agent_process import Agent
from tests.agent.cloud_server import CloudServer, serving
from tests.faults.real_custody import ServerHolder
from tests.faults.real_run import FAST

HERE = Path(__file__).parent
SPOOLS = sorted(HERE.glob("spool-v*.zip"))
GONE = {"SENT"}  # the cloud has it; the agent's file is gone
KEPT = {"PARKED"}  # for a person


def test_there_is_a_spool_of_each_version() -> None:
    """A new version of the format comes with its own: python -m tests.golden.make_spool tests/golden."""
    assert [path.name for path in SPOOLS] == [f"spool-v{version}.zip" for version in range(1, VERSION + 1)]


@pytest.mark.slow
@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("path", SPOOLS, ids=lambda path: path.name)
def test_a_full_spool_is_finished_after_an_upgrade(path: Path, tmp_path: Path) -> None:
    """Every image that it promised reaches the cloud once and comes back equal; what was parked waits, then goes too."""
    promised = json.loads(path.with_name(path.name.replace(".zip", ".json")).read_text("utf-8"))
    due = {uid: facts["sha256"] for uid, facts in promised.items() if facts["state"] not in GONE | KEPT}
    parked = {uid: facts["sha256"] for uid, facts in promised.items() if facts["state"] in KEPT}
    assert due
    assert parked
    with serving(CloudServer()) as cloud:
        agent, holder = Agent(tmp_path / "agent", cloud.url, FAST), ServerHolder(cloud)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(agent.spool)
        enrol(load(agent.config), "CODE-1234")
        try:
            agent.start()
            status = agent.until(lambda status: set(status["states"]) <= {"sent", "parked"} and not _under_way(status))
            assert holder.named() == dict.fromkeys(due, 1)
            assert holder.given_back() == due
            assert holder.reports() == 1
            assert status["states"]["parked"] == len(parked)
            agent.kill()
            assert agent.call("release").returncode == 0
            agent.start()
            agent.until(lambda status: set(status["states"]) == {"sent"} and not _under_way(status))
            assert holder.given_back() == due | parked
        finally:
            agent.kill()


def _under_way(status: dict[str, dict[str, int]]) -> bool:
    return bool(set(status["shipments"]) - {"parked"} or set(status["reports"]) - {"sent"})
