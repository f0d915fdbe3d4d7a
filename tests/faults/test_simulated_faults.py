"""Thousands of bad days of one hospital: whatever goes wrong, in whatever order, nothing acknowledged is lost or doubled."""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from edge_agent.spool.port import Disk
from tests.faults.disk import SimulatedDisk
from tests.faults.simulation import Simulation
from tests.faults.trace import Trace

SEEDS, PARTS = 2000, 40  # `make faults SEEDS=…` runs as many as wanted


@pytest.mark.slow
@pytest.mark.req("EDGE-10", "PLUS-01")
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_goes_wrong_nothing_acknowledged_is_lost_or_doubled(part):
    """Kill, power cut, full and failing disk, cut and slow network, half answers, clock jumps, a cloud that restarts."""
    promised = 0
    for seed in range(part * SEEDS // PARTS, (part + 1) * SEEDS // PARTS):
        promised += Simulation(seed).run().acknowledged
    assert promised > 4 * SEEDS // PARTS  # it was no empty day


def test_the_same_seed_is_the_same_run():
    """Else a failure could not be looked at again."""
    first, second = Trace(), Trace()
    for trace in (first, second):
        Simulation(11, trace=trace).run()
    assert first.lines() == second.lines()
    assert len(first) > 50


def test_every_kind_of_fault_takes_effect():
    """A simulator in which nothing goes wrong proves nothing."""
    injected = sum((Simulation(seed).run().injected for seed in range(30)), start=Counter())
    kinds = {kind.partition(":")[0] for kind in injected}
    assert kinds >= {"disk", "network", "cloud", "clock", "power cut", "kill -9"}
    for kind in (
        "disk: full",
        "disk: sync fails (EIO)",
        "network: half",
        "network: reset after",
        "network: slow",
        "disk: read-only",
    ):
        assert injected[kind], kind


def test_the_simulated_disk_has_every_call_of_the_port():
    """A call that it lacked would reach the machine's own disk, or nothing."""
    wanted = {name for name, _ in inspect.getmembers(Disk, inspect.isfunction) if not name.startswith("_")}
    assert wanted <= set(vars(SimulatedDisk))
