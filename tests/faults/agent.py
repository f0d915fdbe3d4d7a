"""One life of the agent's process: the real spool, packer, uploader, completeness and heartbeat on a simulated machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from edge_agent import config
from edge_agent.cloud import Cloud
from edge_agent.completeness import Completeness
from edge_agent.heartbeat import Heartbeat
from edge_agent.identity import Identity, new_key
from edge_agent.packer import Packer
from edge_agent.spool.slots import Keeping
from edge_agent.spool.store import Spool
from edge_agent.uploader import Uploader
from tests.agent.cloud_server import AGENT, KEY, TENANT
from tests.faults.clock import Clock
from tests.faults.corpus import PARCEL_MIB
from tests.faults.disk import SimulatedDisk
from tests.faults.network import ORIGIN, SimulatedNetwork

FOLDER = Path("/spool")
KEEPING = Keeping(budget_bytes=20_000, made_bytes=900, smallest_bytes=600, largest_bytes=4000)  # as our objects are small


@dataclass(frozen=True, slots=True)
class Parts:
    """What the agent is made of. Tests of the simulator itself put a broken one in."""

    disk: type[SimulatedDisk] = SimulatedDisk
    spool: type[Spool] = Spool
    packer: type[Packer] = Packer
    uploader: type[Uploader] = Uploader
    cloud: type[Cloud] = Cloud


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the spool, in bytes."""

    max_bytes: int
    min_free_bytes: int


@dataclass(slots=True)
class Actor:
    """Something that takes turns. busy: in the middle of one, further out on the stack."""

    name: str
    turn: Callable[[], object]
    busy: bool = False


@cache
def identity() -> Identity:
    return Identity(TENANT, AGENT, KEY, "", "Asia/Shanghai", new_key())


@dataclass(slots=True)
class Agent:
    """Started by `start`; from then on it does what its actors do."""

    disk: SimulatedDisk
    network: SimulatedNetwork
    spool: Spool
    packer: Packer
    uploader: Uploader
    completeness: Completeness
    heartbeat: Heartbeat
    ahead: deque[Callable[[], object]]
    actors: list[Actor] = field(default_factory=list)

    def prepare_ahead(self) -> None:
        if self.ahead:
            self.ahead.popleft()()


def start(
    disk: SimulatedDisk, network: SimulatedNetwork, clock: Clock, chance: Callable[[], float], limits: Limits, parts: Parts
) -> Agent:
    """Raises SpoolError, Killed."""
    ahead: deque[Callable[[], object]] = deque()
    spool = parts.spool(
        FOLDER,
        limits.max_bytes,
        limits.min_free_bytes,
        wall_s=clock.wall_s,
        now_s=clock.now_s,
        disk=disk,
        in_background=ahead.append,
    )
    spool.prepare(KEEPING)
    who, now_s = identity(), clock.now_s
    cloud = parts.cloud(f"{ORIGIN}/api", who, wall_s=clock.wall_s, http=network)
    packer = parts.packer(spool, config.Packing(target_mib=PARCEL_MIB), now_s=now_s, max_parcels=1, batch_objects=4, pause_s=0.0)
    uploader = parts.uploader(spool, cloud, who, config.Upload(), now_s=now_s, chance=chance)
    completeness = Completeness(spool, config.Completeness(), now_s=now_s)
    heartbeat = Heartbeat(spool, cloud, uploader.trouble, 60.0)
    agent = Agent(disk, network, spool, packer, uploader, completeness, heartbeat, ahead)
    agent.actors = [
        *(Actor(f"packer {number}", packer.turn) for number in (1, 2)),
        *(Actor(f"uploader {number}", uploader.send_turn) for number in (1, 2, 3)),
        Actor("asker", uploader.ask_turn),
        Actor("completeness", completeness.turn),
        Actor("heartbeat", heartbeat.turn),
        Actor("slots", agent.prepare_ahead),
    ]
    return agent
