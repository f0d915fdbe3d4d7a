"""The spool while the agent runs: takes objects in, hands them to packer and uploader, and keeps its word over a crash.

All threads share one Spool. Its memory is the journal's content; every change goes through `states.step`, is journaled,
and then wakes those who wait on `changed`. Waking up after a crash is in recovery.py.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_agent import log
from edge_agent.errors import ObjectDamaged, SpoolUnwritable
from edge_agent.spool.disk import SpoolLock, make_folder, refusals_told
from edge_agent.spool.incoming import Incoming
from edge_agent.spool.model import DECLARATION, Declaration, File, Item, Shipment
from edge_agent.spool.port import REAL, Disk
from edge_agent.spool.queue import PackingQueue
from edge_agent.spool.records import HEAD_BYTES, Head, ObjectKind, Record, RecordKind
from edge_agent.spool.recovery import OWN_FILES, recover
from edge_agent.spool.room import Room
from edge_agent.spool.slots import SHARE, Keeping, Slots, in_thread
from edge_agent.spool.states import Event, State, step

_COMPACT_AT = 32 << 20
_NOT_JOURNALED = (Event.PICKED, Event.TIMED_OUT)  # a crash between PACKED and SENDING makes no difference


class Spool:
    """One folder, one agent. A second one gets SpoolBusy."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        min_free_bytes: int,
        wall_s: Callable[[], float] = time.time,
        now_s: Callable[[], float] = time.monotonic,
        disk: Disk = REAL,
        in_background: Callable[[Callable[[], object]], None] = in_thread,
    ) -> None:
        """Take the lock, recover, compact. Raises SpoolBusy, SpoolUnwritable.

        in_background: calls what it is given at another time.
        """
        self.folder, self.disk = folder, disk
        self._wall_s, self._now_s = wall_s, now_s
        with refusals_told(folder):
            make_folder(folder, disk)
            self._lock = SpoolLock(folder, disk)
        try:
            with refusals_told(folder):
                self._journal, self._memory = recover(folder, self.now_ms(), disk)
            memory = self._memory
            self.items, self.shipments = memory.items, memory.shipments
            self.declared, self.names = memory.declared, memory.names
            self._next_shipment = memory.next_shipment
            self._slots = Slots(folder / "objects", memory.next_object, disk, in_background)
            self.changed = threading.Condition(threading.RLock())
            self.room = Room(folder, max_bytes, min_free_bytes, disk.free_bytes, now_s, self._slots)
            self.queue = PackingQueue()
            self.arrived_s: dict[str, float] = {}
            self._changed_studies = {study for study, told in self.declared.items() if told.again or told.is_short}
            self._known: dict[tuple[str, str], int] = {}
            self._owed: deque[Record] = deque()  # records of promised objects that the disk did not take yet
            for item in self.items.values():
                self._know(item)
            self.room.add(memory.bytes_on_disk())
            self._compact()
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Make everything stable and let go of the folder."""
        with self.changed:
            self._slots.close()
            self._journal.close()
            self._lock.release()

    def now_ms(self) -> int:
        return int(self._wall_s() * 1000)

    # -- receiving

    def prepare(self, keeping: Keeping) -> None:
        """Keep object files ready that cost less to write into (slots.py), on top of `max_bytes`, where the disk has room."""
        spare_bytes = self.disk.free_bytes(self.folder) - self.room.min_free_bytes
        self._slots.keep(replace(keeping, budget_bytes=max(0, min(keeping.budget_bytes, spare_bytes // SHARE))))

    def begin(self) -> Incoming:
        """A prepared file for one object. Raises SpoolFull, SpoolUnwritable."""
        self.room.check()
        slot = self._slots.take()
        with refusals_told(self.folder):
            return Incoming(slot, self._slots.path(slot.number), self, self.disk)

    def promise(self, number: int, head: Head) -> Item | None:
        """The object's file is synced: know it, journal it, wake the packer. None when it was known already."""
        state = step(State.WRITING, Event.SYNCED).state
        with self.changed:
            if self.holds(head.sop_uid, head.sha256):
                return None
            item = Item(number, head, state, head.received_ms)
            self._owed.append(Record(RecordKind.OBJECT, head.received_ms, item.payload()))
            try:
                self._pay()
            except SpoolUnwritable as error:  # the file itself is the promise; the record is written with the next one
                log.failure("journal_unwritable", error, number=number)
            self.items[number] = item
            self.room.add(head.data_bytes)
            if self._know(item):
                self.changed.notify_all()
            return item

    def holds(self, sop_uid: str, sha256: str) -> bool:
        """Whether this very object was received before and is not given up."""
        with self.changed:
            number = self._known.get((sop_uid, sha256))
            return number is not None and self.items[number].state is not State.PARKED

    def held(self, sop_uid: str, sha256: str) -> Item | None:
        """The object with this identity, in whatever state, or None."""
        with self.changed:
            number = self._known.get((sop_uid, sha256))
            return None if number is None else self.items[number]

    def put(self, kind: ObjectKind, data: bytes) -> Item:
        """Keep a whole small object (a report); stable on return. The same bytes again give the object there is."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.holds("", digest):
            incoming = self.begin()
            try:
                incoming.write(memoryview(data))
            except BaseException:
                incoming.drop()
                raise
            incoming.commit(Head(kind, len(data), self.now_ms(), digest))
        return self.items[self._known["", digest]]

    # -- packing

    def read(self, item: Item) -> bytes:
        """An object's data, its SHA-256 checked. Raises ObjectDamaged."""
        try:
            data = self.disk.read(self.object_path(item.number), HEAD_BYTES, item.head.data_bytes)
        except OSError as error:
            raise ObjectDamaged(number=item.number, reason=error.strerror) from None
        if hashlib.sha256(data).hexdigest() != item.head.sha256:
            raise ObjectDamaged(number=item.number, reason="its SHA-256 is not that of its receipt")
        return data

    def object_path(self, number: int) -> Path:
        return self._slots.path(number)

    def shipment_folder(self, number: int) -> Path:
        return self.folder / "shipments" / f"{number:08x}"

    def new_shipment_number(self) -> int:
        with self.changed:
            self._next_shipment += 1
            return self._next_shipment - 1

    def seal(
        self,
        number: int,
        kind: str,
        members: Iterable[Item],
        files: Iterable[File],
        facts: dict[str, Any],
        after: int | None = None,
    ) -> Shipment:
        """A shipment's files are stable in its folder: journal its membership, synced, before anything of it is sent."""
        with self.changed:
            members, files = list(members), tuple(files)
            numbers = tuple(item.number for item in members)
            shipment = Shipment(number, kind, State.PACKED, self.now_ms(), numbers, files, facts, after)
            states = [step(item.state, Event.SEALED).state for item in members]
            self._append(RecordKind.SHIPMENT, shipment.payload(), sync=True)
            for item, state in zip(members, states, strict=True):
                item.state, item.shipment = state, number
            self.shipments[number] = shipment
            self.room.add(sum(file.bytes for file in files if file.kind in OWN_FILES))
            self.changed.notify_all()
            return shipment

    def park(self, item: Item, reason: str) -> None:
        """An object outside a shipment cannot be used."""
        with self.changed:
            self._move(item, Event.DAMAGED, reason)
            self.changed.notify_all()

    # -- moving on

    def advance(self, shipment: Shipment, event: Event, reason: str = "", digest: str = "") -> None:
        """A shipment, and its members with it, moves on. Raises ImpossibleStep, changing nothing."""
        with self.changed:
            state = step(shipment.state, event).state
            if event not in _NOT_JOURNALED:
                payload = {"number": shipment.number, "state": state.value, "reason": reason}
                if digest:
                    payload["digest"] = digest
                self._append(RecordKind.SHIPPED, payload, sync=state is State.SENT)
            shipment.digest = digest or shipment.digest
            for ended in self._memory.carry(shipment, state, reason, self.now_ms()):
                self.disk.remove_folder(self.shipment_folder(ended.number))
                self.room.add(-sum(file.bytes for file in ended.files if file.kind in OWN_FILES))
                for item in (self.items[number] for number in ended.members):
                    self._delete(item) if item.state is State.SENT else self.queue.add(item, 0.0)
                if ended.kind == DECLARATION and state is State.SPOOLED:
                    self._changed_studies.add(ended.facts["study_uid"])
            self.changed.notify_all()

    def name(self, names: dict[str, str]) -> None:
        """Remember the cloud's names of studies and series, by UID."""
        with self.changed:
            if names.items() <= self.names.items():
                return
            self._append(RecordKind.NAMED, {"names": names})
            self.names.update(names)
            self.changed.notify_all()

    def declare(self, study_uid: str, counts: dict[str, int]) -> None:
        """Remember what was declared of a study, so that it is declared again only when it changed."""
        with self.changed:
            self._append(RecordKind.DECLARED, {"study_uid": study_uid, "counts": counts}, sync=True)
            before = self.declared.get(study_uid)
            self.declared[study_uid] = Declaration(counts, self.now_ms(), forgotten=before.forgotten if before else {})
            self.settle(study_uid)

    def settle(self, study_uid: str) -> None:
        """What was declared of the study is what is held of it."""
        self._changed_studies.discard(study_uid)

    def undeclared(self) -> frozenset[str]:
        """Studies of which something came, or whose declaration was not taken, since they were declared last."""
        return frozenset(self._changed_studies)

    def release_parked(self) -> int:
        """Let everything that is parked try again; returns how many shipments and lone objects.

        An object whose bytes are damaged stays: if it counted as held, the image would not be taken when it comes again.
        """
        with self.changed:
            shipments = [shipment for shipment in self.shipments.values() if shipment.state is State.PARKED]
            for shipment in shipments:
                self.advance(shipment, Event.RELEASED)
            members = [self.items[number] for shipment in shipments for number in shipment.members]
            for item in members:
                if item.state is State.SPOOLED and not self._is_whole(item):
                    self._move(item, Event.DAMAGED, "its bytes are damaged")
            items = [item for item in self.items.values() if item.state is State.PARKED and self._is_whole(item)]
            for item in items:
                self._move(item, Event.RELEASED, "")
                self.queue.add(item, 0.0)
            self.changed.notify_all()
            return len(shipments) + len(items)

    def discard_damaged(self) -> int:
        """Give up the parked objects whose bytes are damaged; returns how many. Raises SpoolUnwritable.

        Their files are gone for good before the journal is without them: the next start would take them up again.
        """
        with self.changed:
            lone = [item for item in self.items.values() if item.state is State.PARKED and item.shipment is None]
            damaged = [item for item in lone if not self._is_whole(item)]
            with refusals_told(self.folder):
                self._slots.remove_stably(item.number for item in damaged)
            for item in damaged:
                step(item.state, Event.DISCARDED)
                self._unknow(item)
                del self.items[item.number]
                self.room.add(-item.head.data_bytes)
            if damaged:
                self._compact()
            return len(damaged)

    def _is_whole(self, item: Item) -> bool:
        try:
            self.read(item)
        except ObjectDamaged as error:
            log.failure("object_damaged", error, study_uid=item.head.study_uid)
            return False
        return True

    def forget(self, older_than_ms: int, declared_before_ms: int = 0) -> int:
        """Drop the memory of what was sent before; returns how many objects. Raises SpoolUnwritable.

        That their files are gone is made stable first: one that the disk had not let go of, or that came back after a power cut,
        would be taken up as new and sent twice.

        What was declared of a study, and marks of what was sent, stay much longer, until `declared_before_ms`: its counts must
        never shrink, and an image that comes later must raise them unless it is a repeat. What is still to be declared or sent
        needs both, and the cloud's names, whatever the clock says.
        """
        with self.changed:
            old = [i for i in self.items.values() if i.state is State.SENT and i.moved_ms < older_than_ms]
            with refusals_told(self.folder):
                self._slots.remove_stably(item.number for item in old)
            for item in old:
                step(item.state, Event.EXPIRED)
                self._append(RecordKind.FORGOTTEN, {"number": item.number})
                self._unknow(item)
                self._memory.forget(item.number, self.now_ms())
            kept = {uid for item in self.items.values() for uid in (item.head.study_uid, item.head.series_uid)}
            for uid in self.arrived_s.keys() - kept:
                del self.arrived_s[uid]
            kept |= self._changed_studies.union(*(shipment.uids for shipment in self.shipments.values()))
            for uid in [uid for uid, told in self.declared.items() if uid not in kept and told.at_ms < declared_before_ms]:
                del self.declared[uid]
            kept |= {uid for study, told in self.declared.items() for uid in (study, *told.counts, *told.forgotten)}
            for uid in self.names.keys() - kept:
                del self.names[uid]
            if self._journal.size > self._compact_at:
                self._compact()
            return len(old)

    # -- inside

    def _move(self, item: Item, event: Event, reason: str) -> None:
        state = step(item.state, event).state
        self._append(RecordKind.MOVED, {"number": item.number, "state": state.value, "reason": reason})
        item.state, item.reason, item.moved_ms = state, reason, self.now_ms()

    def _know(self, item: Item) -> bool:
        """Enter an object into the indexes by identity, study and series. True when the packer should look."""
        head = item.head
        self._known[head.sop_uid, head.sha256] = item.number
        if head.kind is ObjectKind.DICOM:
            self.arrived_s[head.study_uid] = self._now_s()
            self._changed_studies.add(head.study_uid)
        return item.state is State.SPOOLED and self.queue.add(item, self._now_s())

    def _unknow(self, item: Item) -> None:
        if self._known.get(item.identity) == item.number:
            del self._known[item.identity]

    def _delete(self, item: Item) -> None:
        self._slots.give_back(item.number)
        self.room.add(-item.head.data_bytes)

    def _append(self, kind: RecordKind, payload: dict[str, Any], sync: bool = False) -> None:
        """Raises SpoolUnwritable; then the record is not in the journal, and nothing may change in memory."""
        if self._journal.doubtful:
            self._compact()
        self._pay()
        self._journal.append(Record(kind, self.now_ms(), payload), sync)

    def _pay(self) -> None:
        while self._owed:
            self._journal.append(self._owed[0])
            self._owed.popleft()

    def _compact(self) -> None:
        """Rewrite the journal as what is known now."""
        now_ms = self.now_ms()
        records = [Record(RecordKind.SNAPSHOT, now_ms, {"object": self._slots.next_number, "shipment": self._next_shipment})]
        records += [Record(RecordKind.OBJECT, item.moved_ms, item.payload()) for item in self.items.values()]
        records += [Record(RecordKind.SHIPMENT, s.moved_ms, s.payload()) for s in self.shipments.values()]
        records += [Record(RecordKind.DECLARED, told.at_ms, told.payload(uid)) for uid, told in self.declared.items()]
        records.append(Record(RecordKind.NAMED, now_ms, {"names": self.names}))
        self._journal.rewrite(records)
        self._owed.clear()
        self._compact_at = max(_COMPACT_AT, 2 * self._journal.size)
