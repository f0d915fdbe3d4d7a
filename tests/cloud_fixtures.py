"""Fixtures of tests that need the whole cloud; tests/conftest.py loads this module through `pytest_plugins`.

`local_cloud` (session): one `iac.local.cloud.LocalCloud` for all tests of a run, on an empty state folder and free ports.

    @pytest.mark.cloud
    def test_a_row_is_found_again(local_cloud: LocalCloud) -> None:
        table = local_cloud.session("operator").resource("dynamodb").Table(local_cloud.outputs["TableName"])

`.origin` is the gateway (SPA, /api, /pixels, /derived), `.api_url` API Gateway itself, `.endpoint` the AWS API, `.session(user)` a
boto3 session as `operator`, `gateway` or `root`, `.environment(user)` LIGHTBOX_* and AWS_* for a child process, `.secrets` what the
secret holds, `.outputs` template.yaml's outputs. Tests share it: use a tenant of your own (`tests.cloud.new_tenant()`), never count
all rows.
What the functions print is in `.state_dir / "logs"` and CloudWatch Logs.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iac.local.cloud import LocalCloud


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The running local cloud."""
    with LocalCloud.start(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud
