"""An agent that sends, one step at a time as the test says, over real HTTP to a cloud that checks every signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.cloud import Cloud
from edge_agent.config import Packing, Upload
from edge_agent.identity import Identity, new_key
from edge_agent.packer import Packer
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from edge_agent.uploader import Uploader
from tests.agent.building import Clock, image, keep, opened
from tests.agent.cloud_server import AGENT, KEY, TENANT, CloudServer


@contextmanager
def agent(
    folder: Path, cloud: CloudServer, clock: Clock | None = None, workers: int = 1
) -> Iterator[tuple[Spool, Packer, Uploader]]:
    """A spool with packer and uploader whose steps the test takes one by one."""
    clock = clock or Clock()
    private_key = new_key()
    cloud.public_key = private_key.public_key()
    identity = Identity(TENANT, AGENT, KEY, "", "Asia/Shanghai", private_key)
    client = Cloud(f"{cloud.url}/api", identity, timeout_s=5)
    with opened(folder, clock=clock) as spool:
        packer = Packer(spool, Packing(), now_s=clock)
        uploader = Uploader(spool, client, identity, Upload(workers=workers), now_s=clock, chance=lambda: 1.0)
        try:
            yield spool, packer, uploader
        finally:
            client.close()


def spooled(spool: Spool, clock: Clock, *numbers: int) -> None:
    """Received, and quiet for long enough to be packed."""
    for number in numbers:
        keep(spool, image(number))
    clock.now += 10


def send_next(spool: Spool, uploader: Uploader) -> bool:
    """False when nothing is due."""
    with spool.changed:
        shipment = uploader._pick()
    if shipment is None:
        return False
    uploader.send(shipment)
    return True


def states(spool: Spool) -> set[State]:
    return {item.state for item in spool.items.values()}
