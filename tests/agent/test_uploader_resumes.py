"""A shipment that was cut in the middle goes on with what lacks; where nobody knows what the vault holds, all of it goes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.spool.states import State
from tests.agent.building import Clock
from tests.agent.cloud_server import CloudServer
from tests.agent.uploading import agent, send_next, spooled, states

pytestmark = pytest.mark.req("EDGE-10")

BUSY = (503, "SlowDown")
ONCE, TWICE = {1}, {2}


@pytest.mark.parametrize("fails", ["low", "rest", "manifest"])
def test_a_try_puts_what_the_one_before_it_did_not(tmp_path: Path, cloud: CloudServer, fails: str) -> None:
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1, 2)
        packer.pack_next()
        cloud.refuse_put = lambda kind: BUSY if kind == fails else None
        assert send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        cloud.refuse_put = lambda kind: None
        clock.now += 10
        assert send_next(spool, uploader)
        assert uploader.ask() == 1
    assert set(cloud.puts.values()) == ONCE


def test_a_confirmation_that_failed_is_repeated_alone(tmp_path: Path, cloud: CloudServer) -> None:
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (503, {"code": "service_busy", "retry": True}) if route == "manifests" else None
        send_next(spool, uploader)
        cloud.refuse = lambda route, body: None
        clock.now += 10
        cloud.requests.clear()
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
        assert [route for route, _ in cloud.requests] == ["manifests"]
    assert set(cloud.puts.values()) == ONCE


def test_what_the_cloud_does_not_know_any_more_is_put_whole(tmp_path: Path, cloud: CloudServer) -> None:
    """Its word that it does not know the manifest is worth more than our memory of having put it."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.verdict = lambda sha256, body: {"state": "unknown"}
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.PACKED}
        clock.now += 10
        assert send_next(spool, uploader)
    assert set(cloud.puts.values()) == TWICE
