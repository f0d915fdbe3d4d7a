"""The disk as the spool sees it: a port of a few system calls. `REAL` is the machine's; tests/faults has one that fails by seed.

What is stable: bytes after `sync` of their file, names (new, changed or removed) after `sync_folder` of their folder. Anything
else may be there, be missing or be torn after a power cut. A `sync` that failed has lost what it could not write: the next one
may succeed without it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
from pathlib import Path
from typing import Protocol

Buffer = bytes | bytearray | memoryview | mmap.mmap


class Disk(Protocol):
    """Calls raise OSError as the system's do. Threads may call it at the same time."""

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        """A descriptor. flags: os.O_…."""

    def close(self, fd: int) -> None: ...

    def pwrite(self, fd: int, data: Buffer, offset: int, /) -> int:
        """How many bytes were written: perhaps fewer than given, at least one."""

    def truncate(self, fd: int, size: int, /) -> None: ...

    def map(self, fd: int, size: int) -> mmap.mmap | bytes:
        """The first `size` bytes for reading, as they are now, without a copy where the system can."""

    def sync(self, fd: int, /) -> None:
        """Make a file's bytes and its length stable."""

    def lock(self, fd: int, exclusive: bool) -> None:
        """Held until the descriptor is closed, also by the end of the process. Raises BlockingIOError when another holds it."""

    def read(self, path: Path, offset: int = 0, count: int = -1) -> bytes:
        """Bytes from `offset` on: all, or at most `count`."""

    def size(self, path: Path) -> int | None:
        """Bytes of a file; None when it is none."""

    def rename(self, source: Path, target: Path, /) -> None:
        """`target` is replaced at once or not at all."""

    def unlink(self, path: Path) -> None:
        """Remove a file; one that is not there is gone already."""

    def is_folder(self, path: Path) -> bool: ...

    def make_folder(self, path: Path) -> None:
        """One folder, in a parent that is there; one that exists is left as it is."""

    def remove_folder(self, path: Path) -> None:
        """With all that is in it, as far as that can be; never raises for the disk."""

    def names(self, folder: Path) -> list[str]:
        """What is in a folder, in order; nothing when there is no such folder."""

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder stable."""

    def free_bytes(self, folder: Path) -> int:
        """What an ordinary user may still write there."""


class RealDisk:
    """The machine's own."""

    close = staticmethod(os.close)
    pwrite = staticmethod(os.pwrite)
    truncate = staticmethod(os.ftruncate)
    sync = staticmethod(os.fdatasync)
    rename = staticmethod(os.rename)

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        return os.open(path, flags, mode)

    def map(self, fd: int, size: int) -> mmap.mmap | bytes:
        return mmap.mmap(fd, size, prot=mmap.PROT_READ)

    def lock(self, fd: int, exclusive: bool) -> None:
        fcntl.flock(fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)

    def read(self, path: Path, offset: int = 0, count: int = -1) -> bytes:
        with path.open("rb") as file:  # buffered: one system call gives 2 GiB at most
            file.seek(offset)
            return file.read(count)

    def size(self, path: Path) -> int | None:
        return path.stat().st_size if path.is_file() else None

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def is_folder(self, path: Path) -> bool:
        return path.is_dir()

    def make_folder(self, path: Path) -> None:
        path.mkdir(exist_ok=True)

    def remove_folder(self, path: Path) -> None:
        shutil.rmtree(path, ignore_errors=True)

    def names(self, folder: Path) -> list[str]:
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def free_bytes(self, folder: Path) -> int:
        disk = os.statvfs(folder)
        return disk.f_bavail * disk.f_frsize


REAL: Disk = RealDisk()
