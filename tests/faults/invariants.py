"""What must hold: while the agent runs, at each start, and when everything has arrived. Each raises Broken."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from edge_agent.completeness import counts_of
from edge_agent.errors import ObjectDamaged
from edge_agent.spool.model import Item
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.states import State
from functions.core.imaging.parcel import ParcelDamaged
from tests.faults.agent import FOLDER
from tests.faults.cloud_model import Broken
from tests.faults.medium import Folder

if TYPE_CHECKING:
    from tests.faults.simulation import Simulation

OF_THE_CLOUD = ("held_for_a_person", "not_arrived")  # reasons to be parked that are not the agent's


def alarm_is_raised(world: Simulation) -> None:
    """After the heartbeat's turn: `status` says whether the cache is full, if the disk takes a few bytes."""
    agent = world.agent
    assert agent is not None
    weather = world.machine.weather
    if weather.io_error or weather.no_space or weather.sync_fails or weather.read_only or world.machine.capacity < 1 << 30:
        return
    with agent.disk.spared():
        told = json.loads(agent.disk.read(FOLDER / "state.json"))
    if told["full"] != agent.spool.room.full:
        raise Broken(f"the spool is {'full' if agent.spool.room.full else 'not full'}, and status says otherwise")


def _arrived(world: Simulation, key: tuple[str, str]) -> bool:
    return key[1] in world.cloud.indexed if not key[0] else key in world.cloud.instances()


def promises_are_kept(world: Simulation) -> None:
    """At a start: each acknowledged object is in the cloud's index, or here, whole, and on its way."""
    agent = world.agent
    assert agent is not None
    for key, thing in world.ledger.acknowledged.items():
        item = agent.spool.held(*key)
        if item is None:
            if not _arrived(world, key):  # else it may be forgotten: the clock jumped by more than remember_days
                raise Broken(f"{thing} was acknowledged and is lost")
        elif item.state is State.SENT:
            if not _arrived(world, key):
                raise Broken(f"{thing} counts as sent, and the cloud has not indexed it")
        elif item.state is State.PARKED:
            if item.reason not in OF_THE_CLOUD:
                raise Broken(f"{thing} was acknowledged and is parked: {item.reason or 'without a reason'}")
        elif item.state is State.SPOOLED:
            _is_whole(world, item)


def _is_whole(world: Simulation, item: Item) -> None:
    agent = world.agent
    assert agent is not None
    try:
        with agent.disk.spared():
            agent.spool.read(item)
    except ObjectDamaged as error:
        raise Broken(f"an acknowledged object is damaged: {error}") from None


def _torn(world: Simulation, item: Item) -> bool:
    """A leftover that nobody was promised, cut by the power; if the sender was answered, it was for another file."""
    if item.state is not State.PARKED or item.shipment is not None:
        return False
    return item.number not in world.ledger.numbers.get((item.head.sop_uid, item.head.sha256), ())


def is_drained(world: Simulation) -> bool:
    agent = world.agent
    assert agent is not None
    spool = agent.spool
    return (
        not any(sender.todo for sender in world.senders)
        and not spool.room.full  # noticed within a second, at the heartbeat's turn
        and not spool.shipments
        and not spool.undeclared()
        and all(item.state is State.SENT or _torn(world, item) for item in spool.items.values() if _counts(item))
        and not world.cloud.messages
    )


def _counts(item: Item) -> bool:
    """A PDF goes with its report; one that no report of this run names would wait for it."""
    return item.head.kind is not ObjectKind.REPORT_PDF


def only_a_person_can_help(world: Simulation) -> bool:
    """All that is not sent is parked, and nothing more comes: all was acknowledged, or what is parked fills the spool."""
    agent = world.agent
    assert agent is not None
    is_full = agent.spool.room.full
    if not is_full and any(sender.todo for sender in world.senders):
        return False
    held = (item for item in agent.spool.items.values() if item.state is not State.SENT)
    rest = [item for item in held if _counts(item) and (is_full or not _torn(world, item))]
    shipments = agent.spool.shipments.values()
    parked = [one for one in [*rest, *shipments] if one.state is State.PARKED]
    return (
        bool(parked)
        and all(_waits_for_parked(world, one) for one in rest)
        and all(one.state is State.PARKED or one.after in agent.spool.shipments for one in shipments)
    )


def _waits_for_parked(world: Simulation, item: Item) -> bool:
    agent = world.agent
    assert agent is not None
    shipment = agent.spool.shipments.get(item.shipment) if item.shipment is not None else None
    return item.state is State.PARKED or (shipment is not None and shipment.after in agent.spool.shipments)


def what_is_left(world: Simulation) -> str:
    agent = world.agent
    if agent is None:
        return "the agent does not start"
    spool = agent.spool
    items = [f"{item.number} {item.state.name} {item.reason}" for item in spool.items.values() if item.state is not State.SENT]
    shipments = [f"{one.number} {one.kind} {one.state.name} {one.reason}" for one in spool.shipments.values()]
    todo = {sender.name: list(sender.todo) for sender in world.senders if sender.todo}
    return f"objects {items}, shipments {shipments}, undeclared {sorted(spool.undeclared())}, senders {todo}"


