"""Fixtures of tests that need the whole cloud; tests/conftest.py loads this module through `pytest_plugins`.

`local_cloud` (session): one `iac.local.cloud.LocalCloud` for all tests of a run, on an empty state folder and free ports.

    @pytest.mark.cloud
    def test_a_row_is_found_again(local_cloud: LocalCloud) -> None:
        table = local_cloud.session("operator").resource("dynamodb").Table(local_cloud.outputs["TableName"])

`.origin` is the gateway (SPA, /api, /pixels, /derived), `.api_url` API Gateway itself, `.endpoint` the AWS API, `.session(user)`
a boto3 session as `operator`, `gateway` or `root`, `.environment(user)` LIGHTBOX_* and AWS_* for a child process, `.secrets` what
the secret holds, `.outputs` template.yaml's outputs. Tests share it: use a tenant of your own (`tests.cloud.new_tenant()`), never
count all rows.
`cloud_deps`, `cloud_tenant`: the operator's things on it, and a hospital of the test's own.
`journey` (session): the demo's whole way of one exam, see `Ran`.
What the functions print is in `.state_dir / "logs"` and CloudWatch Logs.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.adapters.wiring import Production
from functions.core.study.hospitals import Hospital
from iac.local.cloud import LocalCloud
from iac.local.demo.console import Console
from iac.local.demo.journey import Journey, Outcome, Wish
from iac.local.demo.study import DemoStudy
from iac.operator import hospitals
from tests.cloud import new_tenant
from tests.handlers.operator_deps import operator_deps


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The running local cloud."""
    with LocalCloud.start(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def cloud_deps(local_cloud: LocalCloud) -> Iterator[Production]:
    """What `python -m iac.operator` would work with."""
    yield from operator_deps(local_cloud)


@pytest.fixture
def cloud_tenant(cloud_deps: Production) -> str:
    name = new_tenant()
    hospitals.add(cloud_deps, Hospital(tenant=name, name="协和医院", phone="010-12345678"))
    return name


@dataclass(frozen=True)
class Ran:
    """The demo's journey, run to its link and still running: what was sent, what came out, where everything was written."""

    state: Path
    cloud: LocalCloud
    images: DemoStudy
    outcome: Outcome
    studies: list[str]  # their names in the cloud


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One small exam (24 slices) sent by C-STORE to the agent, reported, released and announced, as `make demo` does it."""
    state = tmp_path_factory.mktemp("journey")
    wish = Wish(state, folder=None, port=0, cloud_port=0, slices=24, real=False)
    with Journey(wish, Console(io.StringIO())) as demo:
        outcome = demo.run()
        demo.wait_for_films()
        assert demo.cloud is not None
        assert demo.images is not None
        yield Ran(state, demo.cloud, demo.images, outcome, demo.studies)
