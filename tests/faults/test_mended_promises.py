"""What simulated faults once found in the spool's word to a sender, each by the shortest way, on a disk that loses its cache."""

from __future__ import annotations

import pytest

from edge_agent.errors import SpoolFull, SpoolUnwritable
from tests.faults.agent import FOLDER
from tests.faults.corpus import instances
from tests.faults.disk import Killed, SimulatedDisk, Weather
from tests.faults.small_spool import CUTS, is_whole, machine, opened, send


class DiesInSync(SimulatedDisk):
    """kill -9 between write and sync of an object."""

    def sync(self, fd: int) -> None:
        if self._file(fd)[1].endswith(".obj"):
            self.is_dead = True
        super().sync(fd)


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("cut", range(CUTS))
def test_what_a_killed_agent_left_in_the_page_cache_is_stable_before_a_repeat_is_told_that_it_is_held(cut):
    thing, on = instances()[0], machine(cut)
    with pytest.raises(Killed):
        send(opened(on, DiesInSync), thing)
    send(opened(on), thing)
    on.cut_power()
    assert is_whole(opened(on), thing)


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("cut", range(CUTS))
def test_a_folder_whose_name_could_not_be_synced_is_synced_the_next_time(cut):
    class FirstTime(SimulatedDisk):
        failed = False

        def sync_folder(self, folder):
            if not self.failed and self.machine.root.entries[FOLDER.name].entries.get("objects"):
                self.failed = True
                raise OSError(5, "Input/output error")
            super().sync_folder(folder)

    thing, on = instances()[0], machine(cut)
    spool = opened(on, FirstTime)
    with pytest.raises(SpoolUnwritable):
        send(spool, thing)
    send(spool, thing)
    on.cut_power()
    assert is_whole(opened(on), thing)


def test_an_image_that_two_senders_sent_at_once_is_one_after_a_crash():
    thing, on = instances()[0], machine()
    spool = opened(on)
    first, second = spool.begin(), spool.begin()
    for incoming in (first, second):
        incoming.write(memoryview(thing.data))
    first.commit(thing.head)
    spool.disk.pwrite(second._fd, thing.head.pack(second._slot.number), 0)  # and then the agent is killed
    again = opened(on)
    assert len(again.items) == 1
    assert is_whole(again, thing)


def test_a_journal_of_which_only_zeros_reached_the_disk_starts_anew():
    on = machine()
    disk = SimulatedDisk(on)
    disk.pwrite(disk.open(FOLDER / "journal", 0o102), bytes(8), 0)
    send(opened(on), instances()[0])
    assert is_whole(opened(on), instances()[0])


def test_a_disk_that_refuses_everything_is_told_to_the_sender_and_raises_nothing_else():
    thing, on = instances()[0], machine()
    spool = opened(on)
    incoming = spool.begin()
    incoming.write(memoryview(thing.data))
    on.weather = Weather(read_only=True)
    with pytest.raises(SpoolUnwritable) as refused:
        incoming.commit(thing.head)
    assert refused.value.dicom_status == 0xA700
    with pytest.raises(SpoolUnwritable):
        spool.begin()
    spool.close()
    with pytest.raises(SpoolUnwritable):
        opened(on)


def test_a_full_disk_is_told_and_taken_again_when_there_is_room():
    thing, on = instances()[0], machine()
    spool = opened(on)
    incoming = spool.begin()
    on.capacity = on.used
    with pytest.raises(SpoolFull):
        incoming.write(memoryview(thing.data))
    incoming.drop()
    assert spool.room.full
    on.capacity = 1 << 30
    send(spool, thing)
    assert not spool.room.full
