"""What most tests of the agent begin with. A module that needs it otherwise makes its own under the same name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.spool.store import Spool
from tests.agent.building import opened, receiving
from tests.agent.cloud_server import CloudServer, serving


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with opened(tmp_path / "spool") as spool:
        yield spool


@pytest.fixture
def port(spool: Spool) -> Iterator[int]:
    """Of a receiver that fills the spool."""
    with receiving(spool) as receiver:
        yield receiver.port


@pytest.fixture
def cloud() -> Iterator[CloudServer]:
    with serving(CloudServer()) as cloud:
        yield cloud
