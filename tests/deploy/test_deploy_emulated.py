"""The deploy's own code against a CloudFormation that really makes things: the local cloud's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from iac.aws.deploy.code import Code
from iac.aws.deploy.environment import Environment
from iac.aws.deploy.installation import Installation
from iac.local.bundles import bundle
from iac.local.emulator import Emulator
from iac.local.ports import Ports
from iac.local.session import ROOT_USER, LocalSession
from iac.local.template import function_folders, read

pytestmark = pytest.mark.cloud
ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = read(ROOT / "template.yaml")
HERE = Environment("here", "probe", "us-east-1", {"Origin": "http://127.0.0.1:9"}, cloud="local")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    started = Emulator(tmp_path_factory.mktemp("deployed"), Ports().chosen(None).cloud)
    try:
        started.wait()
        yield started
    finally:
        started.stop()


def installation(emulator: Emulator, environment: Environment, sent: list[str]) -> Installation:
    packed = {name: bundle(ROOT, name) for name in sorted(set(function_folders(TEMPLATE).values()))}
    return Installation(
        environment=environment,
        session=LocalSession(emulator.endpoint, ROOT_USER),
        template=TEMPLATE,
        codes=[Code(name, one.digest, lambda data=one.data: data) for name, one in packed.items()],
        web=ROOT / "web" / "dist",
        agree=lambda _: True,
        said=sent.append,
        endpoint=emulator.endpoint,
        pause=lambda _: time.sleep(0.05),
    )


def test_an_installation_is_made_shown_changed_and_left_alone(emulator: Emulator):
    """Diff says what deploy then does; after it nothing is left to do, and the same code is not sent again."""
    sent: list[str] = []
    first = installation(emulator, HERE, sent)
    added = {change.resource for change in first.diff()}
    assert {"Table", "Originals", "Ingest", "PatientApi"} <= added
    assert not first.stack.exists()
    outputs = first.deploy()
    assert outputs is not None
    session = LocalSession(emulator.endpoint, ROOT_USER)
    assert session.client("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]["TableStatus"] == "ACTIVE"
    assert "naming_key" in session.client("secretsmanager").get_secret_value(SecretId=outputs["SecretsId"])["SecretString"]
    sent.clear()
    assert first.diff() == []
    assert sent == []
    longer = installation(emulator, replace(HERE, parameters={**HERE.parameters, "LogRetentionDays": "365"}), sent)
    changed = longer.diff()
    assert "IngestLog" in {change.resource for change in changed}
    assert not [change for change in changed if change.is_risky]
    longer.deploy()
    kept = session.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/lightbox-probe-ingest")["logGroups"]
    assert [group["retentionInDays"] for group in kept] == [365]
