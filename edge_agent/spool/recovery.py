"""Start of a spool after a stop, clean or not (FORMAT.md §3): every promise is kept, what was never promised is removed."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent import log
from edge_agent.errors import ObjectDamaged, SpoolUnwritable
from edge_agent.spool import journal
from edge_agent.spool.disk import write_all
from edge_agent.spool.model import DECLARATION, DOCUMENTS, Declaration, Item, Shipment
from edge_agent.spool.port import REAL, Disk
from edge_agent.spool.records import HEAD_BYTES, Head, LaterHead, NotAHead, ObjectKind, Record, RecordKind
from edge_agent.spool.slots import BATCH, object_files, object_path
from edge_agent.spool.states import Event, State, step

OWN_FILES = ("heads", "low", "rest")  # of a shipment; reports' files are objects of the spool
_CHUNK = 1 << 20


@dataclass(slots=True)
class Memory:
    """What a journal says. names: series UID (or study UID) → the cloud's keyed name."""

    items: dict[int, Item] = field(default_factory=dict)
    shipments: dict[int, Shipment] = field(default_factory=dict)
    declared: dict[str, Declaration] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    next_object: int = 0
    next_shipment: int = 0

    def bytes_on_disk(self) -> int:
        """Data of objects that are not sent yet, and of the shipments' own files."""
        objects = sum(item.head.data_bytes for item in self.items.values() if item.state is not State.SENT)
        return objects + sum(
            file.bytes for shipment in self.shipments.values() for file in shipment.files if file.kind in OWN_FILES
        )

    def forget(self, number: int, now_ms: int) -> None:
        """A sent object is remembered no more, but of an image the mark by which a repeat is known from a late one."""
        item = self.items.pop(number, None)
        if item is not None and item.head.kind is ObjectKind.DICOM:
            self.declared.setdefault(item.head.study_uid, Declaration({}, now_ms)).forget(item.head)

    def carry(self, shipment: Shipment, state: State, reason: str, now_ms: int) -> list[Shipment]:
        """Put a shipment and its members into `state`; returns the shipments that ended by it.

        Sent or unmade, a shipment ends. Unmade, those that hold the rest of its last object end with it: they were not sent
        yet, and the object is packed as a whole again.
        """
        shipment.state, shipment.reason, shipment.moved_ms = state, reason, now_ms
        ends = state in (State.SENT, State.SPOOLED)
        for number in shipment.members:
            item = self.items[number]
            if item.shipment == shipment.number:
                item.state, item.reason, item.moved_ms = state, reason, now_ms
                item.shipment = None if ends else shipment.number
        if not ends:
            return []
        del self.shipments[shipment.number]
        ended = [shipment]
        declared = self.declared.get(shipment.facts["study_uid"]) if shipment.kind == DECLARATION else None
        if declared is not None and state is State.SENT:
            declared.at_ms = now_ms  # the clock is right when the cloud answers; it may not have been when this was declared
        if state is State.SPOOLED:
            if declared is not None:
                declared.again = True
            for follower in [each for each in self.shipments.values() if each.after == shipment.number]:
                ended += self.carry(follower, step(follower.state, Event.UNMADE).state, "", now_ms)
        return ended


def replay(records: list[Record]) -> Memory:
    """The state that these records lead to. Pure."""
    memory = Memory()
    for record in records:
        _replay_one(memory, record)
    return memory


def _replay_one(memory: Memory, record: Record) -> None:
    payload, kind = record.payload, record.kind
    if kind is RecordKind.OBJECT:
        item = Item.from_payload(payload, record.time_ms)
        memory.items[item.number] = item
        memory.next_object = max(memory.next_object, item.number + 1)
    elif kind is RecordKind.MOVED:
        moved = memory.items.get(payload["number"])
        if moved is not None:
            moved.state, moved.reason, moved.moved_ms = State(payload["state"]), payload["reason"], record.time_ms
    elif kind is RecordKind.SHIPMENT:
        shipment = Shipment.from_payload(payload, record.time_ms)
        shipment.members = tuple(number for number in shipment.members if number in memory.items)
        memory.shipments[shipment.number] = shipment
        memory.next_shipment = max(memory.next_shipment, shipment.number + 1)
        for number in shipment.members:
            memory.items[number].shipment = shipment.number
            memory.items[number].state = shipment.state
    elif kind is RecordKind.SHIPPED:
        shipped = memory.shipments.get(payload["number"])
        if shipped is not None:
            shipped.digest = payload.get("digest", shipped.digest)
            memory.carry(shipped, State(payload["state"]), payload["reason"], record.time_ms)
    elif kind is RecordKind.NAMED:
        memory.names.update(payload["names"])
    elif kind is RecordKind.DECLARED:
        study_uid = payload["study_uid"]
        memory.declared[study_uid] = Declaration.from_payload(payload, record.time_ms, memory.declared.get(study_uid))
    elif kind is RecordKind.FORGOTTEN:
        memory.forget(payload["number"], record.time_ms)
    else:
        memory.next_object = max(memory.next_object, payload["object"])
        memory.next_shipment = max(memory.next_shipment, payload["shipment"])


