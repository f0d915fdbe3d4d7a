"""What is packed together, when, and what one manifest may hold."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.config import Packing
from edge_agent.limits import MAX_PARCELS
from edge_agent.packer import MEMORY_BESIDE, MEMORY_PER_BYTE, Packer
from edge_agent.spool.states import State
from tests.agent.building import Clock, encoded, image, keep, opened


def test_a_series_is_packed_when_quiet_and_not_before(tmp_path):
    """A released association alone does not seal: many devices open one per image."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)
        keep(spool, image(1))
        clock.now += 1.5
        keep(spool, image(2))
        clock.now += 1.5
        assert not packer.pack_next()
        clock.now += 1
        assert packer.pack_next()
        assert [len(shipment.members) for shipment in spool.shipments.values()] == [2]


def test_a_series_that_keeps_coming_is_packed_when_it_is_large_enough(tmp_path):
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(target_mib=0.1), now_s=clock)
        for number in range(5):
            keep(spool, image(number, size=256))
        assert packer.pack_next()
        assert {item.state for item in spool.items.values()} == {State.PACKED, State.SPOOLED}


def test_series_and_senders_are_never_mixed(tmp_path):
    """A manifest names one series and one source."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)
        keep(spool, image(1))
        keep(spool, image(2), calling="CT2")
        keep(spool, image(3, series="1.2.3.9"))
        clock.now += 10
        while packer.pack_next():
            pass
        found = {(s.facts["series_uid"], s.facts["source"]["calling_ae_title"]) for s in spool.shipments.values()}
        assert found == {("1.2.3.4.1", "CT1"), ("1.2.3.4.1", "CT2"), ("1.2.3.9", "CT1")}


@pytest.mark.req("EDGE-10")
def test_an_instance_that_the_machine_cannot_pack_is_parked_and_the_next_one_goes_on(tmp_path):
    """It is read whole. Tried all the same, the system kills the agent, which is started again and tries again: nothing of the
    hospital's would ever be sent. With more memory and a release it goes up."""
    clock = Clock()
    large = image(1, size=1024)
    need = int(len(encoded(large)) * MEMORY_PER_BYTE) + MEMORY_BESIDE
    with opened(tmp_path / "spool", clock=clock) as spool:
        first = keep(spool, large)
        second = keep(spool, image(2))
        clock.now += 10
        assert Packer(spool, Packing(), now_s=clock, memory_bytes=need - 1).pack_next()
        assert (first.state, second.state) == (State.PARKED, State.PACKED)
        assert "packing it takes" in first.reason
        spool.release_parked()
        clock.now += 10
        assert Packer(spool, Packing(), now_s=clock, memory_bytes=need).pack_next()
        assert first.state is State.PACKED


def test_an_instance_of_more_parcels_than_a_manifest_holds_goes_in_several_shipments(tmp_path):
    """The object moves on with the shipment that ends it; no part is left out or doubled."""
    clock = Clock()
    ds = image(1, size=256)
    ds.BitsStored, ds.HighBit, ds.NumberOfFrames = 16, 15, "70"
    ds.PixelData = np.random.default_rng(1).integers(0, 1 << 16, (70, 256, 256), dtype="<u2").tobytes()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(target_mib=0.1), now_s=clock)
        keep(spool, ds)
        clock.now += 10
        packer.pack_next()
        parcels = [shipment.facts["parcels"] for shipment in spool.shipments.values()]
        parts = [instance["part"] for group in parcels for parcel in group for instance in parcel["instances"]]
        assert max(map(len, parcels)) == MAX_PARCELS
        assert parts == list(range(parcels[0][0]["instances"][0]["parts"]))
        assert [len(shipment.members) for shipment in spool.shipments.values()][-1] == 1
        assert spool.items[0].state is State.PACKED


def test_a_series_of_more_objects_than_a_manifest_may_list_goes_in_several(tmp_path):
    """Tens of thousands of tiny images fill no parcel; none waits for a time that a steady stream never leaves."""
    clock = Clock()
    with opened(tmp_path / "spool", clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock, batch_objects=3)
        for number in range(7):
            keep(spool, image(number, size=4))
        while packer.pack_next():  # not quiet yet
            pass
        assert [len(shipment.members) for shipment in spool.shipments.values()] == [3, 3]
        clock.now += 10
        while packer.pack_next():
            pass
        assert [len(shipment.members) for shipment in spool.shipments.values()] == [3, 3, 1]
        listed = [len(p["instances"]) for s in spool.shipments.values() for p in s.facts["parcels"]]
        assert max(listed) <= 3
        assert {item.state for item in spool.items.values()} == {State.PACKED}
