"""A modality or a RIS: sends its objects one after the other, in pieces, and again until it was told success."""

from __future__ import annotations

import hashlib
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from edge_agent.errors import SpoolError, SpoolFull
from edge_agent.spool.incoming import Incoming
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.store import Spool
from tests.faults.cloud_model import Broken
from tests.faults.corpus import Thing

OUT_OF_RESOURCES = 0xA700


@dataclass(slots=True)
class Sender:
    """todo: what it has not been told success for. told: called with an object when it is."""

    name: str
    rng: random.Random
    todo: deque[Thing]
    told: Callable[[Thing], None]
    trace: Callable[..., None]
    acknowledged: list[Thing] = field(default_factory=list)
    refusals: int = 0
    _incoming: Incoming | None = None
    _sent: int = 0

    def turn(self, spool: Spool) -> None:
        """One piece of what it sends."""
        if not self.todo:
            return
        thing = self.todo[0]
        try:
            if thing.head.kind is ObjectKind.REPORT:
                self._report(spool, thing)
            elif self._incoming is None:
                self._incoming, self._sent = spool.begin(), 0
            elif self._sent < len(thing.data):
                self._piece(thing)
            else:
                self._end(spool, thing)
        except SpoolError as error:
            self._refused(spool, thing, error)

    def _piece(self, thing: Thing) -> None:
        assert self._incoming is not None
        if self.rng.random() < 0.02:  # the sender aborts the association
            self.trace(self.name, "aborts", thing)
            self._drop()
            return
        size = self.rng.choice((100, 700, len(thing.data)))
        self._incoming.write(memoryview(thing.data)[self._sent : self._sent + size])
        self._sent += size

    def _end(self, spool: Spool, thing: Thing) -> None:
        incoming, self._incoming = self._incoming, None
        assert incoming is not None
        if incoming.sha256 != thing.sha256:
            raise Broken(f"{thing} has another digest on the way")
        incoming.commit(replace(thing.head, received_ms=spool.now_ms()))
        self._success(thing)

    def _report(self, spool: Spool, thing: Thing) -> None:
        if thing.pdf is not None:
            item = spool.put(ObjectKind.REPORT_PDF, thing.pdf)
            if item.head.sha256 != hashlib.sha256(thing.pdf).hexdigest():
                raise Broken("another PDF was kept")
        spool.put(ObjectKind.REPORT, thing.data)
        self._success(thing)

    def _success(self, thing: Thing) -> None:
        self.todo.popleft()
        if self.rng.random() < 0.05:  # the answer is lost: it is sent again, and received already
            self.todo.append(thing)
        self.acknowledged.append(thing)
        self.trace(self.name, "acknowledged", thing)
        self.told(thing)

    def _refused(self, spool: Spool, thing: Thing, error: SpoolError) -> None:
        self.trace(self.name, "refused", thing, error.code)
        self.refusals += 1
        if error.dicom_status != OUT_OF_RESOURCES:
            raise Broken(f"refused with {error.dicom_status:#06x}: senders would not send again")
        if isinstance(error, SpoolFull) and not spool.room.full:
            raise Broken("refused as full, and nobody is told")
        self._drop()
        self.todo.rotate(-1)

    def _drop(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            incoming.drop()

    def cut_off(self) -> None:
        """The agent died: whatever was not acknowledged is sent again."""
        self._incoming = None

    def end_association(self) -> None:
        """The agent stops in an orderly way: what is half sent is dropped."""
        self._drop()
