"""What simulated faults once found in how the spool lets go of what the cloud has, each by the shortest way."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.model import REPORT
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import Event, State
from tests.faults.corpus import instances
from tests.faults.disk import Killed, SimulatedDisk
from tests.faults.small_spool import CUTS, deliver, machine, opened


class KeepsFiles(SimulatedDisk):
    """A disk that lets go of no object file until it is well again."""

    well = False

    def unlink(self, path: Path) -> None:
        if not self.well and path.suffix == ".obj":
            raise OSError(5, "Input/output error")
        super().unlink(path)


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("cut", range(CUTS))
@pytest.mark.parametrize("disk", [SimulatedDisk, KeepsFiles])
def test_an_image_that_was_sent_and_forgotten_does_not_come_back_and_go_up_twice(cut, disk):
    """Seeds 4494 and 9663: its file was still there, or again after the power went, and no journal knew it any more."""
    thing, on = instances()[0], machine(cut)
    spool = opened(on, disk)
    deliver(spool, thing)
    spool.disk.well = True
    assert spool.forget(spool.now_ms() + 1) == 1
    on.cut_power()
    assert {item.state for item in opened(on).items.values()} <= {State.SENT}  # the journal's last record may be lost


class KilledAfterAFailedSync(SimulatedDisk):
    """The journal's sync fails, and before the record is cut off again the process dies."""

    def sync(self, fd: int) -> None:
        file, name = self._file(fd)
        if name.endswith(("/journal", "/journal.part")):
            file.fail_to_sync(self.machine.rng)
            self.is_dead = True
            raise Killed
        super().sync(fd)


class DiesAfterRemoving(SimulatedDisk):
    """The process dies when the first object file is gone."""

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        if path.suffix == ".obj":
            self.is_dead = True
            raise Killed


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("cut", range(CUTS))
def test_a_start_removes_no_file_on_the_word_of_a_record_that_a_power_cut_may_take_back(cut):
    """Seed 84079: a report that the cloud had was parked as missing."""
    on = machine(cut)
    spool = opened(on)
    item = spool.put(ObjectKind.REPORT, b"{}")
    shipment = spool.seal(spool.new_shipment_number(), REPORT, [item], (), {})
    for event in (Event.PICKED, Event.STORED):
        spool.advance(shipment, event)
    spool.disk.__class__ = KilledAfterAFailedSync
    with pytest.raises(Killed):
        spool.advance(shipment, Event.INDEXED)
    with suppress(Killed):  # the record may be gone with the cache
        opened(on, DiesAfterRemoving)
    on.cut_power()
    again = opened(on)
    (item,) = again.items.values()
    assert item.state is State.SENT or again.read(item) == b"{}"


def test_an_image_whose_file_the_disk_does_not_let_go_of_is_not_forgotten():
    thing, on = instances()[0], machine()
    spool = opened(on, KeepsFiles)
    deliver(spool, thing)
    with pytest.raises(SpoolUnwritable):
        spool.forget(spool.now_ms() + 1)
    assert [item.state for item in spool.items.values()] == [State.SENT]


def test_a_spool_that_lacks_its_empty_folders_forgets_too():
    """Some backups leave them out; what was sent would be remembered for ever."""
    thing, on = instances()[0], machine()
    spool = opened(on)
    deliver(spool, thing)
    spool.disk.remove_folder(spool.object_path(0).parent)
    assert spool.forget(spool.now_ms() + 1) == 1
