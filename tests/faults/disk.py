"""The spool's disk port over a `Medium`: one process's view of it, which fails, fills up and dies as it is told."""

from __future__ import annotations

import errno
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.medium import File, Folder

_INODE_BYTES = 256  # what a name costs; empty files, too, fill a disk


class Killed(BaseException):
    """The process is gone. No `except Exception` meets it; whatever it still does has no effect."""


@dataclass(slots=True)
class Weather:
    """How the disk is today. Chances are per call."""

    io_error: float = 0.0
    no_space: float = 0.0
    sync_fails: float = 0.0
    short_write: float = 0.0
    read_only: bool = False  # after an error the system remounts it so
    write_back: float = 0.0


@dataclass(slots=True)
class Machine:
    """What outlives a process: the disk's content and its size, the weather, the count of what was done to it."""

    rng: random.Random
    root: Folder = field(default_factory=Folder)
    capacity: int = 1 << 30
    used: int = 0
    weather: Weather = field(default_factory=Weather)
    injected: Counter[str] = field(default_factory=Counter)

    def cut_power(self) -> None:
        self.root.cut(self.rng)
        self.used = sum(len(file.data) + _INODE_BYTES for file in self.root.files())

    def release_locks(self) -> None:
        for file in self.root.files():
            file.holder = None


