"""After a crash in any state: promises kept, the rest removed. A crash = the folder as it is, opened anew."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

import pytest

from edge_agent.config import Packing
from edge_agent.errors import SpoolBusy, SpoolUnwritable
from edge_agent.packer import Packer
from edge_agent.spool.records import HEAD_BYTES
from edge_agent.spool.slots import object_files
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.agent.building import Clock, image, keep, opened


@pytest.fixture
def crash(tmp_path: Path):
    """Copy a spool's folder as a power cut would leave it, and open the copy."""
    count = 0

    def copy(spool: Spool) -> Path:
        nonlocal count
        count += 1
        return shutil.copytree(spool.folder, tmp_path / f"after-{count}")

    return copy


def states(spool: Spool) -> list[State]:
    return [item.state for item in spool.items.values()]


def packer(spool: Spool, clock: Clock) -> Packer:
    return Packer(spool, Packing(), now_s=clock)


@pytest.mark.req("EDGE-01")
def test_a_promised_object_is_there_after_a_crash(tmp_path, crash):
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    with opened(after) as spool:
        assert states(spool) == [State.SPOOLED]
        assert spool.read(spool.items[0])
        assert spool.queue.objects == 1


@pytest.mark.req("EDGE-01")
def test_the_object_file_alone_is_the_promise(tmp_path, crash):
    """The journal's record is not synced; after a power cut the file must be found without it."""
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        keep(spool, image(2))
        after = crash(spool)
    (after / "journal").unlink()
    with opened(after) as spool:
        assert states(spool) == [State.SPOOLED, State.SPOOLED]
        assert spool.items[0].head.sop_uid == "1.2.3.4.1.1"


@pytest.mark.req("EDGE-01")
def test_half_an_object_is_dropped_and_prepared_files_are_cleared(tmp_path, crash):
    with opened(tmp_path / "spool") as spool:
        incoming = spool.begin()
        incoming.write(memoryview(b"x" * 1000))
        after = crash(spool)
        incoming.drop()
    with opened(after) as spool:
        assert not spool.items
        assert not list(object_files(after / "objects"))


def test_an_unknown_object_with_other_bytes_is_parked_and_kept(tmp_path, crash):
    """A head without its data was perhaps promised: nobody but a person may remove it."""
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    (after / "journal").unlink()
    _, path = next(object_files(after / "objects"))
    raw = bytearray(path.read_bytes())
    raw[HEAD_BYTES + 10] ^= 1
    path.write_bytes(raw)
    with opened(after) as spool:
        assert states(spool) == [State.PARKED]
        assert path.exists()


@pytest.mark.parametrize("harm", ["missing", "cut"])
def test_a_damaged_promised_object_is_parked_with_its_reason(tmp_path, crash, harm):
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    _, path = next(object_files(after / "objects"))
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    with opened(after) as spool:
        assert states(spool) == [State.PARKED]
        assert spool.items[0].reason
    with opened(after) as spool:
        assert states(spool) == [State.PARKED]


def test_packed_and_sending_come_back_as_the_same_shipment(tmp_path, crash):
    """Membership is journaled before the first put: nothing is doubled."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        assert packer(spool, clock).pack_next()
        shipment = spool.shipments[0]
        packed = crash(spool)
        spool.advance(shipment, Event.PICKED)
        sending = crash(spool)
        files, facts = shipment.files, shipment.facts
    for after in (packed, sending):
        with opened(after) as spool:
            assert states(spool) == [State.PACKED]
            assert (spool.shipments[0].files, spool.shipments[0].facts) == (files, facts)
            assert spool.queue.objects == 0


def test_uploaded_is_asked_about_again_and_never_sent_twice(tmp_path, crash):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        packer(spool, clock).pack_next()
        spool.advance(spool.shipments[0], Event.PICKED)
        spool.advance(spool.shipments[0], Event.STORED, digest="ab" * 32)
        after = crash(spool)
    with opened(after) as spool:
        assert states(spool) == [State.UPLOADED]
        assert spool.shipments[0].digest == "ab" * 32


def test_sent_stays_sent_and_leftover_files_go(tmp_path, crash):
    """The crash may come between the journal's record and the deletion."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        packer(spool, clock).pack_next()
        before = crash(spool)
        shipment = spool.shipments[0]
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(shipment, event)
        after = crash(spool)
    shutil.copytree(before / "objects", after / "objects", dirs_exist_ok=True)
    shutil.copytree(before / "shipments", after / "shipments", dirs_exist_ok=True)
    with opened(after) as spool:
        assert states(spool) == [State.SENT]
        assert not list(object_files(after / "objects"))
        assert not list((after / "shipments").iterdir())
        assert not spool.shipments
        assert keep(spool, image(1)) is None  # known still


