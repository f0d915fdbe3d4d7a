"""Object files made ahead of time, so that receiving needs one fdatasync and nothing else (docs/adr/0001).

Their names are stable before they are used: writing head and data into one and syncing it is the whole promise. Empty ones are
made in batches as they are needed. Better are files that hold blocks already, since overwriting those changes no metadata:
`keep` makes some of zeros, and `give_back` takes those of objects that were delivered. An old head in one is no head: it
names another number (FORMAT.md §1).
"""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from edge_agent import log
from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.disk import discard, make_folder, write_all
from edge_agent.spool.port import REAL, Disk
from edge_agent.spool.records import NUMBERED

BATCH = 64
_FILLED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which files are kept ready that hold blocks.

    made_bytes: of those made of zeros; a CT slice of 512 × 512 with its head. A file smaller than `smallest_bytes` saves
    nothing; of an object larger than `largest_bytes` the data costs, not the metadata.
    """

    budget_bytes: int
    made_bytes: int = 544 << 10
    smallest_bytes: int = 64 << 10
    largest_bytes: int = 4 << 20


NOTHING = Keeping(budget_bytes=0)
SHARE = 4  # no more than this part of a disk's free bytes is held for speed


class Slot(NamedTuple):
    """A file for one object. bytes: what it has blocks for; 0 when it is empty."""

    number: int
    bytes: int


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
        self._empty: deque[int] = deque()
        self._filled: list[Slot] = []
        self._returned: list[int] = []
        self._keeping, self._kept_bytes = NOTHING, 0
        self._given_up: Keeping | None = None
        self._lock = threading.Lock()
        self._making, self._zeroing = threading.Lock(), threading.Lock()

    def path(self, number: int) -> Path:
        return object_path(self._folder, number)

    @property
    def next_number(self) -> int:
        return self._next

    def take(self) -> Slot:
        """A prepared file, now the caller's. Raises SpoolUnwritable."""
        while True:
            with self._lock:
                slot = self._pop()
                low = self._ready < BATCH // 2
            if slot is not None:
                break
            self._make_empty()
        if low and not self._making.locked():
            self._in_background(lambda: self._make_empty(ahead=True))
        return slot

    def _pop(self) -> Slot | None:
        if self._filled:
            slot = self._filled.pop()  # the latest: its pages are the likeliest to be in memory
            self._kept_bytes -= slot.bytes
            return slot
        return Slot(self._empty.popleft(), 0) if self._empty else None

    @property
    def _ready(self) -> int:
        return len(self._filled) + len(self._empty)

    def keep(self, keeping: Keeping) -> None:
        """From now on hold files with blocks: some are made in the background, others given back."""
        self._keeping, self._given_up = keeping, None
        self._in_background(self._make_filled)

    def give_back(self, number: int) -> None:
        """The object in it was delivered, and that is stable: the file is kept for another one, or removed."""
        with self._lock:
            is_kept = self._kept_bytes < self._keeping.budget_bytes
            if is_kept:
                self._returned.append(number)
            is_first = len(self._returned) == 1
        if not is_kept:
            discard(self.path(number), self._disk)
        elif is_first:
            self._in_background(self._recycle)

    def remove_stably(self, numbers: Iterable[int]) -> None:
        """Their files are gone for good on return, whatever `give_back` could do. Raises OSError."""
        paths = sorted(self.path(number) for number in numbers)
        for folder, files in groupby(paths, lambda path: path.parent):
            if not self._disk.is_folder(folder):  # a spool that came back from a backup may lack those that were empty
                continue
            for path in files:
                self._disk.unlink(path)
            self._disk.sync_folder(folder)

    def give_up(self) -> bool:
        """The disk is short: remove the files with blocks, and hold none until `regain`. False when there were none."""
        with self._lock:
            if self._keeping is not NOTHING:
                self._keeping, self._given_up = NOTHING, self._keeping
            numbers = [*self._returned, *(slot.number for slot in self._filled)]
            self._returned, self._filled, self._kept_bytes = [], [], 0
        self._remove(numbers)
        return bool(numbers)

    def regain(self, spare_bytes: int) -> bool:
        """The disk has room again: hold files as before `give_up`, if three times their bytes are left then. False if not."""
        wanted = self._given_up
        if wanted is not None and wanted.budget_bytes > spare_bytes // SHARE:
            return False
        if wanted is not None:
            self.keep(wanted)
        return True

    def close(self) -> None:
        """Remove the files that were not used."""
        self._keeping, self._given_up = NOTHING, None
        with self._zeroing, self._making, self._lock:
            for number in [*self._empty, *self._returned, *(slot.number for slot in self._filled)]:
                discard(self.path(number), self._disk)
            self._empty.clear()
            self._returned.clear()
            self._filled.clear()

    # -- making

    def _numbers(self, count: int) -> tuple[range, list[Path]]:
        """Numbers that are not used again whatever happens, and their folders, which exist then."""
        with self._lock:
            numbers = range(self._next, self._next + count)
            self._next += count
        folders = [self.path(group << 12).parent for group in sorted({number >> 12 for number in numbers})]
        for folder in folders:
            make_folder(folder, self._disk, root=self._folder.parent)
        return numbers, folders

    def _make_empty(self, ahead: bool = False) -> None:
        """Make a batch. With `ahead`, only if nobody else is making one, and without raising."""
        with self._making:
            with self._lock:
                if self._ready >= (BATCH // 2 if ahead else 1):
                    return
            made: list[int] = []
            try:
                numbers, folders = self._numbers(BATCH)
                for number in numbers:
                    self._disk.close(self._disk.open(self.path(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                    made.append(number)
                for folder in folders:
                    self._disk.sync_folder(folder)
            except OSError as error:
                self._remove(made)
                if ahead:
                    return
                raise SpoolUnwritable(folder=self._folder, reason=error.strerror) from None
            with self._lock:
                self._empty.extend(made)

    def _make_filled(self) -> None:
        """Small batches of zeros until the budget is used. Nobody waits for it but `close`."""
        size = self._keeping.made_bytes
        with self._zeroing:
            while self._kept_bytes + size * _FILLED_AT_ONCE <= self._keeping.budget_bytes:
                made: list[int] = []
                try:
                    numbers, folders = self._numbers(_FILLED_AT_ONCE)
                    for number in numbers:
                        self._write_zeros(number, size, made)
                    for folder in folders:
                        self._disk.sync_folder(folder)
                except OSError:  # receiving does without
                    self._remove(made)
                    return
                self._hold([Slot(number, size) for number in made])
        log.info("slots_prepared", files=len(self._filled), bytes=self._kept_bytes)

    def _write_zeros(self, number: int, size: int, made: list[int]) -> None:
        fd = self._disk.open(self.path(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        made.append(number)
        try:
            write_all(self._disk, fd, bytes(size), 0)
            self._disk.sync(fd)
        finally:
            self._disk.close(fd)

    def _recycle(self) -> None:
        """Give the files that came back new numbers, and make those names stable."""
        disk = self._disk
        with self._making:
            with self._lock:
                returned, self._returned = self._returned, []
                room = self._keeping.budget_bytes - self._kept_bytes
            slots: list[Slot] = []
            try:
                numbers, folders = self._numbers(len(returned))
                for old, number in zip(returned, numbers, strict=True):
                    size = self._reusable_bytes(self.path(old))
                    if 0 < size <= room:
                        disk.rename(self.path(old), self.path(number))
                        slots.append(Slot(number, size))
                        room -= size
                    else:
                        disk.unlink(self.path(old))
                for folder in sorted({*folders, *(self.path(old).parent for old in returned)}):
                    disk.sync_folder(folder)
            except OSError:  # what is left under an old name is removed at the next start
                self._remove([*returned, *(slot.number for slot in slots)])
                return
            self._hold(slots)

    def _reusable_bytes(self, path: Path) -> int:
        """Length of a file that may be used again, else 0: a head of version 1 would pass for one under any name."""
        size, keeping = self._disk.size(path) or 0, self._keeping
        is_worth_it = keeping.smallest_bytes <= size <= keeping.largest_bytes
        return size if is_worth_it and self._disk.read(path, 4, 1) >= bytes([NUMBERED]) else 0

    def _hold(self, slots: list[Slot]) -> None:
        with self._lock:
            if self._keeping is not NOTHING:
                self._filled += slots
                self._kept_bytes += sum(slot.bytes for slot in slots)
                return
        self._remove([slot.number for slot in slots])

    def _remove(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            discard(self.path(number), self._disk)


def object_path(folder: Path, number: int) -> Path:
    name = f"{number:08x}"
    return folder.joinpath(name[:5], f"{name}.obj")


def object_files(folder: Path, disk: Disk = REAL) -> Iterator[tuple[int, Path]]:
    """Number and path of each object file, in order."""
    for group in disk.names(folder):
        if not re.fullmatch("[0-9a-f]{5}", group):
            continue
        for name in disk.names(folder / group):
            if re.fullmatch(r"[0-9a-f]{8}\.obj", name):
                yield int(name[:8], 16), folder / group / name
