"""Object files made ahead of time, so that receiving needs one fdatasync and nothing else (docs/adr/0001).

A batch of empty files is created and its folder synced; from then on their names survive a power cut. Writing head and
data into one and syncing it is the whole promise.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.disk import make_folder, sync_folder

BATCH = 64


class Slots:
    """The pool of prepared object files. Threads may call it at the same time."""

    def __init__(self, folder: Path, next_number: int) -> None:
        self._folder = folder
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
            threading.Thread(target=self._fill, args=(True,), name="slots", daemon=True).start()
        return number

    def _fill(self, ahead: bool = False) -> None:
        """Make a batch. With `ahead`, only if nobody else is making one, and without raising."""
        with self._filling:
            with self._lock:
                if len(self._free) >= (BATCH // 2 if ahead else 1):
                    return
                numbers = range(self._next, self._next + BATCH)
            try:
                folders = {self.path(number).parent for number in numbers}
                for folder in folders:
                    make_folder(folder)
                for number in numbers:
                    os.close(os.open(self.path(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
                for folder in folders:
                    sync_folder(folder)
            except OSError as error:
                for number in numbers:
                    self.path(number).unlink(missing_ok=True)
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
                self.path(number).unlink(missing_ok=True)
            self._free.clear()


def object_path(folder: Path, number: int) -> Path:
    name = f"{number:08x}"
    return folder / name[:5] / f"{name}.obj"


def object_files(folder: Path) -> Iterator[tuple[int, Path]]:
    """Number and path of each object file, in order."""
    name = "[0-9a-f]"
    for path in sorted(folder.glob(f"{name * 5}/{name * 8}.obj")):
        yield int(path.stem, 16), path
