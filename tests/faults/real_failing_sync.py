"""python -m tests.faults.real_failing_sync SEED PER_MILLE ARGUMENTS…: the agent, in a process where some syncs fail with EIO.

The data may be on the disk or not, as after a real failure; the agent must not believe that it is. A compiler for a preloaded
library is not everywhere, so the two system calls are wrapped where Python makes them.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from random import Random


def failing(sync: Callable[[int], None], chance: Random, per_mille: int) -> Callable[[int], None]:
    """`sync`, which fails now and then, but not in the main thread, so that the agent can start."""
    lock = threading.Lock()

    def call(fd: int) -> None:
        with lock:
            fails = chance.randrange(1000) < per_mille
        if fails and threading.current_thread() is not threading.main_thread():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(fd)

    return call


if __name__ == "__main__":
    seed, per_mille = int(sys.argv[1]), int(sys.argv[2])
    chance = Random(seed + os.getpid())  # another story after each start
    os.fdatasync = failing(os.fdatasync, chance, per_mille)
    os.fsync = failing(os.fsync, chance, per_mille)
    from edge_agent.__main__ import main

    sys.exit(main(sys.argv[3:]))
