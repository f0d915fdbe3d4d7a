"""Object files made ahead of time, so that receiving needs one fdatasync and nothing else (docs/adr/0001).

A batch of empty files is created and its folder synced; from then on their names survive a power cut. Writing head and
data into one and syncing it is the whole promise.
"""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.disk import make_folder
from edge_agent.spool.port import REAL, Disk

BATCH = 64


def in_thread(work: Callable[[], object]) -> None:
    threading.Thread(target=work, name="slots", daemon=True).start()


class Slots:
    """The pool of prepared object files. Threads may call it at the same time."""

    def __init__(
        self,
        folder: Path,
        next_number: int,
        disk: Disk = REAL,
        in_background: Callable[[Callable[[], object]], None] = in_thread,
    ) -> None:
        """in_background: calls what it is given at another time, so that nobody waits for it."""
        self._folder, self._disk, self._in_background = folder, disk, in_background
        self._next = next_number
        self._free: deque[int] = deque()
        self._lock = threading.Lock()
        self._filling = threading.Lock()

    def path(self, number: int) -> Path:
        return object_path(self._folder, number)

    @property
    def next_number(self) -> int:
        return self._next

    def take(self) -> int:
        """Number of a prepared file, now the caller's. Raises SpoolUnwritable."""
        while True:
            with self._lock:
                if self._free:
                    number = self._free.popleft()
                    low = len(self._free) < BATCH // 2
                    break
            self._fill()
        if low and not self._filling.locked():
            self._in_background(lambda: self._fill(ahead=True))
        return number

    def _fill(self, ahead: bool = False) -> None:
        """Make a batch. With `ahead`, only if nobody else is making one, and without raising."""
        disk = self._disk
        with self._filling:
            with self._lock:
                if len(self._free) >= (BATCH // 2 if ahead else 1):
                    return
                numbers = range(self._next, self._next + BATCH)
            try:
                folders = sorted({self.path(number).parent for number in numbers})
                for folder in folders:
                    make_folder(folder, disk)
                for number in numbers:
                    disk.close(disk.open(self.path(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                for folder in folders:
                    disk.sync_folder(folder)
            except OSError as error:
                for number in numbers:
                    disk.unlink(self.path(number))
                if ahead:
                    return
                raise SpoolUnwritable(folder=self._folder, reason=error.strerror) from None
            with self._lock:
                self._next += BATCH
                self._free.extend(numbers)

    def close(self) -> None:
        """Remove the files that were not used."""
        with self._filling, self._lock:
            for number in self._free:
                self._disk.unlink(self.path(number))
            self._free.clear()


def object_path(folder: Path, number: int) -> Path:
    name = f"{number:08x}"
    return folder / name[:5] / f"{name}.obj"


def object_files(folder: Path, disk: Disk = REAL) -> Iterator[tuple[int, Path]]:
    """Number and path of each object file, in order."""
    for group in disk.names(folder):
        if not re.fullmatch("[0-9a-f]{5}", group):
            continue
        for name in disk.names(folder / group):
            if re.fullmatch(r"[0-9a-f]{8}\.obj", name):
                yield int(name[:8], 16), folder / group / name
