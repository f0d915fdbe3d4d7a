"""Threads that work on what the spool holds."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Workers:
    """`number` threads, each doing one turn after the other; what has nothing to do waits until the spool changes."""

    def __init__(
        self, name: str, number: int, changed: threading.Condition, turn: Callable[[], bool], wait_s: Callable[[], float]
    ) -> None:
        """turn: False when nothing was to do; never raises. wait_s: how long at most to wait then; called under `changed`."""
        self.stopping = threading.Event()
        self._changed, self._turn, self._wait_s = changed, turn, wait_s
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(number)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the turns at hand, and wait for that."""
        self.stopping.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self.stopping.is_set():
            if self._turn():
                continue
            with self._changed:
                if not self.stopping.is_set():
                    self._changed.wait(self._wait_s())