def recover(folder: Path, now_ms: int, disk: Disk = REAL) -> tuple[journal.Journal, Memory]:
    """Read the journal, look at every file, and put right what a crash left. Raises SpoolUnwritable."""
    records, _ = journal.read(folder / "journal", disk)
    memory = replay(records)
    book = journal.Journal(folder / "journal", disk)
    book.rewrite(records)  # as with objects below: what tells that a file may go could be in the page cache only
    objects = folder / "objects"
    seen: dict[int, Path] = {}
    adopted = set()
    for number, path in object_files(objects, disk):
        seen[number] = path
        memory.next_object = max(memory.next_object, number + 1)
        known = memory.items.get(number)
        if known is None:
            _adopt(memory, number, path, now_ms, disk)
            adopted.add(number)
        elif known.state is State.SENT:
            disk.unlink(path)
        elif (disk.size(path) or 0) < HEAD_BYTES + known.head.data_bytes:
            _damaged(memory, known, "it is shorter than its head says")
    for item in memory.items.values():
        if item.number not in seen and item.state not in (State.SENT, State.PARKED):
            _damaged(memory, item, "its file is missing")
    _drop_repeats(memory, seen, adopted, disk)
    memory.next_object = -(-memory.next_object // BATCH) * BATCH
    _look_at_shipments(memory, folder / "shipments", now_ms, disk)
    return book, memory


def _adopt(memory: Memory, number: int, path: Path, now_ms: int, disk: Disk) -> None:
    """A file that the journal does not know: written just before the crash, or left over."""
    try:
        head = Head.unpack(disk.read(path, 0, HEAD_BYTES), number)
    except NotAHead:
        step(State.WRITING, Event.RESTARTED)
        disk.unlink(path)
        return
    except LaterHead:
        raise SpoolUnwritable(folder=path.parents[2], reason="a later version wrote images here; not touched") from None
    digest = _rewritten(path, head, disk)
    memory.items[number] = Item(number, head, step(State.WRITING, Event.SYNCED).state, now_ms)
    if digest != head.sha256:
        _damaged(memory, memory.items[number], "its bytes are not what its head says")


def _rewritten(path: Path, head: Head, disk: Disk) -> str:
    """SHA-256 of the data, hex; what was read is stable then.

    A process that was killed may have written and not synced it, or failed to: then only the page cache holds it, and takes
    a sync for needless. Only what is written again is sure to reach the disk.
    """
    digest, at, end = hashlib.sha256(), 0, HEAD_BYTES + head.data_bytes
    fd = disk.open(path, os.O_RDWR)
    try:
        while chunk := disk.read(path, at, min(_CHUNK, end - at)):
            digest.update(chunk if at else chunk[HEAD_BYTES:])
            write_all(disk, fd, chunk, at)
            at += len(chunk)
        disk.sync(fd)
    finally:
        disk.close(fd)
    return digest.hexdigest()


def _drop_repeats(memory: Memory, paths: dict[int, Path], adopted: set[int], disk: Disk) -> None:
    """Of an object that came twice at the same time, or again after a power cut had torn it, one whole file is enough."""
    doubtful = {number for number, item in memory.items.items() if item.state is State.PARKED and item.shipment is None}
    kept = {item.identity for number, item in memory.items.items() if number not in adopted | doubtful}
    for number in sorted((adopted | doubtful) & memory.items.keys(), key=lambda number: number in doubtful):
        item = memory.items[number]
        if item.identity in kept:
            if number in paths:  # else it went at an earlier start, which could not write the journal
                disk.unlink(paths[number])
            del memory.items[number]
        elif number not in doubtful:
            kept.add(item.identity)


def _damaged(memory: Memory, item: Item, reason: str) -> None:
    if item.shipment is not None:
        shipment = memory.shipments[item.shipment]
        if shipment.kind not in DOCUMENTS:  # its parcels hold all that is needed
            return
        memory.carry(shipment, State.SPOOLED, "", item.moved_ms)
    item.state, item.reason = State.PARKED, reason
    log.failure("object_damaged", ObjectDamaged(number=item.number, reason=reason), study_uid=item.head.study_uid)


def _look_at_shipments(memory: Memory, folder: Path, now_ms: int, disk: Disk) -> None:
    for shipment in list(memory.shipments.values()):
        if shipment.number not in memory.shipments:  # ended with one before it
            continue
        shipment.state = step(shipment.state, Event.RESTARTED).state
        own = [file for file in shipment.files if file.kind in OWN_FILES]
        paths = {folder / f"{shipment.number:08x}" / file_name(file.kind, file.sha256): file.bytes for file in own}
        whole = all(disk.size(path) == size for path, size in paths.items())
        if not whole and shipment.state is State.PACKED:
            memory.carry(shipment, step(shipment.state, Event.UNMADE).state, "", now_ms)
        else:
            for number in shipment.members:
                memory.items[number].state = shipment.state
    known = {f"{number:08x}" for number in memory.shipments}
    for name in disk.names(folder):
        if not re.fullmatch(r"[0-9a-f]{8}", name):  # somebody else's: left alone
            continue
        memory.next_shipment = max(memory.next_shipment, int(name, 16) + 1)
        if name not in known:
            disk.remove_folder(folder / name)


def file_name(kind: str, sha256: str) -> str:
    """Name of one of a shipment's own files in its folder."""
    return f"{sha256}.{kind}"


__all__ = ["OWN_FILES", "Memory", "file_name", "object_path", "recover", "replay"]
