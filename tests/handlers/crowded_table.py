"""A table in which many read a row before any of them writes it: whoever reads, decides and writes blindly is found out."""

from __future__ import annotations

import threading
from typing import Any

from functions.adapters.table.memory import MemoryTable

LONGEST_WAIT_S = 30


class CrowdedTable(MemoryTable):
    """The first reads of one row wait for each other: all of `threads` have read before any goes on, `rounds` times.

    To be used by just so many threads at once; one that reads less often breaks the barrier, and so its test.
    """

    def __init__(self, table: MemoryTable, key: tuple[str, str], *, threads: int, rounds: int) -> None:
        super().__init__()
        for row in table.everything():
            self.put({name: value for name, value in row.items() if name != "version"}, expect=None)
        self._key = key
        self._left = threads * rounds
        self._counting = threading.Lock()
        self._together = threading.Barrier(threads, timeout=LONGEST_WAIT_S)

    def get(self, pk: str, sk: str) -> Any:
        row = super().get(pk, sk)
        if (pk, sk) == self._key and self._is_waited_for():
            self._together.wait()
        return row

    def _is_waited_for(self) -> bool:
        with self._counting:
            self._left -= 1
            return self._left >= 0
