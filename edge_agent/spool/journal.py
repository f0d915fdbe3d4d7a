"""The journal: an append-only file of records (FORMAT.md §2). What could not be made stable is not in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.disk import refusals_told, write_all
from edge_agent.spool.port import REAL, Disk
from edge_agent.spool.records import JOURNAL_MAGIC, Record, read_records


def read(path: Path, disk: Disk = REAL) -> tuple[list[Record], int]:
    """All good records and the offset where they end. Safe while an agent appends."""
    try:
        raw = disk.read(path)
    except FileNotFoundError:
        return [], 0
    if raw[: len(JOURNAL_MAGIC)] != JOURNAL_MAGIC:
        if any(raw[: len(JOURNAL_MAGIC)]) and len(raw) >= len(JOURNAL_MAGIC):  # zeros: the power went while it was made
            raise SpoolUnwritable(folder=path.parent, reason="the journal has another version; not touched")
        return [], 0
    found = list(read_records(raw))
    return [record for record, _ in found], found[-1][1] if found else len(JOURNAL_MAGIC)


class Journal:
    """Open for appending. Threads may call it at the same time."""

    def __init__(self, path: Path, disk: Disk = REAL) -> None:
        """Cuts a broken tail off; `read` the records first."""
        self._path, self._disk = path, disk
        with refusals_told(path.parent):
            _, end = read(path, disk)
            self._fd = disk.open(path, os.O_CREAT | os.O_WRONLY, 0o644)
            disk.truncate(self._fd, end)
            if end == 0:
                write_all(disk, self._fd, JOURNAL_MAGIC, 0)
                end = len(JOURNAL_MAGIC)
            disk.sync(self._fd)
            disk.sync_folder(path.parent)
        self._end = end
        self.doubtful = False  # a sync failed: earlier records may be lost too, until `rewrite`
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._end

    def append(self, record: Record, sync: bool = False) -> None:
        """Write a record; with `sync` it is stable on return. Raises SpoolUnwritable, and then the record is not there."""
        data = record.pack()
        with self._lock:
            written = False
            try:
                write_all(self._disk, self._fd, data, self._end)
                written = True
                if sync:
                    self._disk.sync(self._fd)
            except OSError as error:
                self.doubtful |= written
                with suppress(OSError):
                    self._disk.truncate(self._fd, self._end)
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            self._end += len(data)

    def rewrite(self, records: Iterable[Record]) -> None:
        """Put `records` in the place of all that is there, at once. The caller keeps others from appending."""
        part = self._path.with_name("journal.part")
        disk = self._disk
        with refusals_told(self._path.parent):
            fd = disk.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
        data = JOURNAL_MAGIC + b"".join(record.pack() for record in records)
        with self._lock:
            try:
                write_all(disk, fd, data, 0)
                disk.sync(fd)
                disk.rename(part, self._path)
            except OSError as error:
                disk.close(fd)
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            disk.close(self._fd)
            self._fd, self._end, self.doubtful = fd, len(data), True  # until its name is stable
            try:
                disk.sync_folder(self._path.parent)
            except OSError as error:
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            self.doubtful = False

    def close(self) -> None:
        """Make it stable as far as the disk lets us; what must be stable is already."""
        with suppress(OSError):
            self._disk.sync(self._fd)
        self._disk.close(self._fd)