def test_a_shipment_with_a_missing_file_is_made_anew(tmp_path, crash):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        packer(spool, clock).pack_next()
        after = crash(spool)
    next((after / "shipments" / "00000000").iterdir()).unlink()
    with opened(after) as spool:
        assert states(spool) == [State.SPOOLED]
        assert not spool.shipments
        assert not list((after / "shipments").iterdir())
        assert spool.queue.objects == 1


def test_a_shipment_folder_that_was_never_journaled_is_removed(tmp_path, crash):
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    left = after / "shipments" / "00000007"
    left.mkdir(parents=True)
    (left / "x.heads").write_bytes(b"x")
    with opened(after) as spool:
        assert not left.exists()
        assert spool.new_shipment_number() > 7


def test_parked_stays_parked_until_a_person_releases_it(tmp_path, crash):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        packer(spool, clock).pack_next()
        shipment = spool.shipments[0]
        for event in (Event.PICKED, Event.STORED, Event.QUARANTINED):
            spool.advance(shipment, event, "schema")
        after = crash(spool)
    with opened(after, clock=clock) as spool:
        assert states(spool) == [State.PARKED]
        assert spool.shipments[0].reason == "schema"
        assert spool.release_parked() == 1
        assert states(spool) == [State.SPOOLED]
        assert packer(spool, clock).pack_next()


def test_every_cut_of_the_journal_opens_and_keeps_every_object(tmp_path, crash):
    """Whatever tail a power cut takes, all promised objects are still known, in some state that leads to the cloud."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        keep(spool, image(2))
        clock.now += 10
        packer(spool, clock).pack_next()
        after = crash(spool)
    whole = (after / "journal").read_bytes()
    for length in range(0, len(whole), 97):
        copy = shutil.copytree(after, after.with_name(f"cut-{length}"))
        (copy / "journal").write_bytes(whole[:length])
        with opened(copy) as spool:
            assert len(spool.items) == 2
            assert set(states(spool)) <= {State.SPOOLED, State.PACKED}
        shutil.rmtree(copy)


def test_a_journal_of_a_later_version_is_not_touched(tmp_path, crash):
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    journal = after / "journal"
    journal.write_bytes(b"LBSJ\x02\x00\x00\x00" + b"later")
    with pytest.raises(SpoolUnwritable, match="another version"), opened(after):
        pass
    assert journal.read_bytes().endswith(b"later")


def test_an_object_of_a_later_version_is_not_touched(tmp_path, crash):
    """Going back with a full spool is refused; what a newer agent promised is neither removed nor taken for a leftover."""
    with opened(tmp_path / "spool") as spool:
        keep(spool, image(1))
        after = crash(spool)
    (after / "journal").unlink()
    (path,) = (path for path in (after / "objects").glob("*/*.obj") if path.read_bytes()[:4] == b"LBSO")
    raw = bytearray(path.read_bytes())
    raw[4] = 99
    raw[508:512] = zlib.crc32(raw[:508]).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(SpoolUnwritable, match="later version"), opened(after):
        pass
    assert path.read_bytes() == raw


def test_a_second_agent_on_the_same_spool_is_refused(tmp_path):
    with opened(tmp_path / "spool"), pytest.raises(SpoolBusy, match="in use by process"), opened(tmp_path / "spool"):
        pass


def test_the_journal_stays_small_and_says_the_same_after_compaction(tmp_path):
    """Each start rewrites it; thousands of states of old objects must not pile up."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        for number in range(1, 6):
            keep(spool, image(number))
        clock.now += 10
        packer(spool, clock).pack_next()
        spool.name({"1.2.3.4": "study", "1.2.3.4.1": "series"})
        spool.declare("1.2.3.4", {"1.2.3.4.1": 5})
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(spool.shipments[0], event)
        before = {number: (item.head, item.state) for number, item in spool.items.items()}
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert {number: (item.head, item.state) for number, item in spool.items.items()} == before
        assert spool.names["1.2.3.4"] == "study"
        assert spool.declared["1.2.3.4"].counts == {"1.2.3.4.1": 5}
        assert spool.new_shipment_number() == 1


def test_old_sent_objects_are_forgotten_and_young_ones_are_not(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        keep(spool, image(1))
        clock.now += 10
        packer(spool, clock).pack_next()
        for event in (Event.PICKED, Event.STORED, Event.INDEXED):
            spool.advance(spool.shipments[0], event)
        assert spool.forget(spool.now_ms()) == 0
        clock.now += 100
        assert spool.forget(spool.now_ms()) == 1
        assert not spool.items
    with opened(tmp_path / "spool", clock=clock) as spool:
        assert not spool.items
        assert keep(spool, image(1)) is not None
