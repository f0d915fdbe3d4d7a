"""Read, decide, write if nobody wrote meanwhile; else again. The one loop around conditional writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import uniform

from functions.adapters.table.port import Row, Table
from functions.core.errors import VersionConflict

TRIES = 12
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.5


def change(
    table: Table,
    pk: str,
    sk: str,
    decide: Callable[[Row | None], Row | None],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Row | None:
    """Put what `decide` makes of the standing row (None: no row). `decide` returns None, or an equal row, to leave all as it is.

    decide: called again after a conflict, so what else it reads it reads after the row that it is given.
    pause: waits so many seconds after a conflict: by chance, so that those who met do not meet again.
    Returns the row that stands afterwards. Raises VersionConflict when others win twelve times in a row.
    """
    for tries in range(TRIES):
        old = table.get(pk, sk)
        new = decide(old)
        if new is None or (old is not None and {**new, "version": old["version"]} == dict(old)):
            return old
        try:
            return table.put(new, expect=None if old is None else old["version"])
        except VersionConflict:
            pause(uniform(0, min(FIRST_PAUSE_S * 2**tries, LONGEST_PAUSE_S)))  # noqa: S311
    raise VersionConflict()
