"""The journal: an append-only file of records (FORMAT.md §2). One sync serves all who wait for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from edge_agent.errors import SpoolUnwritable
from edge_agent.spool.disk import sync_folder, write_all
from edge_agent.spool.records import JOURNAL_MAGIC, Record, read_records


def read(path: Path) -> tuple[list[Record], int]:
    """All good records and the offset where they end. Safe while an agent appends."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    if raw[: len(JOURNAL_MAGIC)] != JOURNAL_MAGIC:
        if len(raw) >= len(JOURNAL_MAGIC):
            raise SpoolUnwritable(folder=path.parent, reason="the journal has another version; not touched")
        return [], 0
    found = list(read_records(raw))
    return [record for record, _ in found], found[-1][1] if found else len(JOURNAL_MAGIC)


class Journal:
    """Open for appending. Threads may call it at the same time."""

    def __init__(self, path: Path) -> None:
        """Cuts a broken tail off; `read` the records first."""
        self._path = path
        _, end = read(path)
        self._fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o644)
        os.ftruncate(self._fd, end)
        if end == 0:
            write_all(self._fd, JOURNAL_MAGIC)
            end = len(JOURNAL_MAGIC)
        os.fsync(self._fd)
        sync_folder(path.parent)
        self._end = end
        self._synced = end
        self._append = threading.Lock()
        self._sync = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._end

    def append(self, record: Record) -> int:
        """Write a record; returns the offset to `sync` to. Raises SpoolUnwritable, and then nothing was written."""
        data = record.pack()
        with self._append:
            try:
                os.lseek(self._fd, self._end, os.SEEK_SET)
                write_all(self._fd, data)
            except OSError as error:
                os.ftruncate(self._fd, self._end)
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            self._end += len(data)
            return self._end

    def sync(self, upto: int | None = None) -> None:
        """Return when everything before `upto` (all of it) is stable."""
        if upto is None:
            upto = self._end
        with self._sync:
            if self._synced >= upto:
                return
            reached = self._end
            try:
                os.fdatasync(self._fd)
            except OSError as error:
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            self._synced = reached

    def rewrite(self, records: Iterable[Record]) -> None:
        """Put `records` in the place of all that is there, at once. The caller keeps others from appending."""
        part = self._path.with_name("journal.part")
        fd = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o644)
        data = JOURNAL_MAGIC + b"".join(record.pack() for record in records)
        with self._append, self._sync:
            try:
                write_all(fd, data)
                os.fdatasync(fd)
                os.rename(part, self._path)
                sync_folder(self._path.parent)
            except OSError as error:
                os.close(fd)
                raise SpoolUnwritable(folder=self._path.parent, reason=error.strerror) from None
            os.close(self._fd)
            self._fd, self._end, self._synced = fd, len(data), len(data)

    def close(self) -> None:
        os.close(self._fd)
