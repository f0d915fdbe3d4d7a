"""Two that write one row at once: both get through, and do not meet again and again."""

from __future__ import annotations

import pytest

from functions.adapters.table.changing import LONGEST_PAUSE_S, TRIES, change
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from functions.core.errors import VersionConflict


class Crowded(MemoryTable):
    """Somebody else wins the first `losses` writes."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def put(self, row: Row, *, expect: int | None) -> Row:
        if self.losses:
            self.losses -= 1
            raise VersionConflict()
        return super().put(row, expect=expect)


def counted(row: Row | None) -> Row:
    return {"pk": "a", "sk": "b", "kind": "test", "n": (row["n"] if row else 0) + 1}


def test_who_lost_waits_by_chance_before_trying_again() -> None:
    """Without a pause forty writers of one study's row use up their tries within milliseconds, and all of them fail."""
    runs = []
    for _ in range(2):
        pauses: list[float] = []
        row = change(Crowded(TRIES - 1), "a", "b", counted, pause=pauses.append)
        assert row is not None
        assert row["n"] == 1
        assert len(pauses) == TRIES - 1
        assert all(0 <= pause <= LONGEST_PAUSE_S for pause in pauses)
        runs.append(pauses)
    assert runs[0] != runs[1]
    assert max(runs[0]) > 0.01


def test_a_row_that_others_always_win_is_given_up() -> None:
    with pytest.raises(VersionConflict):
        change(Crowded(TRIES), "a", "b", counted, pause=lambda _: None)
