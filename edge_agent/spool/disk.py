"""Small durable things a spool is made of: synced folders, whole-file writes, the lock."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from edge_agent.errors import SpoolBusy


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` stable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Create `folder` (and its parents), its name stable."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """os.write until everything is written."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def write_synced(path: Path, data: bytes | memoryview) -> None:
    """Write a new file's bytes to stable storage; sync its folder afterwards, once for several."""
    fd = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o640)
    try:
        write_all(fd, data)
        os.fdatasync(fd)
    finally:
        os.close(fd)


def write_whole(path: Path, data: bytes | memoryview, mode: int = 0o644) -> None:
    """Write a file so that after a crash it is there whole or not at all; its name is stable on return."""
    part = path.with_name(path.name + ".part")
    fd = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode)
    try:
        write_all(fd, data)
        os.fdatasync(fd)
    finally:
        os.close(fd)
    os.rename(part, path)
    sync_folder(path.parent)


class SpoolLock:
    """One agent per spool. Held until `release` or the end of the process, even by kill -9."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._fd, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise SpoolBusy(folder=folder, pid=pid) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        os.close(self._fd)


def holder(folder: Path) -> int | None:
    """Process id of the agent that runs on this spool, or None. Takes nothing."""
    try:
        fd = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(fd, 32).decode("ascii", "replace").strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(fd)
    return None
