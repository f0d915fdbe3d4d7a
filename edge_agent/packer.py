"""Turns spooled objects into shipments: a series' objects into parcels, a report into one of its own.

Nothing is sent from here. A shipment's files are stable in its folder before its membership is journaled, and that is
stable before an uploader sees it: after a crash the very same parcels are sent again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from edge_agent import log
from edge_agent.config import Packing
from edge_agent.errors import ObjectDamaged, ObjectTooLarge, SpoolUnwritable
from edge_agent.limits import BATCH_OBJECTS, MAX_PARCELS
from edge_agent.spool.disk import make_folder, write_synced
from edge_agent.spool.model import MANIFEST, REGISTRATION, REPORT, File, Item
from edge_agent.spool.recovery import file_name
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from edge_agent.workers import Workers
from functions.core.imaging.parcel import Blob, Parcel, Received, pack

_LONGEST_WAIT_S = 60.0
MEMORY_PER_BYTE, MEMORY_BESIDE = 1.6, 128 << 20  # measured: 1.5 of an instance's bytes, and 90 MB (docs/agent.md)
EXPECTED_RATIO = 3  # received bytes per packed byte (design §3); decides only when a batch is large enough


class Lot(NamedTuple):
    """One object to pack, and the items that hold it: more than one when it was sent again after it was parked."""

    received: Received
    copies: list[Item]


@dataclass(slots=True)
class Draft:
    """A shipment whose files are being written. parcels: as its manifest names them; members: items that end in it."""

    number: int
    parcels: list[dict[str, object]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    members: list[Item] = field(default_factory=list)
    is_cut: bool = False  # its last instance goes on in the next shipment

    def add(self, parcel: Parcel, copies: Mapping[tuple[str, str], Sequence[Item]]) -> None:
        self.parcels.append(_told(parcel))
        self.files += [File(blob.kind, blob.sha256, len(blob.data)) for blob in parcel.blobs]
        for instance in parcel.instances:
            self.is_cut = instance.part < instance.parts - 1
            if not self.is_cut:
                self.members += copies[instance.sop_uid, instance.sha256]


class Packer:
    """`workers` threads, each packing one series' batch at a time."""

    def __init__(
        self,
        spool: Spool,
        settings: Packing,
        now_s: Callable[[], float] = time.monotonic,
        max_parcels: int = MAX_PARCELS,
        batch_objects: int = BATCH_OBJECTS,
        pause_s: float = 5.0,
        memory_bytes: int | None = None,
    ) -> None:
        """pause_s: wait after a failure. memory_bytes: of the machine; looked up if not given."""
        self._spool, self._settings, self._now_s, self._pause_s = spool, settings, now_s, pause_s
        self._max_parcels, self._batch_objects = max_parcels, batch_objects
        self._memory_bytes = memory_bytes or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._workers = Workers("packer", settings.workers, spool.changed, self.turn, self.wait_s)

    def start(self) -> None:
        self._workers.start()

    def stop(self) -> None:
        """Finish the batch at hand, and wait for that."""
        self._workers.stop()

    def turn(self) -> bool:
        """One turn of a packing thread. False when nothing is ready; a failure is waited out. Never raises."""
        try:
            return self.pack_next()
        except SpoolUnwritable as error:
            log.failure("packing_paused", error)
        except Exception:  # this thread must live: nothing else packs
            log.surprise("packing_failed")
        self._workers.stopping.wait(self._pause_s)
        return False

    def wait_s(self) -> float:
        """How long until something may be packed, if nothing comes before. The spool's lock is held."""
        due_s = self._spool.queue.next_due_s(self._settings.quiet_s)
        return _LONGEST_WAIT_S if due_s is None else min(max(0.01, due_s - self._now_s()), _LONGEST_WAIT_S)

    def pack_next(self) -> bool:
        """Make one shipment, or several of a batch too large for one. False when nothing is ready."""
        spool, settings = self._spool, self._settings
        with spool.changed:
            report = spool.queue.take_report()
            batch_bytes = int(settings.target_mib * EXPECTED_RATIO * (1 << 20))
            ready = spool.queue.take_series
            items = [] if report else ready(self._now_s(), settings.quiet_s, batch_bytes, self._batch_objects)
        taken = [report] if report else items
        try:
            if report:
                seal_report(spool, report)
            elif items:
                self._pack_series(items)
        except BaseException:
            self._give_back(taken)
            raise
        return bool(taken)

    def _give_back(self, taken: Sequence[Item]) -> None:
        """Whatever went wrong, what was taken and is in no shipment waits to be packed again."""
        with self._spool.changed:
            for item in taken:
                if item.state is State.SPOOLED:
                    self._spool.queue.add(item, self._now_s())

    def _pack_series(self, items: Sequence[Item]) -> None:
        copies: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            if item.state is State.SPOOLED:
                copies.setdefault((item.head.sop_uid, item.head.sha256), []).append(item)
        batch = [Lot(received, same) for same in copies.values() if (received := self._read(same))]
        if not batch:
            return
        try:
            self._seal_parcels(batch)
        except SpoolUnwritable:
            raise
        except Exception:  # one bad object must not hold up its batch
            log.surprise("packing_failed", study_uid=items[0].head.study_uid, objects=len(batch))
            self._one_by_one(batch)

    def _one_by_one(self, batch: Sequence[Lot]) -> None:
        """One object spoils its batch: find it and park it; the others go on."""
        for lot in batch:
            if lot.copies[0].state is not State.SPOOLED:
                continue
            try:
                self._seal_parcels([lot])
            except SpoolUnwritable:
                raise
            except Exception as error:  # the codecs raise whatever their parts raise
                log.surprise("object_unpackable", number=lot.copies[0].number, sop_uid=lot.received.sop_uid)
                for item in lot.copies:
                    self._spool.park(item, f"it cannot be packed ({type(error).__name__})")

    def _read(self, copies: list[Item]) -> Received | None:
        """The object from its first whole copy; damaged ones are parked and leave the list. None when none is whole, or it is too
        large to try: the system would kill the agent, and again after each start."""
        if too_large := self._too_large(copies[0]):
            log.failure("object_too_large", too_large, study_uid=copies[0].head.study_uid, sop_uid=copies[0].head.sop_uid)
            for item in copies:
                self._spool.park(item, str(too_large))
            return None
        while copies:
            item, head = copies[0], copies[0].head
            try:
                data = self._spool.read(item)
            except ObjectDamaged as error:
                log.failure("object_damaged", error, study_uid=head.study_uid, sop_uid=head.sop_uid)
                self._spool.park(item, str(error))
                del copies[0]
            else:
                return Received(head.sop_uid, head.sop_class_uid, head.transfer_syntax_uid, data, checked_sha256=head.sha256)
        return None

    def _too_large(self, item: Item) -> ObjectTooLarge | None:
        need = int(item.head.data_bytes * MEMORY_PER_BYTE) + MEMORY_BESIDE
        if need <= self._memory_bytes:
            return None
        sizes = {"object_mib": item.head.data_bytes >> 20, "need_mib": need >> 20, "memory_mib": self._memory_bytes >> 20}
        return ObjectTooLarge(number=item.number, **sizes)

    def _seal_parcels(self, batch: Sequence[Lot]) -> None:
        """One shipment, or more where there are too many parcels for one manifest (an instance of gigabytes).

        Shipments that share an instance are sealed together and sent in order, so that the instance, a member of the last
        one, is kept until all of them are indexed. One parcel at a time is in memory.
        """
        spool, drafts = self._spool, [Draft(self._spool.new_shipment_number())]
        copies = {(lot.received.sop_uid, lot.received.sha256): lot.copies for lot in batch}
        try:
            for parcel in pack([lot.received for lot in batch], int(self._settings.target_mib * (1 << 20))):
                if len(drafts[-1].parcels) == self._max_parcels:
                    if not drafts[-1].is_cut:
                        self._seal(drafts, batch[0].copies[0])
                    drafts.append(Draft(spool.new_shipment_number()))
                _write(spool, drafts[-1].number, parcel)
                drafts[-1].add(parcel, copies)
            self._seal(drafts, batch[0].copies[0])
        finally:
            for draft in drafts:
                spool.disk.remove_folder(spool.shipment_folder(draft.number))

    def _seal(self, drafts: list[Draft], like: Item) -> None:
        """Seal all of them, in order. One that is sealed leaves `drafts`. like: an item of the same series and source."""
        spool, after = self._spool, None
        with spool.changed:
            while drafts:
                draft = drafts[0]
                try:
                    spool.disk.sync_folder(spool.shipment_folder(draft.number))
                except OSError as error:
                    raise SpoolUnwritable(folder=spool.folder, reason=error.strerror) from None
                facts = _facts(like, draft.parcels, spool.now_ms())
                spool.seal(draft.number, MANIFEST, draft.members, draft.files, facts, after)
                after = draft.number
                del drafts[0]


