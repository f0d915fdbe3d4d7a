"""A disk that refuses, at every place where it can: nothing is lost, nothing is doubled, and the agent starts again."""

from __future__ import annotations

import errno
import os
import shutil

import numpy as np
import pytest

from edge_agent import packer as packing
from edge_agent.config import Packing
from edge_agent.errors import SpoolUnwritable
from edge_agent.packer import Packer
from edge_agent.spool import journal
from edge_agent.spool.model import MANIFEST, REPORT
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.recovery import replay
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.agent.building import Clock, image, keep, opened


class Disk:
    """fdatasync that fails from the n-th call on until it is mended."""

    def __init__(self) -> None:
        self.left: float = float("inf")

    def __call__(self, fd: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "I/O error")
        os.fdatasync(fd)

    def break_after(self, calls: int) -> None:
        self.left = calls

    def mend(self) -> None:
        self.left = float("inf")


def states(spool: Spool) -> list[State]:
    return [item.state for item in spool.items.values()]


def send(spool: Spool, number: int, *events: Event) -> None:
    for event in events or (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(spool.shipments[number], event)


# -- the journal's own sync


def test_a_failed_sync_of_the_journal_changes_nothing_and_the_agent_starts_again(tmp_path):
    """The asker tries INDEXED again and again; two records of it once made every later start fail."""
    clock, disk = Clock(), Disk()
    with opened(tmp_path / "spool", clock=clock, sync_journal=disk) as spool:
        keep(spool, image(1))
        keep(spool, image(2, series="1.2.3.9"))
        clock.now += 10
        packer = Packer(spool, Packing(), now_s=clock)
        packer.pack_next()
        send(spool, 0, Event.PICKED, Event.STORED)
        disk.break_after(0)
        for _ in range(2):
            with pytest.raises(SpoolUnwritable):
                spool.advance(spool.shipments[0], Event.INDEXED)
        with pytest.raises(SpoolUnwritable):
            packer.pack_next()
        assert states(spool) == [State.UPLOADED, State.SPOOLED]
        told = replay(journal.read(spool.folder / "journal")[0])
        assert [item.state for item in told.items.values()] == [State.UPLOADED, State.SPOOLED]
        disk.mend()
        spool.advance(spool.shipments[0], Event.INDEXED)
        clock.now += 10
        assert packer.pack_next()
        after = shutil.copytree(spool.folder, tmp_path / "after")
    for folder in (after, tmp_path / "spool"):
        with opened(folder, clock=clock) as spool:
            assert states(spool) == [State.SENT, State.PACKED]


def test_after_a_failed_sync_the_whole_journal_is_written_anew(tmp_path):
    """A system that could not write pages forgets them: a later sync says success and earlier records are missing."""
    clock, disk = Clock(), Disk()
    with opened(tmp_path / "spool", clock=clock, sync_journal=disk) as spool:
        keep(spool, image(1))
        path = spool.folder / "journal"
        before = path.stat().st_ino
        disk.break_after(0)
        with pytest.raises(SpoolUnwritable):
            spool.declare("1.2.3.4", {"1.2.3.4.1": 1})
        disk.mend()
        spool.name({"1.2.3.4": "s"})
        assert path.stat().st_ino != before
        assert set(replay(journal.read(path)[0]).items) == {0}


def test_records_about_unknown_shipments_and_objects_are_passed_over(tmp_path):
    """Journals that an earlier agent left behind with a record twice must open."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        Packer(spool, Packing(), now_s=clock).pack_next()
        send(spool, 0)
        records, _ = journal.read(spool.folder / "journal")
        for record in (records[-1], records[-1]):
            spool._journal.append(record)
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert states(spool) == [State.SENT]


def test_names_that_are_not_ours_do_not_stop_a_start(tmp_path):
    """An operator's copy beside the original."""
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        folder = spool.folder
    stray = [folder / "shipments" / "0001.bak", folder / "objects" / "00000" / "copyof01.obj"]
    for path in stray:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    with opened(folder) as spool:
        assert states(spool) == [State.SPOOLED]
    assert all(path.exists() for path in stray)


# -- packing: what was taken is given back


@pytest.mark.parametrize("calls", range(4))
def test_a_report_that_could_not_be_sealed_waits_to_be_packed_again(tmp_path, calls):
    clock, disk = Clock(), Disk()
    with opened(tmp_path / "spool", clock=clock, sync_journal=disk) as spool:
        spool.put(ObjectKind.REPORT, b'{"schema":"report.v1"}')
        packer = Packer(spool, Packing(), now_s=clock)
        disk.break_after(0)
        for _ in range(calls):
            with pytest.raises(SpoolUnwritable):
                packer.pack_next()
        disk.mend()
        assert packer.pack_next()
        assert [shipment.kind for shipment in spool.shipments.values()] == [REPORT]


@pytest.mark.parametrize("harm", ["sealing", "parking", "one by one"])
def test_a_batch_that_could_not_be_packed_waits_to_be_packed_again(tmp_path, harm, monkeypatch):
    """Each of these once left acknowledged images out of the queue until the next restart."""
    clock, disk = Clock(), Disk()
    with opened(tmp_path / "spool", clock=clock, sync_journal=disk) as spool:
        for number in (1, 2, 3):
            keep(spool, image(number))
        clock.now += 10
        packer = Packer(spool, Packing(), now_s=clock)
        if harm == "parking":
            path = spool.object_path(0)
            path.write_bytes(path.read_bytes()[:-1] + b"?")
            monkeypatch.setattr(spool._journal, "append", _refusing)
        else:
            disk.break_after(0)
        if harm == "one by one":
            monkeypatch.setattr(packing, "pack", _only_one(packing.pack))
        with pytest.raises(SpoolUnwritable):
            packer.pack_next()
        assert spool.queue.objects == 3
        monkeypatch.undo()
        disk.mend()
        clock.now += 10
        while packer.pack_next():
            pass
        parked = State.PARKED if harm == "parking" else State.PACKED
        assert states(spool) == [parked, State.PACKED, State.PACKED]
        assert sum(len(shipment.members) for shipment in spool.shipments.values()) == (2 if harm == "parking" else 3)


def _refusing(record: object, sync: bool = False) -> None:
    raise SpoolUnwritable(folder="spool", reason="full")


def _only_one(pack):
    def refusing(received, target_bytes):
        if len(received) > 1:
            raise RuntimeError("one of them is odd")
        return pack(received, target_bytes)

    return refusing


# -- an instance in several shipments


def giant():
    ds = image(1, size=256)
    ds.BitsStored, ds.HighBit, ds.NumberOfFrames = 16, 15, "3"
    ds.PixelData = np.random.default_rng(1).integers(0, 1 << 16, (3, 256, 256), dtype="<u2").tobytes()
    return ds


@pytest.fixture
def spread(tmp_path):
    """A spool with one object whose three parts are in shipments 0, 1 and 2."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(target_mib=0.1), now_s=clock, max_parcels=1)
        keep(spool, giant())
        clock.now += 10
        packer.pack_next()
        assert [shipment.members for shipment in spool.shipments.values()] == [(), (), (0,)]
        yield spool, packer


def pickable(spool: Spool) -> list[int]:
    return [s.number for s in spool.shipments.values() if s.state is State.PACKED and s.after not in spool.shipments]


def test_parts_of_one_object_are_sent_in_order_and_its_file_stays_until_the_last(spread):
    spool, _ = spread
    for number in range(3):
        assert pickable(spool) == [number]
        assert spool.object_path(0).exists()
        send(spool, number)
    assert states(spool) == [State.SENT]
    assert not spool.object_path(0).exists()


@pytest.mark.parametrize("how", ["unmade", "quarantined and released", "a file is missing at a start"])
def test_a_part_that_must_be_made_again_brings_the_whole_object_back(spread, tmp_path, how):
    """The object was acknowledged; its file must be there for as long as any part is not indexed."""
    spool, _ = spread
    send(spool, 0)
    if how == "unmade":
        send(spool, 1, Event.PICKED, Event.UNMADE)
    elif how == "quarantined and released":
        send(spool, 1, Event.PICKED, Event.STORED, Event.QUARANTINED)
        assert pickable(spool) == []
        spool.release_parked()
    else:
        next(spool.shipment_folder(1).iterdir()).unlink()
    after = shutil.copytree(spool.folder, tmp_path / "after")
    clock = Clock()
    with opened(after, clock=clock) as again:
        assert states(again) == [State.SPOOLED]
        assert not again.shipments
        assert not list((after / "shipments").iterdir())
        assert Packer(again, Packing(target_mib=0.1), now_s=lambda: clock.now + 10, max_parcels=1).pack_next()
        assert [shipment.members for shipment in again.shipments.values()] == [(), (), (0,)]
    if "start" not in how:
        assert states(spool) == [State.SPOOLED]
        assert spool.queue.objects == 1


def test_parts_are_sealed_together_or_not_at_all(tmp_path):
    clock, disk = Clock(), Disk()
    with opened(tmp_path / "spool", clock=clock, sync_journal=disk) as spool:
        packer = Packer(spool, Packing(target_mib=0.1), now_s=clock, max_parcels=1)
        keep(spool, giant())
        clock.now += 10
        disk.break_after(0)
        with pytest.raises(SpoolUnwritable):
            packer.pack_next()
        assert not spool.shipments
        assert not list((spool.folder / "shipments").iterdir())
        disk.mend()
        clock.now += 10
        assert packer.pack_next()
        assert len(spool.shipments) == 3


# -- the same object twice


def test_two_copies_of_one_object_go_up_as_one_and_both_are_done(tmp_path):
    """Quarantined, sent again by the modality, quarantined again, released: both copies wait in the same series."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)
        for number in (0, 1):
            assert keep(spool, image(1)) is not None
            clock.now += 10
            packer.pack_next()
            send(spool, number, Event.PICKED, Event.STORED, Event.QUARANTINED)
        spool.release_parked()
        clock.now += 10
        assert packer.pack_next()
        (shipment,) = spool.shipments.values()
        assert shipment.kind == MANIFEST
        assert shipment.members == (0, 1)
        assert sum(len(parcel["instances"]) for parcel in shipment.facts["parcels"]) == 1
        send(spool, shipment.number)
        assert states(spool) == [State.SENT, State.SENT]
        assert spool.room.used_bytes == 0
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert states(spool) == [State.SENT, State.SENT]


def test_a_damaged_copy_is_parked_and_the_whole_one_goes_up(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        spool.park(spool.items[0], "damaged")
        keep(spool, image(1))
        spool.release_parked()
        path = spool.object_path(0)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        clock.now += 10
        Packer(spool, Packing(), now_s=clock).pack_next()
        assert states(spool) == [State.PARKED, State.PACKED]
