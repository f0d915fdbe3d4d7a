"""What goes wrong, and when: each kind of fault is one function of the world; a seed draws them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge_agent.errors import SpoolBusy, SpoolError
from tests.faults.agent import FOLDER
from tests.faults.cloud_model import Broken
from tests.faults.disk import SimulatedDisk, Weather

if TYPE_CHECKING:
    from tests.faults.simulation import Simulation

WRONG_S = (-8 * 86_400, -3600, -200, -5, 5, 200, 3600, 8 * 86_400, -20 * 365 * 86_400)


def kill(world: Simulation) -> str:
    """At one of the next calls to the disk or to the cloud; it is decided then whether the power goes, too."""
    if world.agent is None:
        return ""
    if world.rng.random() < 0.6:
        world.agent.disk.life = world.rng.randint(1, 60)
        return f"the agent dies {world.agent.disk.life} calls to the disk from now"
    world.agent.network.life = world.rng.randint(1, 6)
    return f"the agent dies {world.agent.network.life} requests from now"


def stop(world: Simulation) -> str:
    """SIGTERM, and a start later."""
    if world.agent is None:
        return ""
    world.stop_agent(release=world.rng.random() < 0.3)
    return "the agent is stopped"


def second_agent(world: Simulation) -> str:
    """On the same spool: refused, whatever the first is doing."""
    if world.agent is None:
        return ""
    before = world.machine.weather
    world.machine.weather = Weather()
    try:
        world.parts.spool(FOLDER, 1 << 30, 0, disk=SimulatedDisk(world.machine), in_background=lambda work: None)
    except SpoolBusy:
        return "a second agent is refused"
    except SpoolError as error:
        raise Broken(f"a second agent was not told that the spool is busy, but {error.code}") from None
    finally:
        world.machine.weather = before
    raise Broken("a second agent runs on the same spool")


def bad_disk(world: Simulation) -> str:
    chance = world.rng.choice((0.01, 0.05, 0.3))
    weather = world.machine.weather
    for kind in world.rng.sample(("io_error", "no_space", "sync_fails", "short_write"), world.rng.randint(1, 2)):
        setattr(weather, kind, chance)
    return f"the disk fails: {weather}"


def read_only(world: Simulation) -> str:
    """After an error the system remounts it so."""
    world.machine.weather.read_only = True
    return "the disk is read-only"


def full_disk(world: Simulation) -> str:
    left = world.rng.choice((0, 300, 3000, 30_000))
    world.machine.capacity = world.machine.used + left
    return f"somebody else fills the disk, {left} bytes are left"


def good_disk(world: Simulation) -> str:
    write_back = world.machine.weather.write_back
    world.machine.weather = Weather(write_back=write_back)
    world.machine.capacity = 1 << 30
    return "the disk is well again"


def bad_network(world: Simulation) -> str:
    world.traffic.trouble = world.rng.choice((0.05, 0.3, 0.8))
    world.traffic.slow = world.rng.choice((0.0, 0.1))
    return f"the network is bad: {world.traffic.trouble:.0%} fail"


def cut(world: Simulation) -> str:
    world.traffic.down = True
    return "the network is cut"


def good_network(world: Simulation) -> str:
    world.traffic.trouble, world.traffic.slow, world.traffic.down = 0.0, 0.0, False
    return "the network is well again"


def bad_cloud(world: Simulation) -> str:
    world.cloud.loses, world.cloud.quarantines = world.rng.choice(((0.3, 0.0), (0.0, 0.3), (0.2, 0.1)))
    return f"the cloud loses {world.cloud.loses:.0%} of its messages and quarantines {world.cloud.quarantines:.0%}"


def good_cloud(world: Simulation) -> str:
    world.cloud.loses, world.cloud.quarantines = 0.0, 0.0
    return "the cloud is well again"


def restart_cloud(world: Simulation) -> str:
    world.cloud.restart()
    return "the cloud is killed and starts again"


def wrong_clock(world: Simulation) -> str:
    world.clock.wrong_s = world.rng.choice(WRONG_S)
    world.injected["clock: jumps " + ("backwards" if world.clock.wrong_s < 0 else "forwards")] += 1
    return f"the clock is {world.clock.wrong_s} s off"


def right_clock(world: Simulation) -> str:
    world.clock.wrong_s = 0.0
    return "the clock is right again"


def long_wait(world: Simulation) -> str:
    """Tokens and grants expire, what was confirmed is overdue."""
    world.clock.passes(world.rng.choice((30.0, 130.0, 700.0, 1000.0)))
    return "time passes"


FAULTS: dict[Callable[[Simulation], str], int] = {
    kill: 12,
    stop: 2,
    second_agent: 1,
    bad_disk: 4,
    read_only: 1,
    full_disk: 3,
    good_disk: 7,
    bad_network: 4,
    cut: 2,
    good_network: 5,
    bad_cloud: 2,
    good_cloud: 2,
    restart_cloud: 2,
    wrong_clock: 3,
    right_clock: 2,
    long_wait: 3,
}
