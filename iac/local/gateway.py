"""The gateway as a child process of the local cloud."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iac.gateway.app import HEALTH
from iac.local.ports import answers
from iac.local.process import Child, clean_environment, python


class Gateway:
    """One gateway; settings in `environment` (iac/gateway/settings.py)."""

    def __init__(self, state_dir: Path, port: int, environment: Mapping[str, str]) -> None:
        self._port = port
        log = state_dir / "logs" / "gateway.log"
        self._child = Child("The gateway", python("-m", "iac.gateway"), clean_environment(state_dir / "tmp", environment), log)

    def wait(self, seconds: float = 90) -> None:
        """Until it answers. Raises CloudSilent."""
        self._child.wait_until(lambda: answers(self._port, HEALTH), seconds)

    def stop(self) -> None:
        """End it; answers under way are finished first."""
        self._child.stop(grace_s=10)
