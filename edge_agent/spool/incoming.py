"""One object on its way into the spool: WRITING, until `commit` promised it or `drop` removed it."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.errors import SpoolError, SpoolUnwritable
from edge_agent.spool.disk import discard, write_all
from edge_agent.spool.records import HEAD_BYTES, Head
from edge_agent.spool.states import Event, State, step

if TYPE_CHECKING:
    from edge_agent.spool.model import Item
    from edge_agent.spool.port import Disk
    from edge_agent.spool.slots import Slot
    from edge_agent.spool.store import Spool

_CHECK_ROOM_EVERY = 16 << 20


class Incoming:
    """Write the data as it comes; its SHA-256 is taken on the way. Belongs to one thread."""

    def __init__(self, slot: Slot, path: Path, spool: Spool, disk: Disk) -> None:
        self._slot = slot
        self.written = 0
        self._path, self._spool, self._disk = path, spool, disk
        self._sha256 = hashlib.sha256()
        self._check_at = _CHECK_ROOM_EVERY
        self._fd = disk.open(path, os.O_RDWR)

    def write(self, data: memoryview) -> None:
        """Raises SpoolFull, SpoolUnwritable; then call `drop`."""
        self._sha256.update(data)
        try:
            write_all(self._disk, self._fd, data, HEAD_BYTES + self.written)
        except OSError as error:
            raise self._disk_error(error) from None
        self.written += len(data)
        if self.written >= self._check_at:
            self._check_at += _CHECK_ROOM_EVERY
            self._spool.room.check(self.written)

    @property
    def sha256(self) -> str:
        """SHA-256 of what was written so far, hex."""
        return self._sha256.hexdigest()

    def data(self) -> mmap.mmap | bytes:
        """File content from its start, head included, for looking at the data set before it is promised."""
        if not self.written:
            return bytes(HEAD_BYTES)
        return self._disk.map(self._fd, HEAD_BYTES + self.written)

    def commit(self, head: Head) -> Item | None:
        """Make it stable and known. None when this very object is held already; either way success may be answered.

        Raises SpoolFull, SpoolUnwritable; the file is gone then.
        """
        if self._spool.holds(head.sop_uid, head.sha256):
            self.drop()
            return None
        try:
            write_all(self._disk, self._fd, head.pack(self._slot.number), 0)
            if self._slot.bytes > 2 * (HEAD_BYTES + self.written):
                self._disk.truncate(self._fd, HEAD_BYTES + self.written)
            self._disk.sync(self._fd)
        except OSError as error:
            self.drop()
            raise self._disk_error(error) from None
        item = self._spool.promise(self._slot.number, head)
        if item is None:
            self.drop()
        else:
            self._disk.close(self._fd)
        return item

    def drop(self) -> None:
        """Nothing was promised: remove the file, at the latest when the agent starts again."""
        step(State.WRITING, Event.REJECTED)
        self._disk.close(self._fd)
        discard(self._path, self._disk)

    def _disk_error(self, error: OSError) -> SpoolError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return self._spool.room.refused_by_disk()
        return SpoolUnwritable(folder=self._path.parent, reason=error.strerror)
