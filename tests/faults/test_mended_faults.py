"""What simulated faults once found in the spool, each by the shortest way to it, on a disk that may lose its cache."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent import config
from edge_agent.completeness import Completeness, counts_of
from edge_agent.errors import SpoolFull, SpoolUnwritable
from edge_agent.spool.model import MANIFEST, REPORT, Shipment
from edge_agent.spool.records import HEAD_BYTES, ObjectKind
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.faults.agent import FOLDER
from tests.faults.clock import Clock
from tests.faults.corpus import Thing, instances
from tests.faults.disk import Killed, Machine, SimulatedDisk, Weather
from tests.faults.medium import Folder
from tests.faults.simulation import Simulation

CUTS = 30  # ways in which the power may go
BAD_DAYS = (
    *(4494, 9663),  # sent, forgotten, and sent again
    *(14393, 20057, 20824),  # a torn leftover fills a tiny spool
    *(3069, 5754, 5769, 15287, 30273),  # what the cloud holds for a person fills it
    10456,  # it fills while the cloud loses a message, which is confirmed again after ten minutes
    16761,  # there is room again, and the heartbeat has not looked yet
    *(28073, 37159, 45774, 64585),  # declared while the clock was twenty years behind: forgotten before it was sent
    28650,  # the same, after it was sent
    36191,  # an image that a crash brought, sent and forgotten before its sender sent it again
    63361,  # a PDF's torn leftover
    *(78173, 81156, 99455),  # sent and forgotten before it was declared, and started again
    84079,  # a file went on the word of a record that was not stable
)


class DiesInSync(SimulatedDisk):
    """kill -9 between write and sync of an object."""

    def sync(self, fd: int) -> None:
        if self._file(fd)[1].endswith(".obj"):
            self.is_dead = True
        super().sync(fd)


def machine(cut: int = 0) -> Machine:
    made = Machine(random.Random(cut))
    made.root.change({FOLDER.name: Folder()})
    made.root.sync()
    return made


def opened(on: Machine, disk: type[SimulatedDisk] = SimulatedDisk, clock: Clock | None = None) -> Spool:
    """clock: in the place of the machine's."""
    on.release_locks()
    wall_s, now_s = (clock.wall_s, clock.now_s) if clock else (time.time, time.monotonic)
    return Spool(FOLDER, 1 << 30, 0, wall_s=wall_s, now_s=now_s, disk=disk(on), in_background=lambda work: None)


def send(spool: Spool, thing: Thing) -> None:
    incoming = spool.begin()
    incoming.write(memoryview(thing.data))
    incoming.commit(replace(thing.head, received_ms=spool.now_ms()))


def is_whole(spool: Spool, thing: Thing) -> bool:
    item = spool.held(*thing.key)
    return item is not None and item.state is State.SPOOLED and spool.read(item) == thing.data


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


def deliver(spool: Spool, thing: Thing) -> None:
    """All the way, without a cloud."""
    send(spool, thing)
    item = spool.held(*thing.key)
    assert item is not None
    shipment = spool.seal(spool.new_shipment_number(), MANIFEST, [item], (), {})
    for event in (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(shipment, event)


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


def declared_in_2006(thing: Thing, clock: Clock) -> tuple[Machine, Spool, Shipment]:
    """Sent; its study declared while the clock was twenty years behind, and that is still to be sent; the clock is right now."""
    on = machine()
    spool = opened(on, clock=clock)
    spool.name({thing.head.study_uid: "k1/study", thing.head.series_uid: "k1/series"})
    deliver(spool, thing)
    clock.wrong_s = -20 * 365 * 86_400
    clock.passes(60.0)
    assert Completeness(spool, config.Completeness(), clock.now_s).declare_due() == 1
    clock.wrong_s = 0.0
    (shipment,) = spool.shipments.values()
    return on, spool, shipment


def days_later(days: int, spool: Spool, clock: Clock) -> None:
    """Sent images are remembered for 7 days, declared counts for 90."""
    clock.passes(days * 86_400)
    Completeness(spool, config.Completeness(), clock.now_s).turn()


@pytest.mark.req("EDGE-10")
def test_what_is_still_to_be_declared_keeps_the_names_and_counts_that_it_needs_whatever_the_clock_says():
    """Seeds 28073, 37159, 45774, 64585: without the cloud's names the declaration could never be sent, for ever PACKED."""
    thing, clock = instances()[0], Clock()
    _, spool, shipment = declared_in_2006(thing, clock)
    days_later(8, spool, clock)
    assert not spool.items
    assert spool.names.keys() == shipment.uids == {thing.head.study_uid, thing.head.series_uid}
    assert counts_of((), spool.declared) == {thing.head.study_uid: {thing.head.series_uid: 1}}


@pytest.mark.req("EDGE-10")
@pytest.mark.parametrize("restarted", [False, True])
def test_counts_that_were_declared_while_the_clock_was_wrong_are_remembered_from_when_the_cloud_took_them(restarted):
    """Seed 28650: 90 days were over at once, and an image that came late made a declaration of less than before."""
    thing, clock = instances()[0], Clock()
    on, spool, shipment = declared_in_2006(thing, clock)
    for event in (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(shipment, event)
    if restarted:
        spool = opened(on, clock=clock)
    days_later(8, spool, clock)
    assert counts_of((), spool.declared) == {thing.head.study_uid: {thing.head.series_uid: 1}}
    days_later(90, spool, clock)
    assert not spool.declared


@pytest.mark.req("EDGE-10")
def test_a_study_whose_images_were_forgotten_before_it_was_declared_is_declared_after_a_start_too():
    """Seeds 78173, 81156, 99455: only the memory of the process before knew that something was to be declared."""
    thing, on, clock = instances()[0], machine(), Clock()
    spool = opened(on, clock=clock)
    spool.name({thing.head.study_uid: "k1/study", thing.head.series_uid: "k1/series"})
    deliver(spool, thing)
    spool.forget(spool.now_ms() + 1)
    spool = opened(on, clock=clock)
    assert Completeness(spool, config.Completeness(), clock.now_s).declare_due() == 1
    assert spool.declared[thing.head.study_uid].counts == {thing.head.series_uid: 1}
    assert not opened(on, clock=clock).undeclared()


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


@pytest.mark.parametrize(("later_s", "overdue"), [(0, False), (599, False), (600, True), (-5, False), (-8 * 86_400, True)])
def test_a_clock_that_was_set_back_does_not_keep_a_lost_message_from_being_confirmed_again(later_s, overdue):
    """Uploaded while the clock was eight days ahead: it would have been asked about in vain for eight days and ten minutes."""
    at_ms = 1_800_000_000_000
    shipment = Shipment(0, MANIFEST, State.UPLOADED, at_ms)
    assert shipment.is_overdue(at_ms + later_s * 1000) is overdue


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


@pytest.mark.parametrize("seed", BAD_DAYS)
def test_a_day_that_once_ended_badly_ends_well(seed):
    Simulation(seed).run()
