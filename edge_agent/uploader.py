"""Sends shipments: several workers put objects into the vault and confirm; one asks what became of what was confirmed.

Failures that waiting can mend go back to PACKED and come again with back-off; what the cloud refuses for good is parked.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from edge_agent import log
from edge_agent.cloud import Cloud, Grant
from edge_agent.config import Upload
from edge_agent.errors import (
    AgentError,
    CloudError,
    CloudRefused,
    CloudUnreachable,
    ObjectDamaged,
    ShipmentDamaged,
    SpoolUnwritable,
)
from edge_agent.identity import Identity
from edge_agent.spool.model import DOCUMENTS, MANIFEST, OVERDUE_S, File, Shipment
from edge_agent.spool.recovery import OWN_FILES, file_name
from edge_agent.spool.states import Event, State
from edge_agent.spool.store import Spool
from edge_agent.workers import Workers

GRANTS_AT_ONCE = 100
ASK_AT_ONCE = 100
ASK_SLOWEST_S = 5.0  # while something waits to be indexed: a quarter of how long the newest has waited, at most this
ASK_TROUBLED_S = 30.0  # while the cloud does not answer
_LONGEST_WAIT_S = 60.0


class Document(NamedTuple):
    """What names a shipment's files to the cloud, ready to be put."""

    file: File
    data: bytes


@dataclass(slots=True)
class Trouble:
    """The last failure, for status and log: one line when it begins, one when it ends."""

    error: AgentError | None = None
    since_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def met(self, error: AgentError, now_s: float) -> None:
        with self.lock:
            changed = self.error is None or self.error.code != error.code
            self.error, self.since_s = error, now_s if changed else self.since_s
        if changed:
            log.failure("upload_trouble", error)

    def over(self) -> None:
        with self.lock:
            ended, self.error = self.error is not None, None
        if ended:
            log.info("upload_goes_on")


