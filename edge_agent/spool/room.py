"""How much the spool may hold. Full is a state that ends by itself, with one log line when it begins and one when it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge_agent import log
from edge_agent.errors import DiskFull, SpoolAtLimit, SpoolFull
from edge_agent.spool.port import REAL

_LOOK_S = 0.2
REGAIN_S = 600.0  # a disk that is short again and again must not be filled and cleared all the time


class Kept(Protocol):
    """What is on the disk for speed only."""

    def give_up(self) -> bool:
        """Free it. False when that is nothing."""

    def regain(self, spare_bytes: int) -> bool:
        """Take it up again if the disk has room: bytes that may be used. False when that is too little."""


def is_full(used_bytes: int, max_bytes: int, free_bytes: int, min_free_bytes: int) -> bool:
    """Whether another object is refused: the spool is at its bound, or the disk has no more than what is to be left on it."""
    return used_bytes >= max_bytes or disk_is_full(free_bytes, min_free_bytes)


def disk_is_full(free_bytes: int, min_free_bytes: int) -> bool:
    """Whether it is the disk that has no room, and not the spool that may hold no more."""
    return free_bytes <= min_free_bytes


class Room:
    """Counts the spool's bytes and looks at the disk. Threads may call it at the same time."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        min_free_bytes: int,
        free_bytes: Callable[[Path], int] = REAL.free_bytes,
        now_s: Callable[[], float] = time.monotonic,
        kept: Kept | None = None,
    ) -> None:
        """kept: given up when the disk is short, and taken up again `REGAIN_S` later at the soonest."""
        self.folder, self.max_bytes, self.min_free_bytes = folder, max_bytes, min_free_bytes
        self.used_bytes = 0
        self.full = False
        self._free_bytes, self._now_s, self._kept = free_bytes, now_s, kept
        self._gave_up_s: float | None = None
        self._looked_s = float("-inf")
        self._free = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self.used_bytes += count

    def check(self, wanted: int = 0) -> None:
        """Raises SpoolFull when `wanted` more bytes would pass a bound."""
        with self._lock:
            now_s = self._now_s()
            if now_s - self._looked_s >= _LOOK_S:
                self._free, self._looked_s = self._free_bytes(self.folder), now_s
            if self._free - wanted <= self.min_free_bytes:
                if self._give_up(now_s):
                    self._free = self._free_bytes(self.folder)
            else:
                self._regain(now_s)
            full = is_full(self.used_bytes + wanted, self.max_bytes, self._free - wanted, self.min_free_bytes)
            changed, self.full = full != self.full, full
            error = self._error(disk_is_full(self._free - wanted, self.min_free_bytes))
        if changed and full:
            log.failure("spool_full", error)
        elif changed:
            log.info("spool_has_room", used_bytes=self.used_bytes)
        if full:
            raise error

    def refused_by_disk(self) -> SpoolFull:
        """The disk itself said ENOSPC."""
        with self._lock:
            self._give_up(self._now_s())
            changed, self.full, self._looked_s = not self.full, True, float("-inf")
            error = self._error(of_disk=True)
        if changed:
            log.failure("spool_full", error)
        return error

    def _give_up(self, now_s: float) -> bool:
        self._gave_up_s = now_s
        return self._kept is not None and self._kept.give_up()

    def _regain(self, now_s: float) -> None:
        if self._kept is None or self._gave_up_s is None or now_s - self._gave_up_s < REGAIN_S:
            return
        if self._kept.regain(self._free - self.min_free_bytes):
            self._gave_up_s = None

    def _error(self, of_disk: bool) -> SpoolFull:
        kind = DiskFull if of_disk else SpoolAtLimit
        return kind(
            folder=self.folder,
            used_mib=self.used_bytes >> 20,
            max_mib=self.max_bytes >> 20,
            free_mib=self._free >> 20,
            min_free_mib=self.min_free_bytes >> 20,
        )
