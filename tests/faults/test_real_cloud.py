"""The agent killed for real, against the whole local cloud: its functions, queues, table and storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent import doctor
from edge_agent.config import load
from edge_agent.doctor.finding import Level
from edge_agent.enrol import enrol
from functions.adapters import agents
from functions.adapters.wiring import Production
from functions.core.study.enrolment import agent_id
from iac.local.cloud import LocalCloud
from tests.agent.agent_process import Agent, free_port
from tests.faults.real_custody import LocalCloudHolder
from tests.faults.real_run import Story, under_way
from tests.faults.real_senders import Instance

pytestmark = [pytest.mark.cloud, pytest.mark.slow]
WAIT_S = 150.0


@pytest.mark.req("EDGE-10", "PLUS-01", "ING-12")
@pytest.mark.parametrize("seed", [2001, 2002])
def test_the_cloud_itself_holds_each_acknowledged_instance_once(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str, tmp_path: Path, seed: int
) -> None:
    """Named once by the current series index, given back equal by SHA-256, and complete by the agent's own count."""

    def holder(sent: list[Instance]) -> LocalCloudHolder:
        return LocalCloudHolder(local_cloud, cloud_deps, cloud_tenant, sent)

    code = agents.new_code(cloud_deps, cloud_tenant, "LIGHTBOX").code
    story = Story(seed, images=4, sizes=(32, 64), timeout_s=30)  # a function that starts takes its time
    with under_way(story, tmp_path, local_cloud.origin, code, holder, WAIT_S) as run:
        run.start_senders()
        run.misfortunes()
        run.finish()
        run.judge()


@pytest.mark.req("PLUS-17", "EDGE-15")
def test_doctor_finds_all_in_order_and_a_revocation_by_the_operator(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str, tmp_path: Path
) -> None:
    """The cloud's own words, not a stand-in's; its storage has another address than its API."""
    agent = Agent(tmp_path / "agent", local_cloud.origin, spool="max_gib: 0.1", dicom_port=free_port())
    enrol(load(agent.config), agents.new_code(cloud_deps, cloud_tenant, "LIGHTBOX").code)
    findings = {found.check: found for found in doctor.examine(agent.config)}
    assert {check: found.level for check, found in findings.items() if found.level is not Level.GOOD} == {}
    agents.revoke(cloud_deps, cloud_tenant, agent_id(cloud_tenant, "LIGHTBOX"))
    wrong = [found for found in doctor.examine(agent.config) if found.level is Level.WRONG]
    assert [(found.check, found.code) for found in wrong] == [("key", "KeyRevoked")]
