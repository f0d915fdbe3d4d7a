"""Small durable things a spool is made of: folders with stable names, whole-file writes, the lock. Each on a disk (port.py)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge_agent.errors import SpoolBusy, SpoolUnwritable
from edge_agent.spool.port import REAL, Disk

_CREATE = os.O_CREAT | os.O_TRUNC | os.O_WRONLY


@contextmanager
def refusals_told(folder: Path) -> Iterator[None]:
    """What the disk refuses within is SpoolUnwritable of this spool. Not for hot paths."""
    try:
        yield
    except OSError as error:
        raise SpoolUnwritable(folder=folder, reason=error.strerror or type(error).__name__) from None


def make_folder(folder: Path, disk: Disk = REAL, root: Path | None = None) -> None:
    """Create `folder` (and its parents), its name stable.

    Names below `root`, which is there, are synced even when they exist: whoever made them may have failed to.
    """
    if folder == root or (root is None and disk.is_folder(folder)):
        return
    make_folder(folder.parent, disk, root)
    disk.make_folder(folder)
    disk.sync_folder(folder.parent)


def discard(path: Path, disk: Disk = REAL) -> None:
    """Remove what nobody needs any more. What the disk does not let go of now goes at the next start."""
    with suppress(OSError):
        disk.unlink(path)


def write_all(disk: Disk, fd: int, data: bytes | memoryview, offset: int) -> None:
    """pwrite until everything is written."""
    view = memoryview(data)
    while view:
        count = disk.pwrite(fd, view, offset)
        view, offset = view[count:], offset + count


def write_synced(path: Path, data: bytes | memoryview, mode: int = 0o640, disk: Disk = REAL) -> None:
    """Write a new file's bytes to stable storage; sync its folder afterwards, once for several."""
    fd = disk.open(path, _CREATE, mode)
    try:
        write_all(disk, fd, data, 0)
        disk.sync(fd)
    finally:
        disk.close(fd)


def write_whole(path: Path, data: bytes | memoryview, mode: int = 0o644, disk: Disk = REAL) -> None:
    """Write a file so that after a crash it is there whole or not at all; its name is stable on return."""
    part = path.with_name(path.name + ".part")
    write_synced(part, data, mode, disk)
    disk.rename(part, path)
    disk.sync_folder(path.parent)


class SpoolLock:
    """One agent per spool. Held until `release` or the end of the process, even by kill -9."""

    def __init__(self, folder: Path, disk: Disk = REAL) -> None:
        path, self._disk = folder / "lock", disk
        self._fd = disk.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            disk.lock(self._fd, exclusive=True)
        except BlockingIOError:
            disk.close(self._fd)
            raise SpoolBusy(folder=folder, pid=_holder_pid(path, disk) or "unknown") from None
        disk.truncate(self._fd, 0)
        disk.pwrite(self._fd, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        self._disk.close(self._fd)


def holder(folder: Path, disk: Disk = REAL) -> int | None:
    """Process id of the agent that runs on this spool, or None. Takes nothing."""
    path = folder / "lock"
    try:
        fd = disk.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        disk.lock(fd, exclusive=False)
    except BlockingIOError:
        text = _holder_pid(path, disk)
        return int(text) if text.isdigit() else None
    finally:
        disk.close(fd)
    return None


def _holder_pid(path: Path, disk: Disk) -> str:
    return disk.read(path, 0, 32).decode("ascii", "replace").strip()
