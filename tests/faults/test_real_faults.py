"""Real processes, really killed, over a link that is really cut: what was acknowledged is held once and comes back equal.

The simulator (test_simulated_*.py) tries far more seeds, and what a live machine does not give: a power cut that loses unsynced
bytes, a clock that jumps. Here the processes, sockets, files and signals are the real ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.real_run import Story, telling

pytestmark = pytest.mark.slow


def story(seed: int) -> Story:
    """Each third seed has failing syncs, each fourth three kills."""
    return Story(seed, kills=3 if seed % 4 == 3 else 2, sync_per_mille=40 if seed % 3 == 2 else 0)


@pytest.mark.req("EDGE-10", "PLUS-01")
@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_acknowledged_instance_is_held_once_and_given_back_equal(tmp_path: Path, seed: int) -> None:
    with telling(story(seed), tmp_path) as run:
        run.start_senders()
        run.misfortunes()
        run.finish()
        assert run.link.cuts > 0, f"{run}: nothing went wrong on the line"
        second = run.agent.call("run")
        assert (second.returncode, "is in use by process" in second.stderr) == (1, True), run
        run.judge()