class SimulatedDisk:
    """Calls are those of edge_agent/spool/port.py. life: calls until the process dies; None: it does not.

    meanwhile: called when a sync takes its time and no lock of the spool is held, so that others may go on.
    """

    def __init__(self, machine: Machine, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.machine = machine
        self.life: int | None = None
        self.is_dead = False
        self._meanwhile = meanwhile
        self._open: dict[int, tuple[File, str]] = {}
        self._next_fd = 3

    @contextmanager
    def spared(self) -> Iterator[None]:
        """For a look from outside: it neither dies nor fails within."""
        life, weather = self.life, self.machine.weather
        self.life, self.machine.weather = None, Weather()
        try:
            yield
        finally:
            self.life, self.machine.weather = life, weather

    # -- dying and failing

    def _call(self, what: str, path: str, changes: bool = True) -> None:
        """Before a call takes effect. Raises Killed, OSError."""
        if self.is_dead:
            raise Killed
        if self.life is not None:
            self.life -= 1
            if self.life <= 0:
                self.is_dead = True
                raise Killed
        if changes:
            self._fail(what, path)

    def _fail(self, what: str, path: str) -> None:
        machine = self.machine
        weather, rng = machine.weather, machine.rng
        if weather.read_only:
            machine.injected["disk: read-only"] += 1
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        if weather.io_error and rng.random() < weather.io_error:
            machine.injected[f"disk: {what} fails"] += 1
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        if weather.no_space and what in ("pwrite", "open", "make_folder") and rng.random() < weather.no_space:
            raise self._full(path)

    def _full(self, path: str) -> OSError:
        self.machine.injected["disk: full"] += 1
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def _take(self, count: int, path: str) -> None:
        if self.machine.used + count > self.machine.capacity:
            raise self._full(path)
        self.machine.used += count

    # -- files

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        name = str(path)
        writes = bool(flags & (os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_WRONLY))
        self._call("open", name, changes=writes)
        folder, last = self._parent(name)
        node = folder.entries.get(last)
        if node is None:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            self._take(_INODE_BYTES, name)
            node = File()
            folder.change({last: node})
        elif flags & os.O_EXCL:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        if not isinstance(node, File):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        if flags & os.O_TRUNC:
            self.machine.used -= len(node.data)
            node.truncate(0)
        fd, self._next_fd = self._next_fd, self._next_fd + 1
        self._open[fd] = node, name
        return fd

    def close(self, fd: int) -> None:
        if self.is_dead:
            raise Killed
        file, _ = self._file(fd)
        if file.holder == (self, fd):
            file.holder = None
        del self._open[fd]

    def _file(self, fd: int) -> tuple[File, str]:
        try:
            return self._open[fd]
        except KeyError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        file, name = self._file(fd)
        view, machine = memoryview(data), self.machine
        if self.life == 1 and len(view) > 1:  # dies in the middle of it
            view = view[: machine.rng.randint(1, len(view) - 1)]
            file.write(view, offset)
        self._call("pwrite", name)
        weather = machine.weather
        if weather.short_write and len(view) > 1 and machine.rng.random() < weather.short_write:
            machine.injected["disk: short write"] += 1
            view = view[: machine.rng.randint(1, len(view) - 1)]
        grows = max(0, offset + len(view) - len(file.data))
        room = machine.capacity - machine.used
        if grows > room:  # what fits is written; the next call says no
            fits = len(view) - (grows - max(0, room))
            if fits <= 0:
                raise self._full(name)
            view, grows = view[:fits], max(0, room)
        machine.used += grows
        file.write(view, offset)
        if weather.write_back and machine.rng.random() < weather.write_back:
            file.write_back_some(machine.rng)
        return len(view)

    def truncate(self, fd: int, size: int) -> None:
        file, name = self._file(fd)
        self._call("truncate", name)
        self.machine.used += size - len(file.data)
        file.truncate(size)

    def map(self, fd: int, size: int) -> bytes:
        return bytes(self._file(fd)[0].data[:size])

    def sync(self, fd: int) -> None:
        file, name = self._file(fd)
        if name.endswith(".obj") or "/shipments/" in name:
            self._meanwhile()
        self._call("sync", name)
        weather, machine = self.machine.weather, self.machine
        if weather.sync_fails and machine.rng.random() < weather.sync_fails:
            code = machine.rng.choice((errno.EIO, errno.EIO, errno.ENOSPC))
            machine.injected[f"disk: sync fails ({errno.errorcode[code]})"] += 1
            file.fail_to_sync(machine.rng)
            raise OSError(code, os.strerror(code), name)
        file.sync()

    def lock(self, fd: int, exclusive: bool) -> None:
        self._call("lock", "", changes=False)
        file, name = self._file(fd)
        if file.holder not in (None, (self, fd)):
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), name)
        if exclusive:
            file.holder = (self, fd)

    def read(self, path: Path, offset: int = 0, count: int = -1) -> bytes:
        self._call("read", str(path), changes=False)
        folder, last = self._parent(str(path))
        node = folder.entries.get(last)
        if not isinstance(node, File):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return bytes(node.data[offset:] if count < 0 else node.data[offset : offset + count])

    def size(self, path: Path) -> int | None:
        self._call("size", str(path), changes=False)
        node = self._node(str(path))
        return len(node.data) if isinstance(node, File) else None

    # -- names

    def _node(self, name: str) -> File | Folder | None:
        node: File | Folder | None = self.machine.root
        for part in name.split("/"):
            if part:
                node = node.entries.get(part) if isinstance(node, Folder) else None
        return node

    def _parent(self, name: str) -> tuple[Folder, str]:
        above, _, last = name.rpartition("/")
        folder = self._node(above)
        if not isinstance(folder, Folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return folder, last

    def rename(self, source: Path, target: Path) -> None:
        self._call("rename", str(target))
        (folder, old), (other, new) = self._parent(str(source)), self._parent(str(target))
        node, replaced = folder.entries.get(old), other.entries.get(new)
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
        if isinstance(replaced, File) and replaced is not node:
            self.machine.used -= len(replaced.data) + _INODE_BYTES
        if folder is other:
            folder.change({old: None, new: node})
        else:
            other.change({new: node})
            folder.change({old: None})

    def unlink(self, path: Path) -> None:
        self._call("unlink", str(path))
        folder, last = self._parent(str(path))
        node = folder.entries.get(last)
        if isinstance(node, File):
            self.machine.used -= len(node.data) + _INODE_BYTES
            folder.change({last: None})

    def is_folder(self, path: Path) -> bool:
        self._call("is_folder", str(path), changes=False)
        return isinstance(self._node(str(path)), Folder)

    def make_folder(self, path: Path) -> None:
        self._call("make_folder", str(path))
        folder, last = self._parent(str(path))
        if last not in folder.entries:
            folder.change({last: Folder()})

    def remove_folder(self, path: Path) -> None:
        """As shutil.rmtree does with ignore_errors: what cannot be removed stays."""
        try:
            self._call("remove_folder", str(path))
        except OSError:
            return
        folder, last = self._parent(str(path)) if self._node(str(path)) is not None else (None, "")
        node = folder.entries.get(last) if folder is not None else None
        if folder is not None and isinstance(node, Folder):
            self.machine.used -= sum(len(file.data) + _INODE_BYTES for file in node.files())
            for name in list(node.entries):
                node.change({name: None})
            folder.change({last: None})

    def names(self, folder: Path) -> list[str]:
        self._call("names", str(folder), changes=False)
        node = self._node(str(folder))
        return sorted(node.entries) if isinstance(node, Folder) else []

    def sync_folder(self, folder: Path) -> None:
        self._call("sync_folder", str(folder))
        node = self._node(str(folder))
        if not isinstance(node, Folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        weather = self.machine.weather
        if weather.sync_fails and self.machine.rng.random() < weather.sync_fails:
            self.machine.injected["disk: folder sync fails"] += 1
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(folder))
        node.sync()

    def free_bytes(self, folder: Path) -> int:
        return max(0, self.machine.capacity - self.machine.used)
