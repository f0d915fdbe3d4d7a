"""What the spool knows of its objects and shipments while the agent runs, and as journal payloads."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from edge_agent.spool.records import Head, ObjectKind
from edge_agent.spool.states import State

MANIFEST, REPORT, DECLARATION = "manifest", "report", "declaration"
REGISTRATION = "registration"
DOCUMENTS = (REPORT, REGISTRATION)  # shipments that are one document of the hospital's system
MARK_BYTES = 8
_HEAD_FIELDS = tuple(spec.name for spec in fields(Head))
OVERDUE_S = 600.0  # from confirmed to indexed: longer, and it is confirmed again and shown to the operator


class Source(NamedTuple):
    """Who sent an object, and to whom; part of a manifest."""

    calling_ae_title: str
    called_ae_title: str


class SeriesKey(NamedTuple):
    """What may be packed together."""

    study_uid: str
    series_uid: str
    source: Source


@dataclass(slots=True)
class Item:
    """One received object. Its state is its own until it is sealed, then its shipment's."""

    number: int
    head: Head
    state: State
    moved_ms: int
    shipment: int | None = None
    reason: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """SOP Instance UID and SHA-256: the same object, however often it comes."""
        return self.head.sop_uid, self.head.sha256

    @property
    def series(self) -> SeriesKey:
        head = self.head
        return SeriesKey(head.study_uid, head.series_uid, Source(head.calling_ae_title, head.called_ae_title))

    def payload(self) -> dict[str, Any]:
        """Journal payload; fields that are empty are left out."""
        facts = {name: getattr(self.head, name) for name in _HEAD_FIELDS}  # asdict copies deeply, at ten times the cost
        facts |= {"number": self.number, "kind": int(self.head.kind)}
        if self.state is not State.SPOOLED:
            facts |= {"state": self.state.value, "shipment": self.shipment, "reason": self.reason}
        return {name: value for name, value in facts.items() if value not in ("", None)}

    @classmethod
    def from_payload(cls, payload: dict[str, Any], time_ms: int) -> Item:
        facts = dict(payload)
        number, kind = facts.pop("number"), ObjectKind(facts.pop("kind"))
        state = State(facts.pop("state", State.SPOOLED.value))
        shipment, reason = facts.pop("shipment", None), facts.pop("reason", "")
        return cls(number, Head(kind=kind, **facts), state, time_ms, shipment, reason)


class File(NamedTuple):
    """One object to put into the vault. kind: as in POST /grants."""

    kind: str
    sha256: str
    bytes: int


@dataclass(slots=True)
class Shipment:
    """One unit of upload: a series' parcels and their manifest, a report, or a declaration.

    files: what is put before `document`. document: a function of the facts here and the cloud's names, so that the same
    shipment always makes the same manifest. after: the shipment that holds earlier parts of our first member; this one waits
    until that is indexed, and is made anew with it. not_before_s, confirm_s: monotonic times before which it is not sent, and,
    overdue, not confirmed again. stored: files that the vault is known to hold, while this shipment is on its way.
    """

    number: int
    kind: str
    state: State
    moved_ms: int
    members: tuple[int, ...] = ()
    files: tuple[File, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    after: int | None = None
    digest: str = ""
    reason: str = ""
    failures: int = 0
    not_before_s: float = 0.0
    confirm_s: float = 0.0
    stored: set[File] = field(default_factory=set)

    @property
    def uids(self) -> set[str]:
        """Of the study and the series whose names its document holds; none of a report's."""
        told = (self.facts, *self.facts.get("series", ()))
        return {each[key] for each in told for key in ("study_uid", "series_uid") if key in each}

    def is_overdue(self, now_ms: int) -> bool:
        """Whether the cloud has had it for so long that its message may be lost.

        Also when that was long from now: the clock was set back, and nobody knows how long it is.
        """
        return self.state is State.UPLOADED and abs(now_ms - self.moved_ms) >= OVERDUE_S * 1000

    def payload(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "number": self.number,
            "kind": self.kind,
            "state": self.state.value,
            "members": list(self.members),
            "files": [list(file) for file in self.files],
            "facts": self.facts,
        }
        for name in ("digest", "reason", "after"):
            if getattr(self, name) not in ("", None):
                facts[name] = getattr(self, name)
        return facts

    @classmethod
    def from_payload(cls, payload: dict[str, Any], time_ms: int) -> Shipment:
        facts = dict(payload)
        return cls(
            number=facts.pop("number"),
            kind=facts.pop("kind"),
            state=State(facts.pop("state")),
            moved_ms=time_ms,
            members=tuple(facts.pop("members")),
            files=tuple(File(*file) for file in facts.pop("files")),
            **facts,
        )


def mark_of(sop_uid: str) -> bytes:
    """Eight bytes that tell an instance from the others of its series; the item itself takes a hundred times as much."""
    return hashlib.blake2b(sop_uid.encode("ascii"), digest_size=MARK_BYTES).digest()


@dataclass(slots=True)
class Declaration:
    """What was last declared of a study: instances by series UID, none when only sent images were forgotten.

    again: the cloud did not take it; declare once more. forgotten: by series UID, marks of the instances that were sent and are
    no item any more, one after the other; one may be there twice.
    """

    counts: dict[str, int]
    at_ms: int
    again: bool = False
    forgotten: dict[str, bytearray] = field(default_factory=dict)

    @property
    def is_short(self) -> bool:
        """Perhaps more of it was sent and forgotten than was declared; a look at the marks themselves tells."""
        return any(len(run) // MARK_BYTES > self.counts.get(series, 0) for series, run in self.forgotten.items())

    def forget(self, head: Head) -> None:
        self.forgotten.setdefault(head.series_uid, bytearray()).extend(mark_of(head.sop_uid))

    def marks(self, series_uid: str) -> set[bytes]:
        run = bytes(self.forgotten.get(series_uid, b""))
        return {run[at : at + MARK_BYTES] for at in range(0, len(run), MARK_BYTES)}

    def payload(self, study_uid: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"study_uid": study_uid, "counts": self.counts}
        if self.forgotten:
            facts["forgotten"] = {
                series: base64.b64encode(b"".join(sorted(self.marks(series)))).decode("ascii") for series in self.forgotten
            }
        return facts | {"again": True} if self.again else facts

    @classmethod
    def from_payload(cls, payload: dict[str, Any], time_ms: int, before: Declaration | None) -> Declaration:
        """before: what the journal told of the study until then; what was forgotten stays so."""
        forgotten = {series: bytearray(base64.b64decode(run)) for series, run in payload.get("forgotten", {}).items()}
        if before is not None:
            forgotten = forgotten or before.forgotten
        return cls(payload["counts"], time_ms, payload.get("again", False), forgotten)
