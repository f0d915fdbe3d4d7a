"""Says in the table whose rows are lost, for the door: who comes with a lost link is told to wait, not that there is none."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import VersionConflict
from functions.core.study.hospitals import Rebuilding
from functions.core.times import iso


def announce(tenants: Iterable[str], deps: Deps) -> None:
    """Until each is withdrawn. Twice is once."""
    since = dict.fromkeys(tenants, iso(deps.clock.now()))
    if since:
        change(deps.table, *Rebuilding().key(), lambda row: Rebuilding({**since, **_announced(row)}).to_row())


def withdraw(tenant: str, deps: Deps) -> None:
    """Before its hospital opens: stopped between the two, the next run meets a hospital that is still closed, and ends both."""

    def decide(row: Row | None) -> Row | None:
        rest = {name: since for name, since in _announced(row).items() if name != tenant}
        return replace(Rebuilding.from_row(row), hospitals=rest).to_row() if row else None

    row = change(deps.table, *Rebuilding().key(), decide)
    if row is not None and not row["hospitals"]:
        with suppress(VersionConflict):  # another run has just announced one
            deps.table.delete(row["pk"], row["sk"], expect=row["version"])


def _announced(row: Row | None) -> dict[str, str]:
    return Rebuilding.from_row(row).hospitals if row else {}
