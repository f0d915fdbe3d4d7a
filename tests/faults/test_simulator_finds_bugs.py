"""The simulator against agents that are broken on purpose: each classic mistake must be found, or the simulator is of no use."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from edge_agent.cloud import Cloud, Grant
from edge_agent.errors import CloudUnreachable, SpoolFull
from edge_agent.spool.disk import discard
from edge_agent.spool.incoming import Incoming
from edge_agent.spool.model import Item, Shipment
from edge_agent.spool.records import Head, RecordKind
from edge_agent.spool.states import Event
from edge_agent.spool.store import Spool
from tests.faults.agent import Parts
from tests.faults.disk import SimulatedDisk
from tests.faults.simulation import Simulation, Violated

WITHIN = 150  # seeds


class NeverSynced(SimulatedDisk):
    """Success is answered before an object's bytes are stable."""

    def sync(self, fd: int) -> None:
        if not self._file(fd)[1].endswith(".obj"):
            super().sync(fd)


class NamesNeverSynced(SimulatedDisk):
    """Files are prepared, and their names not made stable."""

    def sync_folder(self, folder):
        if "objects" not in str(folder):
            super().sync_folder(folder)


class DeletedTooEarly(Spool):
    """The object's file goes as soon as the cloud said yes, the record of it comes afterwards, if at all."""

    def advance(self, shipment: Shipment, event: Event, reason: str = "", digest: str = "") -> None:
        if event is Event.INDEXED:
            self.disk.remove_folder(self.shipment_folder(shipment.number))
            for number in shipment.members:
                discard(self.object_path(number), self.disk)
        super().advance(shipment, event, reason, digest)


class ShipmentForgotten(Spool):
    """What is in a shipment is not journaled before it is sent."""

    def _append(self, kind, payload, sync=False):
        if kind not in (RecordKind.SHIPMENT, RecordKind.SHIPPED):
            super()._append(kind, payload, sync)


class ThereMeansFailed(Cloud):
    """412 is taken for a failure."""

    def put(self, grant: Grant, data: bytes) -> bool:
        if not super().put(grant, data):
            raise CloudUnreachable(route="vault", reason="412")
        return True


class FullMeansDropped(Spool):
    """The sender is told success although the disk was full."""

    def begin(self) -> Incoming:
        try:
            return super().begin()
        except SpoolFull:
            return Dropped(self)


class Dropped(Incoming):
    """Takes everything and keeps nothing."""

    def __init__(self, spool: Spool) -> None:
        self._spool, self.written, self._data = spool, 0, b""

    def write(self, data: memoryview) -> None:
        self._data += bytes(data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self._data).hexdigest()

    def commit(self, head: Head) -> Item | None:
        return None

    def drop(self) -> None:
        """Nothing was kept."""


class SilentlyFull(Spool):
    """Nobody is told that the cache is full."""

    def begin(self) -> Incoming:
        try:
            return super().begin()
        finally:
            self.room.full = False


class StatusAsleep(SimulatedDisk):
    """What `status` reads is never renewed."""

    def rename(self, source: Path, target: Path) -> None:
        if target.name != "state.json" or self.size(target) is None:
            super().rename(source, target)


MISTAKES = {
    "acknowledged before it is synced": Parts(disk=NeverSynced),
    "names that are not synced": Parts(disk=NamesNeverSynced),
    "a sent object's file deleted before that is journaled": Parts(spool=DeletedTooEarly),
    "a shipment that is not journaled before its first put": Parts(spool=ShipmentForgotten),
    "412 counted as a failure": Parts(cloud=ThereMeansFailed),
    "dropped when the disk is full": Parts(spool=FullMeansDropped),
    "full, and nobody is told": Parts(spool=SilentlyFull),
    "full, and status does not say so": Parts(disk=StatusAsleep),
}


def run_many(parts: Parts) -> None:
    for seed in range(WITHIN):
        Simulation(seed, parts).run()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_classic_mistake_is_found(mistake):
    """A test that cannot fail proves nothing."""
    with pytest.raises(Violated) as found:
        run_many(MISTAKES[mistake])
    assert f"--seed {found.value.seed} --trace" in str(found.value)
