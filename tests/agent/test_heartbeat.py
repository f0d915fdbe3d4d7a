"""What the agent says of itself reaches the cloud, also when the network was down just then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.errors import ConnectionRefused
from edge_agent.heartbeat import Heartbeat
from edge_agent.spool.store import Spool
from edge_agent.uploader import Trouble
from tests.agent.building import opened


class Hearing:
    """In the cloud's place: notes what it was told, and when; is not reached while `down`."""

    def __init__(self) -> None:
        self.turns, self.down = 0, False
        self.told: list[tuple[int, bool]] = []
        self.tries: list[int] = []

    def heartbeat(self, facts: dict[str, object]) -> None:
        self.tries.append(self.turns)
        if self.down:
            raise ConnectionRefused(host="127.0.0.1", port=1, key="cloud.url")
        self.told.append((self.turns, bool(facts["full"])))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with opened(tmp_path / "spool", max_bytes=1000) as spool:
        yield spool


@pytest.fixture
def cloud() -> Hearing:
    return Hearing()


@pytest.fixture
def heartbeat(spool: Spool, cloud: Hearing) -> Heartbeat:
    return Heartbeat(spool, cloud, Trouble(), every_s=60.0)  # type: ignore[arg-type]


def pass_s(heartbeat: Heartbeat, cloud: Hearing, seconds: int) -> None:
    for _ in range(seconds):
        heartbeat.turn()
        cloud.turns += 1


def test_a_change_is_told_at_once_and_everything_else_once_a_minute(spool: Spool, heartbeat: Heartbeat, cloud: Hearing) -> None:
    pass_s(heartbeat, cloud, 130)
    spool.room.add(2000)
    pass_s(heartbeat, cloud, 5)
    spool.room.add(-2000)
    pass_s(heartbeat, cloud, 65)
    assert cloud.told == [(0, False), (60, False), (120, False), (130, True), (135, False), (195, False)]


@pytest.mark.req("EDGE-10")
def test_an_alarm_that_the_network_swallowed_is_told_again_within_seconds(
    spool: Spool, heartbeat: Heartbeat, cloud: Hearing
) -> None:
    """It was thought told before the cloud had answered; room again before the next minute's beat, and nobody ever knew."""
    pass_s(heartbeat, cloud, 10)
    cloud.down = True
    spool.room.add(2000)
    pass_s(heartbeat, cloud, 20)
    assert cloud.tries == [0, 10, 15, 20, 25]
    cloud.down = False
    pass_s(heartbeat, cloud, 10)
    assert cloud.told == [(0, False), (30, True)]


def test_a_cloud_that_is_not_reached_is_not_asked_every_second(spool: Spool, heartbeat: Heartbeat, cloud: Hearing) -> None:
    """Nor any sooner than every minute, when there is nothing new to tell."""
    cloud.down = True
    pass_s(heartbeat, cloud, 121)
    assert cloud.tries == [0, 60, 120]
