"""Deps that write history: each change marked as replayed, at a time that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from functions.adapters.table.port import Row, Table
from functions.adapters.wiring import Deps


class ReplayingTable:
    """Every `put` is marked; the rest goes through."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, pk: str, sk: str) -> Row | None:
        return self._table.get(pk, sk)

    def rows(self, pk: str, sk_prefix: str = "") -> Iterator[Row]:
        return self._table.rows(pk, sk_prefix)

    def put(self, row: Row, *, expect: int | None, replayed: bool = True) -> Row:
        return self._table.put(row, expect=expect, replayed=replayed)

    def delete(self, pk: str, sk: str, *, expect: int) -> None:
        self._table.delete(pk, sk, expect=expect)

    def scan(self) -> Iterator[Row]:
        return self._table.scan()

    def by_day(self, tenant: str, day: str) -> Iterator[Row]:
        return self._table.by_day(tenant, day)

    def fresh_lines(self, tenant: str) -> Iterator[Row]:
        return self._table.fresh_lines(tenant)

    def due(self, until: str) -> Iterator[Row]:
        return self._table.due(until)

    def by_person(self, tenant: str, patient: str) -> Iterator[Row]:
        return self._table.by_person(tenant, patient)

    def bill_entries(self, tenant: str, month: str, after: str = "") -> Iterator[Row]:
        return self._table.bill_entries(tenant, month, after)

    def bill_cases(self, tenant: str, month: str) -> int:
        return self._table.bill_cases(tenant, month)


class StandingClock:
    """The moment that is lived through again."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


class _Replaying:
    def __init__(self, deps: Deps, moment: datetime) -> None:
        self._deps = deps
        self.table = ReplayingTable(deps.table)
        self.clock = StandingClock(moment)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._deps, name)


def replaying(deps: Deps, moment: datetime) -> Deps:
    return cast("Deps", _Replaying(deps, moment))
