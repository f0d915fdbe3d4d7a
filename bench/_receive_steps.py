"""Where an image's time goes between its first byte and its answer: the table of docs/adr/0006-receiving.md.

    python -m bench._receive_steps [--associations 4] [--rounds 5]

The receiver runs in this process with a clock around each step; the same images come from storescu as in bench/receive.py. Times
are the wall clock's, per image, medians over the rounds. What is measured costs a few microseconds per step itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.receive import WORK, Images, made, send
from edge_agent.receiver import association, pdata
from edge_agent.receiver.association import Association, Terms
from edge_agent.receiver.server import Receiver
from edge_agent.spool.incoming import Incoming
from edge_agent.spool.port import Disk, RealDisk
from edge_agent.spool.slots import Keeping, Slot
from edge_agent.spool.store import Spool

STEPS = {
    "wait for bytes and copy them": (pdata.Wire, "_fill"),
    "take a prepared file, open it": (Spool, "begin"),
    "SHA-256": (None, "sha256"),
    "write": (None, "pwrite"),
    "look through the data set": (association, "examine_beginning"),
    "sync head and data": (None, "sync"),
    "journal, memory, wake the packer": (Spool, "promise"),
    "answer": (pdata.Wire, "send"),
}
TOTAL = "an image, from answer to answer"


class Steps:
    """Seconds by step, of threads that serve an association only."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                self.add(name, time.perf_counter() - start)

        return call

    def add(self, name: str, seconds: float) -> None:
        if threading.current_thread().name == "association":
            with self._lock:
                self.seconds[name] += seconds


class TimedDisk(RealDisk):
    """The machine's, with a clock. What the journal writes is part of its own step."""

    def __init__(self, steps: Steps) -> None:
        self._object_files: set[int] = set()
        self._write, self._sync = steps.timed("write", RealDisk.pwrite), steps.timed("sync head and data", RealDisk.sync)

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        fd = super().open(path, flags, mode)
        (self._object_files.add if path.suffix == ".obj" else self._object_files.discard)(fd)
        return fd

    def pwrite(self, fd: int, data: Any, offset: int, /) -> int:
        return int((self._write if fd in self._object_files else RealDisk.pwrite)(fd, data, offset))

    def sync(self, fd: Any, /) -> None:
        (self._sync if fd in self._object_files else RealDisk.sync)(fd)


class _TimedSha256:
    """hashlib's, with a clock."""

    def __init__(self, steps: Steps, sha256: Any) -> None:
        self._sha256 = sha256
        self.update = steps.timed("SHA-256", sha256.update)
        self.hexdigest = sha256.hexdigest


@contextmanager
def clocked(steps: Steps) -> Iterator[None]:
    """A clock around each step, for as long as this lasts. Put on from outside, past the types: the product has none."""
    before = {(owner, name): getattr(owner, name) for owner, name in STEPS.values() if owner is not None}
    run, start = Association.run, Incoming.__init__

    def begun(self: Incoming, slot: Slot, path: Path, spool: Spool, disk: Disk) -> None:
        start(self, slot, path, spool, disk)
        self._sha256 = _TimedSha256(steps, self._sha256)  # type: ignore[assignment]

    try:
        for step, (owner, name) in STEPS.items():
            if owner is not None:
                setattr(owner, name, steps.timed(step, before[owner, name]))
        Association.run = steps.timed(TOTAL, run)  # type: ignore[method-assign]
        Incoming.__init__ = begun  # type: ignore[method-assign]
        yield
    finally:
        for (owner, name), original in before.items():
            setattr(owner, name, original)
        Association.run, Incoming.__init__ = run, start  # type: ignore[method-assign]


def _at_once(work: Callable[[], object]) -> None:
    work()


def measured(images: Images, associations: int, ready_bytes: int) -> dict[str, float]:
    """Microseconds per image by step, and images/s."""
    steps = Steps()
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK.resolve(), prefix="steps-") as folder, clocked(steps):
        spool = Spool(Path(folder) / "spool", 1 << 40, 0, disk=TimedDisk(steps), in_background=_at_once)
        spool.prepare(Keeping(ready_bytes))
        receiver = Receiver("127.0.0.1", 0, 16, Terms("BENCH", False, 1 << 20, 60.0), spool)
        receiver.start()
        try:
            os.sync()
            seconds = send(receiver.port, images.batches(associations))
        finally:
            receiver.stop()
            spool.close()
    of_each = {name: value / images.count * 1e6 for name, value in steps.seconds.items()}
    of_each["all the rest of Python"] = of_each[TOTAL] - sum(of_each[name] for name in STEPS)
    return of_each | {"images/s": images.count / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench._receive_steps")
    parser.add_argument("--associations", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ready-mib", type=int, default=256, help="files kept ready; 0: empty ones only")
    options = parser.parse_args()
    images = made()
    rounds = [measured(images, options.associations, options.ready_mib << 20) for _ in range(options.rounds + 1)][1:]
    for name in [*STEPS, "all the rest of Python", TOTAL, "images/s"]:
        values = [found[name] for found in rounds]
        print(f"{name:36}{statistics.median(values):8.0f}   {min(values):6.0f} … {max(values):.0f}")


if __name__ == "__main__":
    main()