class Uploader:
    """Threads: `settings.workers` senders and one that asks."""

    def __init__(
        self,
        spool: Spool,
        cloud: Cloud,
        identity: Identity,
        settings: Upload,
        now_s: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._spool, self._cloud, self._identity, self._settings = spool, cloud, identity, settings
        self._now_s, self._chance = now_s, chance
        self.trouble = Trouble()
        self._ask_at_s, self._ask_failures = 0.0, 0
        self._senders = Workers("uploader", settings.workers, spool.changed, self.send_turn, self.wait_s)
        self._asker = threading.Thread(target=self._ask_loop, name="asker", daemon=True)

    def start(self) -> None:
        self._senders.start()
        self._asker.start()

    def stop(self) -> None:
        """Finish the requests at hand, and wait for that."""
        self._senders.stop()
        self._asker.join()

    # -- sending

    def send_turn(self) -> bool:
        """One turn of a sending thread: the shipment that is next, if any. Never raises."""
        with self._spool.changed:
            shipment = self._pick()
        if shipment is None:
            return False
        try:
            self.send(shipment)
        except SpoolUnwritable as error:
            log.failure("sending_paused", error, shipment=shipment.number)
            self._back(shipment)
        except Exception:  # this thread must live; the shipment comes again
            log.surprise("sending_failed", shipment=shipment.number)
            self._back(shipment)
        return True

    def _back(self, shipment: Shipment) -> None:
        if shipment.state is State.SENDING:
            self._later(shipment, None)

    def wait_s(self) -> float:
        """How long until a shipment may go again, if nothing comes before. The spool's lock is held."""
        waiting = (shipment.not_before_s for shipment in self._spool.shipments.values() if self._may_go(shipment))
        return max(0.01, min(min(waiting, default=math.inf) - self._now_s(), _LONGEST_WAIT_S))

    def _pick(self) -> Shipment | None:
        """The oldest shipment that may go now, reports first; it is SENDING then. The spool's lock is held."""
        now_s = self._now_s()
        for shipment in sorted(self._spool.shipments.values(), key=lambda shipment: shipment.kind not in DOCUMENTS):
            if self._may_go(shipment) and shipment.not_before_s <= now_s:
                self._spool.advance(shipment, Event.PICKED)
                return shipment
        return None

    def _may_go(self, shipment: Shipment) -> bool:
        """It waits for nothing but its time."""
        return shipment.state is State.PACKED and shipment.after not in self._spool.shipments

    def send(self, shipment: Shipment) -> None:
        """One try of a SENDING shipment; it ends UPLOADED, PACKED (later), SPOOLED (made anew) or PARKED."""
        try:
            digest = self._put_all(shipment)
        except ShipmentDamaged as error:
            log.failure("shipment_unmade", error)
            self._spool.advance(shipment, Event.UNMADE)
        except CloudRefused as error:
            log.failure("shipment_parked", error, shipment=shipment.number, kind=shipment.kind)
            self._spool.advance(shipment, Event.REFUSED, f"{error.details['status']} {error.details['reason']}")
        except CloudError as error:
            self.trouble.met(error, self._now_s())
            self._later(shipment, error)
        else:
            self.trouble.over()
            shipment.failures = 0
            shipment.stored.clear()  # should the cloud not know it later on, all of it is put again
            self._spool.advance(shipment, Event.STORED, digest=digest)
            self._ask_at_s = min(self._ask_at_s, self._now_s() + self._settings.ask_s)  # sooner, never later
            log.info("shipment_uploaded", shipment=shipment.number, kind=shipment.kind, objects=len(shipment.members))

    def _later(self, shipment: Shipment, error: AgentError | None) -> None:
        """Exponential back-off with full jitter."""
        settings = self._settings
        longest = min(settings.retry_longest_s, settings.retry_first_s * 2 ** min(shipment.failures, 20))
        shipment.failures += 1
        shipment.not_before_s = self._now_s() + longest * (0.5 + self._chance() / 2)
        self._spool.advance(shipment, Event.TIMED_OUT, error.code if error else "")

    def _put_all(self, shipment: Shipment) -> str:
        """Put the files, then the document, then confirm; returns the document's digest. What an earlier try put is left out."""
        study_uid, series_uid = shipment.facts.get("study_uid", ""), shipment.facts.get("series_uid", "")
        document = self._document(shipment)
        files = [file for file in (*shipment.files, *([document.file] if document else [])) if file not in shipment.stored]
        for start in range(0, len(files), GRANTS_AT_ONCE):
            grants = self._cloud.grants(files[start : start + GRANTS_AT_ONCE], study_uid, series_uid)
            self._learn(study_uid, grants.study, series_uid, grants.series)
            if document is not None and document != self._document(shipment):
                raise CloudUnreachable(route="grants", reason="the cloud names the study otherwise than before")
            for grant in grants.grants:
                self._put(shipment, grant, document)
        if shipment.kind in DOCUMENTS:
            digest = shipment.files[-1].sha256
            self._confirm(shipment, digest)
            return digest
        if document is None:  # the first shipment of a series: its names came with the grants just used
            document = self._document(shipment)
            if document is None:
                raise CloudUnreachable(route="grants", reason="the answer names no study or series")
            (grant,) = self._cloud.grants([document.file], study_uid, series_uid).grants
            self._put(shipment, grant, document)
        self._confirm(shipment, document.file.sha256)
        return document.file.sha256

    def _confirm(self, shipment: Shipment, digest: str) -> None:
        facts = shipment.facts
        if shipment.kind in DOCUMENTS:
            self._cloud.confirm_document(shipment.kind, digest)
        else:
            self._cloud.confirm_manifest(shipment.kind, digest, facts["study_uid"], facts.get("series_uid", ""))

    def _put(self, shipment: Shipment, grant: Grant, document: Document | None) -> None:
        ours = document is not None and grant.file == document.file
        data = document.data if ours and document else self._bytes_of(shipment, grant.file)
        if data is not None:
            self._cloud.put(grant, data)
        shipment.stored.add(grant.file)

    def _learn(self, study_uid: str, study: str, series_uid: str, series: str) -> None:
        self._spool.name({uid: name for uid, name in ((study_uid, study), (series_uid, series)) if uid and name})

    def _bytes_of(self, shipment: Shipment, file: File) -> bytes | None:
        """None for a PDF that another version of its report has brought to the vault. Raises ShipmentDamaged."""
        try:
            if file.kind not in OWN_FILES:
                number = shipment.facts["pdf_object"] if file.kind == "report_pdf" else shipment.members[0]
                item = self._spool.items[number]
                return None if item.state is State.SENT else self._spool.read(item)
            path = self._spool.shipment_folder(shipment.number) / file_name(file.kind, file.sha256)
            data = self._spool.disk.read(path)
        except OSError as error:
            raise ShipmentDamaged(number=shipment.number, reason=error.strerror) from None
        except ObjectDamaged as error:
            raise ShipmentDamaged(number=shipment.number, reason=str(error)) from None
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ShipmentDamaged(number=shipment.number, reason=f"digest of {file.kind}")
        return data

    def _document(self, shipment: Shipment) -> Document | None:
        """Manifest or declaration: always the same bytes for the same shipment. None for a report, or without names yet."""
        facts, names = shipment.facts, self._spool.names
        if shipment.kind in DOCUMENTS:
            return None
        if not shipment.uids <= names.keys():
            return None
        content = {
            "schema": "manifest.v1" if shipment.kind == MANIFEST else "declaration.v1",
            "tenant": self._identity.tenant,
            "agent": self._identity.agent,
            "study": names[facts["study_uid"]],
            **facts,
        }
        if shipment.kind == MANIFEST:
            content["series"] = names[facts["series_uid"]]
        else:
            content["series"] = [entry | {"series": names[entry["series_uid"]]} for entry in facts["series"]]
        data = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
        return Document(File(shipment.kind, hashlib.sha256(data).hexdigest(), len(data)), data)

    # -- asking

    def _ask_loop(self) -> None:
        while not self._senders.stopping.wait(self._settings.ask_s):
            self.ask_turn()

    def ask_turn(self) -> None:
        """One turn of the asking thread: ask when it is time; failures are waited out. Never raises."""
        if self._now_s() < self._ask_at_s:
            return
        try:
            self.ask()
        except CloudError as error:
            self.trouble.met(error, self._now_s())
        except SpoolUnwritable as error:
            log.failure("asking_paused", error)
        except Exception:  # this thread must live: nothing else asks
            log.surprise("asking_failed")
        else:
            self._ask_failures = 0
            return
        self._ask_failures += 1
        self._ask_at_s = self._now_s() + min(ASK_TROUBLED_S, self._settings.ask_s * 2 ** min(self._ask_failures, 20))

    def ask(self) -> int:
        """Ask about everything UPLOADED; returns how many moved on. Asks less often the longer the newest waits."""
        moved = 0
        with self._spool.changed:
            waiting = [s for s in self._spool.shipments.values() if s.state is State.UPLOADED]
        for what in ("manifests", *(f"{kind}s" for kind in DOCUMENTS)):
            ours = {s.digest: s for s in waiting if (f"{s.kind}s" if s.kind in DOCUMENTS else "manifests") == what}
            digests = list(ours)
            for start in range(0, len(digests), ASK_AT_ONCE):
                states = self._cloud.states(what, digests[start : start + ASK_AT_ONCE])
                for digest, told in states.items():
                    moved += self._told(ours[digest], told)
        now_ms = self._spool.now_ms()
        waited_s = min((now_ms - s.moved_ms for s in waiting if s.state is State.UPLOADED), default=0) / 1000
        self._ask_at_s = self._now_s() + max(self._settings.ask_s, min(waited_s / 4, ASK_SLOWEST_S))
        for shipment in waiting:
            if shipment.is_overdue(now_ms) and self._now_s() >= shipment.confirm_s:
                self._confirm_again(shipment)
        return moved

    def _confirm_again(self, shipment: Shipment) -> None:
        """The cloud has it queued, perhaps in a message that was lost. Confirming twice is harmless."""
        shipment.confirm_s = self._now_s() + OVERDUE_S
        log.warning("shipment_overdue", shipment=shipment.number, kind=shipment.kind, objects=len(shipment.members))
        try:
            self._confirm(shipment, shipment.digest)
        except CloudRefused as error:
            log.failure("shipment_parked", error, shipment=shipment.number, kind=shipment.kind)
            self._spool.advance(shipment, Event.QUARANTINED, f"{error.details['status']} {error.details['reason']}")

    def _told(self, shipment: Shipment, told: dict[str, str]) -> bool:
        state, reason = told["state"], told.get("reason", "")
        if state == "queued":
            return False
        if state == "indexed":
            self._spool.advance(shipment, Event.INDEXED)
            log.info("shipment_indexed", shipment=shipment.number, kind=shipment.kind, objects=len(shipment.members))
        elif state == "quarantined":
            log.warning("shipment_quarantined", shipment=shipment.number, kind=shipment.kind, reason=reason)
            self._spool.advance(shipment, Event.QUARANTINED, reason)
        else:
            log.warning("shipment_unknown_to_cloud", shipment=shipment.number, kind=shipment.kind)
            self._spool.advance(shipment, Event.UNKNOWN)
        return True
