"""A cache that is full: at its own bound, and on a disk without a byte left. It pauses, alarms, and goes on by itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent import doctor
from tests.agent.cloud_server import CloudServer
from tests.faults.real_run import Run, Story, telling

pytestmark = pytest.mark.slow


def beats(cloud: CloudServer) -> list[bool]:
    """What the heartbeats said about a full spool, in order, without repetitions."""
    with cloud.lock:
        said = [body["full"] for route, body in cloud.requests if route == "heartbeats"]
    return [full for place, full in enumerate(said) if place == 0 or said[place - 1] != full]


def nothing_leaves(run: Run, cloud: CloudServer) -> None:
    """The cloud answers, but takes no object: the backlog grows."""
    cloud.refuse = lambda route, body: (503, {}) if route == "grants" else None
    run.link.rough = False


def pauses_and_alarms(run: Run, cloud: CloudServer) -> None:
    status = run.agent.until(lambda status: bool(status["full"]))
    assert "FULL: senders are refused" in run.agent.call("status").stdout
    run.wait(lambda: beats(cloud)[-1:] == [True], "a heartbeat that says full")
    run.wait(lambda: any(0xA700 in sender.refused for sender in run.senders), "a sender told Out of Resources")
    assert [told["level"] for told in run.agent.events() if told["event"] == "spool_full"][-1:] == ["error"]
    assert status["running"]


def goes_on_by_itself(run: Run, cloud: CloudServer) -> None:
    cloud.refuse = lambda route, body: None
    run.finish()
    run.judge()
    run.wait(lambda: beats(cloud)[-1:] == [False], "a heartbeat that says there is room")


@pytest.mark.req("EDGE-10")
def test_a_full_cache_pauses_alarms_and_goes_on_by_itself(tmp_path: Path) -> None:
    """The cloud takes nothing for hours; 13 MiB are sent to a cache of 10. It is killed while it is full, too."""
    with telling(Story(1001, images=7, sizes=(512,), max_gib=0.01), tmp_path, cloud := CloudServer()) as run:
        nothing_leaves(run, cloud)
        run.start_senders()
        pauses_and_alarms(run, cloud)
        assert "SpoolAtLimit" in {found.code for found in doctor.examine(run.agent.config)}
        run.agent.kill()
        run.agent.start()
        pauses_and_alarms(run, cloud)
        goes_on_by_itself(run, cloud)


@pytest.mark.req("EDGE-10")
def test_a_disk_without_a_byte_left_pauses_alarms_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """Something else fills the spool's disk to the last byte; then it is cleaned up."""
    with telling(Story(1002, images=5, sizes=(256, 512), disk_mib=24), tmp_path, cloud := CloudServer()) as run:
        nothing_leaves(run, cloud)
        with filled(run):
            run.start_senders()
            pauses_and_alarms(run, cloud)
            told = run.agent.call("doctor", "--json")
            assert (told.returncode, '"code": "DiskFull"' in told.stdout) == (1, True)
        goes_on_by_itself(run, cloud)


@contextmanager
def filled(run: Run) -> Iterator[None]:
    """Every byte that is or becomes free on the spool's disk is written full by somebody else, until the block ends."""
    ballast = run.agent.spool / "ballast"
    write = 'while sleep 0.1; do dd if=/dev/zero of="$0" bs=4k oflag=append conv=notrunc 2>/dev/null; echo filled; done'
    somebody = subprocess.Popen([*run.agent.prefix, "sh", "-c", write, str(ballast)], stdout=subprocess.PIPE, text=True)
    assert somebody.stdout is not None
    try:
        assert somebody.stdout.readline() == "filled\n"
        yield
    finally:
        somebody.kill()
        somebody.wait()
        somebody.stdout.close()
        subprocess.run([*run.agent.prefix, "rm", str(ballast)], check=True)
