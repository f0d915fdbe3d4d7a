"""What simulated faults once found about torn and damaged objects in the spool, each by the shortest way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.errors import SpoolFull, SpoolUnwritable
from edge_agent.spool.records import HEAD_BYTES
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from tests.faults.corpus import Thing, instances
from tests.faults.disk import Machine, SimulatedDisk
from tests.faults.small_spool import CUTS, is_whole, machine, opened, send


def torn(on: Machine, thing: Thing) -> Spool:
    """A spool with the head of an object of which not all bytes are there; nobody was promised it."""
    spool = opened(on)
    incoming = spool.begin()
    head = replace(thing.head, received_ms=1).pack(incoming._slot.number)
    spool.disk.pwrite(incoming._fd, head + thing.data[:-1] + b"?", 0)
    assert spool.disk.size(incoming._path) == HEAD_BYTES + len(thing.data)
    spool = opened(on)
    assert [item.state for item in spool.items.values()] == [State.PARKED]
    return spool


def test_a_torn_leftover_goes_when_the_image_has_come_again():
    thing, on = instances()[0], machine()
    send(torn(on, thing), thing)
    again = opened(on)
    assert [item.state for item in again.items.values()] == [State.SPOOLED]
    assert is_whole(again, thing)


def test_a_torn_leftover_goes_also_when_the_start_that_removed_it_could_not_write_the_journal():
    class NoNewJournal(SimulatedDisk):
        def rename(self, source: Path, target: Path) -> None:
            raise OSError(28, "No space left on device")

    thing, on = instances()[0], machine()
    send(torn(on, thing), thing)
    with pytest.raises(SpoolUnwritable):
        opened(on, NoNewJournal)
    assert [item.state for item in opened(on).items.values()] == [State.SPOOLED]


def test_a_damaged_object_that_is_released_is_not_taken_for_held():
    """A repeat of the image would be answered with success, and nothing whole would be there."""
    thing, on = instances()[0], machine()
    spool = torn(on, thing)
    assert spool.release_parked() == 0
    send(spool, thing)
    assert is_whole(spool, thing)


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("cut", range(CUTS))
def test_a_person_ends_a_spool_that_a_torn_leftover_fills_and_nothing_else_goes(cut):
    """Seeds 20057, 20824, 14393: no sender could bring the image again, and nothing took the leftover away."""
    thing, other, on = instances()[0], instances()[1], machine(cut)
    torn(on, thing)
    spool = opened(on)
    send(spool, other)
    spool.room.max_bytes = spool.room.used_bytes
    with pytest.raises(SpoolFull):
        spool.begin()
    assert spool.discard_damaged() == 1
    send(spool, thing)
    on.cut_power()
    again = opened(on)
    assert is_whole(again, thing)
    assert is_whole(again, other)
    assert again.room.used_bytes == len(thing.data) + len(other.data)


def test_what_is_held_for_a_person_and_whole_is_never_discarded():
    thing, on = instances()[0], machine()
    spool = opened(on)
    send(spool, thing)
    item = spool.held(*thing.key)
    assert item is not None
    spool.park(item, "a reason")
    assert spool.discard_damaged() == 0
    assert spool.read(item) == thing.data