def everything_arrived(world: Simulation) -> None:
    """Faults have stopped and nothing is on its way any more."""
    agent, cloud = world.agent, world.cloud
    assert agent is not None
    acknowledged = world.ledger.acknowledged
    images = {key: thing for key, thing in acknowledged.items() if thing.head.kind is ObjectKind.DICOM}
    named = cloud.instances()
    if named.keys() != images.keys():
        raise Broken(f"lost: {sorted(images.keys() - named.keys())}; never acknowledged: {sorted(named.keys() - images.keys())}")
    again = cloud.ever_quarantined()  # and so taken once more when it was sent once more, and sent twice after a release
    twice = [key for key, count in named.items() if count > world.ledger.times(key) and key not in again]
    if twice:
        raise Broken(f"not named exactly once: {twice}")
    _is_given_back(world, {thing.sha256: thing.data for thing in images.values()})
    wanted = {thing.sha256 for thing in acknowledged.values() if thing.head.kind is ObjectKind.REPORT}
    if cloud.reports() != wanted:
        raise Broken(f"reports lost: {wanted - cloud.reports()}, or more than acknowledged: {cloud.reports() - wanted}")
    _counts_agree(world, named)
    _nothing_stays_behind(world)


def _is_given_back(world: Simulation, sent: dict[str, bytes]) -> None:
    try:
        given = world.cloud.given_back()
    except ParcelDamaged as error:
        raise Broken(f"what the vault holds cannot be read: {error}") from None
    for sha256, data in sent.items():
        if given.get(sha256) != data or hashlib.sha256(given[sha256]).hexdigest() != sha256:
            raise Broken(f"{sha256} is not given back as it was received")


def _counts_agree(world: Simulation, named: Counter[tuple[str, str]] | dict[tuple[str, str], int]) -> None:
    """Distinct SOP instances per series: as the senders count, as the agent does, as it declared, as the cloud holds."""
    agent = world.agent
    assert agent is not None
    series_of = {thing.key: thing.head.series_uid for thing in world.ledger.acknowledged.values() if thing.head.series_uid}
    told = {thing.key for sender in world.senders for thing in sender.acknowledged if thing.head.series_uid}
    senders = Counter(series for series, _ in {(series_of[key], key[0]) for key in told})
    cloud = Counter(series for series, _ in {(series_of[key], key[0]) for key in named})
    by_study = counts_of(agent.spool.items.values(), agent.spool.declared)
    held = Counter({series: count for counts in by_study.values() for series, count in counts.items()})
    if not senders == held == cloud == Counter(world.cloud.declared()):
        raise Broken(f"counts differ: sent {senders}, agent {held}, declared {world.cloud.declared()}, cloud {cloud}")


def _nothing_stays_behind(world: Simulation) -> None:
    """No bytes that count as used, no files, no wrong word in what the cloud is told."""
    agent = world.agent
    assert agent is not None
    torn = [item for item in agent.spool.items.values() if _torn(world, item)]
    pdfs = [i for i in agent.spool.items.values() if not _counts(i) and i.state is not State.SENT]
    lone = {item.number: item for item in [*torn, *pdfs]}  # a PDF may be both
    left = sum(item.head.data_bytes for item in lone.values())
    if agent.spool.room.used_bytes != left:
        raise Broken(f"{agent.spool.room.used_bytes} bytes count as used, {left} are")
    if agent.spool.room.full:
        raise Broken("an empty spool says that it is full")
    facts = agent.heartbeat.facts()
    if facts["parked"] != len(torn) or facts["overdue"]:
        raise Broken(f"the cloud is told {facts}")
    world.stop_agent()
    world.start_agent()
    assert world.agent is not None
    rest = [item for item in world.agent.spool.items.values() if item.state is not State.SENT]
    if not {item.number for item in rest} <= lone.keys():
        raise Broken("after a start something is to be sent again")
    world.stop_agent()
    objects = [path for path in _files(world) if path.endswith(".obj")]
    if len(objects) != len(rest):
        raise Broken(f"files stay behind: {objects}")
    others = [path for path in _files(world) if not path.endswith(".obj") and path not in ("journal", "lock", "state.json")]
    if [path for path in others if not path.endswith(".part")]:
        raise Broken(f"files stay behind: {others}")


def _files(world: Simulation) -> list[str]:
    """Paths below the spool's folder."""
    found: list[str] = []

    def walk(folder: Folder, path: str) -> None:
        for name, child in folder.entries.items():
            if isinstance(child, Folder):
                walk(child, f"{path}{name}/")
            else:
                found.append(path + name)

    spool = world.machine.root.entries[FOLDER.name]
    assert isinstance(spool, Folder)
    walk(spool, "")
    return found
