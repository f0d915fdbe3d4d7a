"""A spool alone on a simulated machine, whose power may go: opened, given an image, brought all the way to the cloud."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from edge_agent.spool.model import MANIFEST
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from tests.faults.agent import FOLDER
from tests.faults.clock import Clock
from tests.faults.corpus import Thing
from tests.faults.disk import Machine, SimulatedDisk
from tests.faults.medium import Folder

CUTS = 30  # ways in which the power may go


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


def deliver(spool: Spool, thing: Thing) -> None:
    """All the way, without a cloud."""
    send(spool, thing)
    item = spool.held(*thing.key)
    assert item is not None
    shipment = spool.seal(spool.new_shipment_number(), MANIFEST, [item], (), {})
    for event in (Event.PICKED, Event.STORED, Event.INDEXED):
        spool.advance(shipment, event)


def is_whole(spool: Spool, thing: Thing) -> bool:
    item = spool.held(*thing.key)
    return item is not None and item.state is State.SPOOLED and spool.read(item) == thing.data
