"""Which way to make a received object durable costs least? The figures of docs/adr/0001-spool-durability.md.

    python -m tests.agent.measure_durability [folder] [--objects 300] [--mib 0.5] [--rounds 5]

Every way ends with the object's bytes and what finds them again on stable storage. Ways are interleaved; medians are
printed in objects/s for 1 and 4 writing threads.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

CHUNK = 1 << 20
RECORD = b"r" * 128


class GroupJournal:
    """Append a record; return when a sync that started after the append has ended. One sync serves all who wait."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self.lock = threading.Lock()
        self.sync_lock = threading.Lock()
        self.appended = self.synced = 0

    def append(self) -> None:
        with self.lock:
            os.write(self.fd, RECORD)
            self.appended += 1
            mine = self.appended
        with self.sync_lock:
            if self.synced >= mine:
                return
            with self.lock:
                reached = self.appended
            os.fdatasync(self.fd)
            self.synced = reached


class GroupDirectory:
    """fsync of a folder, shared by those who wait for it."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDONLY)
        self.lock = threading.Lock()
        self.sync_lock = threading.Lock()
        self.asked = self.synced = 0

    def sync(self) -> None:
        with self.lock:
            self.asked += 1
            mine = self.asked
        with self.sync_lock:
            if self.synced >= mine:
                return
            with self.lock:
                reached = self.asked
            os.fsync(self.fd)
            self.synced = reached


def _write(fd: int, body: memoryview) -> None:
    for start in range(0, len(body), CHUNK):
        os.write(fd, body[start : start + CHUNK])


def ways(folder: Path, body: memoryview) -> dict[str, Callable[[str], None]]:
    journal = GroupJournal(folder / "journal")
    directory = GroupDirectory(folder)

    def create(name: str) -> int:
        return os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY)

    def sync_rename(name: str) -> None:
        fd = create(name + ".part")
        _write(fd, body)
        os.fdatasync(fd)
        os.close(fd)
        os.rename(folder / (name + ".part"), folder / name)

    def sync_rename_directory(name: str) -> None:
        sync_rename(name)
        directory.sync()

    def sync_rename_journal(name: str) -> None:
        sync_rename(name)
        journal.append()

    def final_name_directory(name: str) -> None:
        fd = create(name)
        _write(fd, body)
        os.fdatasync(fd)
        os.close(fd)
        directory.sync()

    def slot(name: str) -> None:
        fd = os.open(folder / f"slot-{name}", os.O_WRONLY)
        _write(fd, body)
        os.fdatasync(fd)
        os.close(fd)

    def slot_allocated(name: str) -> None:
        fd = os.open(folder / f"slot-{name}", os.O_WRONLY)
        os.posix_fallocate(fd, 0, len(body))
        _write(fd, body)
        os.fdatasync(fd)
        os.close(fd)

    return {
        "fdatasync, rename (name not promised)": sync_rename,
        "fdatasync, rename, fsync folder (grouped)": sync_rename_directory,
        "fdatasync, rename, journal (grouped)": sync_rename_journal,
        "final name at once, fdatasync, fsync folder (grouped)": final_name_directory,
        "prepared file, fdatasync": slot,
        "prepared file, fallocate, fdatasync": slot_allocated,
        "recycled file of the same size, fdatasync": slot,
    }


def measure(root: Path, way: str, body: memoryview, objects: int, threads: int) -> float:
    folder = Path(tempfile.mkdtemp(dir=root))
    try:
        put = ways(folder, body)[way]
        if way.startswith(("prepared", "recycled")):
            for number in range(objects):
                (folder / f"slot-{number}").write_bytes(bytes(len(body)) if way.startswith("recycled") else b"")
            fd = os.open(folder, os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
        os.sync()
        numbers = iter(range(objects))
        lock = threading.Lock()

        def run() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                put(str(number))

        workers = [threading.Thread(target=run) for _ in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return objects / (time.perf_counter() - start)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=".")
    parser.add_argument("--objects", type=int, default=300)
    parser.add_argument("--mib", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    body = memoryview(os.urandom(int(options.mib * (1 << 20))))
    root = Path(tempfile.mkdtemp(dir=options.folder))
    names = list(ways(root, body))
    rates: dict[tuple[str, int], list[float]] = {}
    try:
        for turn in range(options.rounds + 1):
            for name in names:
                for threads in (1, 4):
                    rate = measure(root, name, body, options.objects, threads)
                    if turn:
                        rates.setdefault((name, threads), []).append(rate)
    finally:
        shutil.rmtree(root)
    for name in names:
        one, four = (statistics.median(rates[name, threads]) for threads in (1, 4))
        print(f"{name:56} {one:7.0f} {four:7.0f}")


if __name__ == "__main__":
    main()
