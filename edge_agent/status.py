"""`status`: what the spool holds. Reads the journal only, so it is safe beside a running agent."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge_agent import __version__, identity
from edge_agent.config import Settings
from edge_agent.errors import NotEnrolled, sentences
from edge_agent.spool import disk, journal
from edge_agent.spool.port import REAL
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.recovery import Memory, replay
from edge_agent.spool.room import is_full
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool

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
    spool_bytes: int
    free_bytes: int
    full: bool
    trouble: dict[str, str] | None


def look(settings: Settings, wall_s: Callable[[], float] = time.time) -> View:
    """Raises SpoolUnwritable for a journal of another version."""
    folder = settings.spool.folder
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
        free_bytes=free_bytes,
        full=is_full(used_bytes, spool.max_bytes, free_bytes, spool.min_free_bytes),
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
            "minutes": (now_ms - shipment.moved_ms) // 60_000,
        }
        for shipment in memory.shipments.values()
        if shipment.is_overdue(now_ms)
    ]


def as_json(view: View) -> str:
    return json.dumps(asdict(view), ensure_ascii=False, indent=2)


def as_text(view: View) -> str:
    """For people, one screen."""
    lines = [f"Lightbox agent {view.version}: " + (f"running (process {view.running})" if view.running else "not running")]
    if view.identity:
        lines.append(f"Hospital   {view.identity['hospital']} (tenant {view.identity['tenant']}), agent {view.identity['agent']}")
    else:
        lines.append("Hospital   not enrolled yet")
    lines.append(f"Disk       {view.spool_bytes / 2**20:.0f} MiB waiting, {view.free_bytes / 2**30:.1f} GiB free" + _full(view))
    lines.append("Objects    " + (", ".join(f"{count} {state}" for state, count in view.states.items()) or "none"))
    lines.append("Reports    " + (", ".join(f"{count} {state}" for state, count in view.reports.items()) or "none"))
    if view.trouble:
        zh = view.trouble.get("zh", "")
        lines.append(
            f"Trouble    {sentences(view.trouble['message'], view.trouble['hint'])}" + (f"\n           {zh}" if zh else "")
        )
    for title, entries in (("Parked", view.parked), ("Overdue", view.overdue)):
        lines += [f"{title:10} {', '.join(f'{name} {value}' for name, value in entry.items())}" for entry in entries]
    if view.studies:
        lines.append(f"{'Study':64} received  packed    sent indexed declared")
    for study in view.studies:
        declared = "-" if study.declared is None else study.declared
        lines.append(f"{study.study_uid:64} {study.received:8} {study.packed:7} {study.sent:7} {study.indexed:7} {declared:>8}")
    return "\n".join(lines)


def waiting(view: View) -> dict[str, int]:
    """What the cloud does not have yet: before an agent is removed, or a spool given up, all are 0."""
    sent = State.SENT.name.lower()
    return {
        "objects": sum(count for state, count in view.states.items() if state != sent),
        "reports": sum(count for state, count in view.reports.items() if state != sent),
        "shipments": sum(view.shipments.values()),
        "studies": sum(study.declared is None or study.declared < study.received for study in view.studies),
    }


def as_waiting(view: View) -> str:
    """One sentence for people."""
    counts = waiting(view)
    if not any(counts.values()):
        return "全部已送达云端 · the cloud has everything"
    return (
        "尚未送达：对象 {objects}、报告 {reports}、批次 {shipments}，未申报完整的检查 {studies} · "
        "still here: {objects} objects, {reports} reports, {shipments} shipments, {studies} studies not declared complete"
    ).format(**counts)


def _full(view: View) -> str:
    return ", FULL: senders are refused" if view.full else ""


def release(settings: Settings) -> int:
    """Let everything that is parked try again. Raises SpoolBusy while an agent runs."""
    spool = Spool(settings.spool.folder, settings.spool.max_bytes, settings.spool.min_free_bytes)
    try:
        return spool.release_parked()
    finally:
        spool.close()