def _write(spool: Spool, number: int, parcel: Parcel) -> None:
    """Put a parcel's files into the shipment's folder; their names are not stable yet. Raises SpoolUnwritable."""
    folder = spool.shipment_folder(number)
    try:
        make_folder(folder, spool.disk, root=spool.folder)
        for blob in parcel.blobs:
            write_synced(folder / file_name(blob.kind, blob.sha256), blob.data, disk=spool.disk)
    except OSError as error:
        raise SpoolUnwritable(folder=spool.folder, reason=error.strerror) from None


def _facts(item: Item, parcels: list[dict[str, object]], now_ms: int) -> dict[str, object]:
    """Fields of manifest.v1 that do not depend on the cloud's names."""
    head = item.head
    return {
        "study_uid": head.study_uid,
        "series_uid": head.series_uid,
        "packed_at": datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": {"kind": "dimse", "calling_ae_title": head.calling_ae_title, "called_ae_title": head.called_ae_title},
        "parcels": parcels,
    }


def _told(parcel: Parcel) -> dict[str, object]:
    """A parcel as manifest.v1 names it."""
    return {
        "heads": _named(parcel.heads),
        "low": _named(parcel.low) if parcel.low else None,
        "rest": _named(parcel.rest) if parcel.rest else None,
        "instances": [
            {
                "sop_uid": instance.sop_uid,
                "sha256": instance.sha256,
                "bytes": instance.bytes,
                "part": instance.part,
                "parts": instance.parts,
            }
            for instance in parcel.instances
        ],
    }


