"""The operator's real things on the local cloud: what `python -m iac.operator` would build from its environment."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from functions.adapters import settings, wiring
from functions.adapters.wiring import Production
from iac.local.cloud import LocalCloud


def operator_deps(cloud: LocalCloud) -> Iterator[Production]:
    """Deps as IAM user `operator`; clients made meanwhile are forgotten afterwards."""
    user = cloud.environment("operator")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        for name, value in user.items():
            patch.setenv(name, value)
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of the cloud before this one
        wiring.client.cache_clear()
        yield Production(settings.from_environment(user))
        wiring.client.cache_clear()
