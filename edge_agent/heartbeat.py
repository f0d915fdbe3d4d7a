"""A sign of life to the cloud, and the same facts on disk for `status`."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress

from edge_agent import __version__, log
from edge_agent.cloud import Cloud
from edge_agent.errors import CloudError, SpoolFull, SpoolUnwritable
from edge_agent.spool.disk import write_whole
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from edge_agent.uploader import Trouble

_STATE_EVERY_S = 1.0
_AGAIN_S = 5.0  # until a change that the cloud did not take is told again


class Heartbeat:
    """One thread."""

    def __init__(self, spool: Spool, cloud: Cloud, trouble: Trouble, every_s: float) -> None:
        self._spool, self._cloud, self._trouble, self._every_s = spool, cloud, trouble, every_s
        self._stopping = threading.Event()
        self._written, self._since_s = b"", float("inf")
        self._unanswered: CloudError | None = None
        self._told_full = False  # as the cloud knows it; a change is told at once
        self._taken = True  # whether the cloud took the last one
        self._unwritable = False
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.turn()
            if self._stopping.wait(_STATE_EVERY_S):
                return

    def turn(self) -> None:
        """One turn of the thread, `_STATE_EVERY_S` after the last. Never raises."""
        try:
            self._look_at_disk()
            self._write_state()
            if self._since_s >= self._pause_s():
                self._beat()
        except Exception:  # this thread must live: nothing else tells the cloud that the agent does
            log.surprise("heartbeat_failed")
        self._since_s += _STATE_EVERY_S

    def _pause_s(self) -> float:
        """Between the last sign of life and the next."""
        if self._spool.room.full == self._told_full:
            return self._every_s
        return 0.0 if self._taken else min(_AGAIN_S, self._every_s)

    def _write_state(self) -> None:
        """A disk that takes no file must not silence the heartbeat; the log has it once."""
        try:
            self.write_state()
        except OSError as error:
            if not self._unwritable:
                log.failure("state_unwritable", SpoolUnwritable(folder=self._spool.folder, reason=error.strerror))
            self._unwritable = True
        else:
            self._unwritable = False

    def _beat(self) -> None:
        """One sign of life. Why it was not taken is told to `status` even when nothing is to be sent; the log has it once."""
        before, facts = self._unanswered, self.facts()
        self._taken, self._since_s = False, 0.0
        try:
            self._cloud.heartbeat(facts)
        except CloudError as error:
            self._unanswered = error
            if before is None or before.code != error.code:
                log.failure("heartbeat_unanswered", error)
            return
        self._taken, self._told_full = True, bool(facts["full"])
        self._unanswered = None
        if before is not None:
            log.info("heartbeat_answered")

    def facts(self) -> dict[str, object]:
        """Body of POST /heartbeats."""
        with self._spool.changed:
            held = [item for item in self._spool.items.values() if item.state is not State.SENT]
            parked = sum(item.state is State.PARKED for item in held)
            overdue = sum(s.is_overdue(self._spool.now_ms()) for s in self._spool.shipments.values())
        free_bytes = self._spool.disk.free_bytes(self._spool.folder)
        sizes = {"objects": len(held), "bytes": self._spool.room.used_bytes, "free_bytes": free_bytes}
        return {"version": __version__, "spool": sizes, "parked": parked, "overdue": overdue, "full": self._spool.room.full}

    def write_state(self) -> None:
        """`state.json`, rewritten only when it changed."""
        error = self._trouble.error or self._unanswered
        told = error.facts() if error else None
        state = {"version": __version__, "pid": os.getpid(), "full": self._spool.room.full, "trouble": told}
        raw = json.dumps(state, ensure_ascii=False).encode("utf-8")
        if raw != self._written:
            self._written = b""  # a write that fails may have changed the file
            write_whole(self._spool.folder / "state.json", raw, disk=self._spool.disk)
            self._written = raw

    def _look_at_disk(self) -> None:
        """That the spool is full, or has room again, is noticed also when no sender tries."""
        with suppress(SpoolFull):
            self._spool.room.check()