def _named(blob: Blob) -> dict[str, object]:
    return {"sha256": blob.sha256, "bytes": len(blob.data)}


def seal_report(spool: Spool, report: Item) -> None:
    """A report's JSON and the PDF that it names, or a registration, become one shipment. All are in the spool already."""
    members: list[Item] = [report]
    files: list[File] = []
    facts: dict[str, object] = {}
    try:
        content = json.loads(spool.read(report))
        if "pdf" in content:
            pdf = spool.held("", content["pdf"]["sha256"])
            if pdf is None:
                raise ObjectDamaged(number=report.number, reason="the PDF that it names is not in the spool")
            if pdf.state is not State.SENT:
                spool.read(pdf)
                files.append(File("report_pdf", pdf.head.sha256, pdf.head.data_bytes))
                facts["pdf_object"] = pdf.number
            if pdf.state is State.SPOOLED:
                members.append(pdf)
    except ObjectDamaged as error:
        log.failure("report_damaged", error)
        spool.park(report, str(error))
        return
    except (ValueError, LookupError, TypeError) as error:
        log.surprise("report_unpackable", number=report.number)
        spool.park(report, f"it cannot be packed ({type(error).__name__})")
        return
    kind = REGISTRATION if content.get("schema") == "registration.v1" else REPORT
    files.append(File(kind, report.head.sha256, report.head.data_bytes))
    spool.seal(spool.new_shipment_number(), kind, members, files, facts)
