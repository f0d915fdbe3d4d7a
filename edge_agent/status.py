"""`status`: what the spool holds. Reads the journal only, so it is safe beside a running agent."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge_agent import __version__, folders, identity
from edge_agent.config import Settings
from edge_agent.errors import FolderUnusable, NotEnrolled
from edge_agent.spool import disk, journal
from edge_agent.spool.port import REAL
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.recovery import Memory, replay
from edge_agent.spool.room import disk_is_full, is_full
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from edge_agent.stopped import agent_stopped

_PACKED = (State.PACKED, State.SENDING, State.UPLOADED, State.SENT)
_SENT = (State.UPLOADED, State.SENT)


@dataclass(slots=True)
class StudyCounts:
    """Objects of one study that were received, and how far they came. declared: instances told to the cloud."""

    study_uid: str
    received: int = 0
    packed: int = 0
    sent: int = 0
    indexed: int = 0
    parked: int = 0
    declared: int | None = None

    @property
    def is_delivered(self) -> bool:
        """The cloud has all of it, and has been told how much that is."""
        return self.indexed == self.received and not self.is_undeclared

    @property
    def is_undeclared(self) -> bool:
        return self.declared is None or self.declared < self.received


@dataclass(frozen=True, slots=True)
class View:
    """Everything that `status` tells."""

    version: str
    running: int | None  # process id
    identity: dict[str, str] | None
    states: dict[str, int]
    studies: list[StudyCounts]
    reports: dict[str, int]
    shipments: dict[str, int]
    parked: list[dict[str, Any]]
    overdue: list[dict[str, Any]]  # confirmed long ago and not yet indexed
    spool_bytes: int  # of received objects that are not delivered and of the parcels made of them; the limit is for this sum
    max_bytes: int
    free_bytes: int
    full: bool
    disk_full: bool  # it is the disk and not the limit
    trouble: dict[str, str] | None


def look(settings: Settings, wall_s: Callable[[], float] = time.time) -> View:
    """Raises SpoolUnwritable for a journal of another version, FolderUnusable where this user may not look."""
    folder = settings.spool.folder
    try:
        return _looked(settings, folder, wall_s)
    except OSError as error:
        here = error.filename if os.access(folder, os.R_OK | os.X_OK, effective_ids=True) else folder
        reason = error.strerror or type(error).__name__
        raise FolderUnusable(key="spool.folder", folder=here or folder, reason=reason) from None


def _looked(settings: Settings, folder: Path, wall_s: Callable[[], float]) -> View:
    records, _ = journal.read(folder / "journal")
    memory = replay(records)
    state = _state(folder)
    try:
        who = identity.public_facts(identity.load(folder / "identity"))
    except NotEnrolled:
        who = None
    running = disk.holder(folder)
    objects = [item for item in memory.items.values() if item.head.kind is ObjectKind.DICOM]
    reports = [item for item in memory.items.values() if item.head.kind is ObjectKind.REPORT]
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free_bytes = REAL.free_bytes(existing)
    used_bytes, spool = memory.bytes_on_disk(), settings.spool
    return View(
        version=__version__,
        running=running,
        identity=who,
        states=_by_state(item.state for item in objects),
        studies=_studies(memory),
        reports=_by_state(item.state for item in reports),
        shipments=_by_state(shipment.state for shipment in memory.shipments.values()),
        parked=_parked(memory),
        overdue=_overdue(memory, int(wall_s() * 1000)),
        spool_bytes=used_bytes,
        max_bytes=spool.max_bytes,
        free_bytes=free_bytes,
        full=is_full(used_bytes, spool.max_bytes, free_bytes, spool.min_free_bytes),
        disk_full=disk_is_full(free_bytes, spool.min_free_bytes),
        trouble=state.get("trouble") if running else None,
    )


def _state(folder: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return state


def _by_state(states: Any) -> dict[str, int]:
    counted = Counter(state.name.lower() for state in states)
    return {state.name.lower(): counted[state.name.lower()] for state in State if counted[state.name.lower()]}


def _studies(memory: Memory) -> list[StudyCounts]:
    studies: dict[str, StudyCounts] = {}
    for item in memory.items.values():
        if item.head.kind is not ObjectKind.DICOM:
            continue
        study = studies.setdefault(item.head.study_uid, StudyCounts(item.head.study_uid))
        study.received += 1
        study.packed += item.state in _PACKED
        study.sent += item.state in _SENT
        study.indexed += item.state is State.SENT
        study.parked += item.state is State.PARKED
    for uid, told in memory.declared.items():
        if uid in studies and told.counts:
            studies[uid].declared = sum(told.counts.values())
    return list(studies.values())


def _parked(memory: Memory) -> list[dict[str, Any]]:
    lone = [
        {"object": item.number, "sop_uid": item.head.sop_uid, "reason": item.reason}
        for item in memory.items.values()
        if item.state is State.PARKED and item.shipment is None
    ]
    return lone + [
        {"shipment": shipment.number, "kind": shipment.kind, "objects": len(shipment.members), "reason": shipment.reason}
        for shipment in memory.shipments.values()
        if shipment.state is State.PARKED
    ]


def _overdue(memory: Memory, now_ms: int) -> list[dict[str, Any]]:
    return [
        {
            "shipment": shipment.number,
            "kind": shipment.kind,
            "objects": len(shipment.members),
            "minutes": abs(now_ms - shipment.moved_ms) // 60_000,
        }
        for shipment in memory.shipments.values()
        if shipment.is_overdue(now_ms)
    ]


def as_json(view: View) -> str:
    return json.dumps(asdict(view), ensure_ascii=False, indent=2)


def waiting(view: View) -> dict[str, int]:
    """What the cloud does not have yet: before an agent is removed, or a spool given up, all are 0."""
    sent = State.SENT.name.lower()
    return {
        "objects": sum(count for state, count in view.states.items() if state != sent),
        "reports": sum(count for state, count in view.reports.items() if state != sent),
        "shipments": sum(view.shipments.values()),
        "studies": sum(study.is_undeclared for study in view.studies),
    }


def release(settings: Settings) -> int:
    """Let everything that is parked try again. Raises AgentRuns, FolderUnusable, SpoolUnwritable."""
    spool = _of_stopped_agent(settings)
    try:
        return spool.release_parked()
    finally:
        spool.close()


def discard_damaged(settings: Settings) -> int:
    """Give up what is parked because its bytes are damaged. Raises AgentRuns, FolderUnusable, SpoolUnwritable."""
    spool = _of_stopped_agent(settings)
    try:
        return spool.discard_damaged()
    finally:
        spool.close()


def _of_stopped_agent(settings: Settings) -> Spool:
    folders.require("spool.folder", settings.spool.folder)
    with agent_stopped():
        return Spool(settings.spool.folder, settings.spool.max_bytes, settings.spool.min_free_bytes)
