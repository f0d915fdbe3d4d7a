"""The table in memory: for tests, with the contract of `port.py`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from functions.adapters.table.port import Row
from functions.core.errors import VersionConflict
from functions.core.study import keys


class MemoryTable:
    """watch: called after each change with the old and the new row, as the stream of the real table would; a replayed change's
    new row says so."""

    def __init__(self, watch: Callable[[Row | None, Row | None], None] | None = None) -> None:
        self._rows: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._watch = watch

    def get(self, pk: str, sk: str) -> Row | None:
        with self._lock:
            text = self._rows.get((pk, sk))
        return _load(text)

    def rows(self, pk: str, sk_prefix: str = "") -> Iterator[Row]:
        with self._lock:
            found = sorted((key, text) for key, text in self._rows.items() if key[0] == pk and key[1].startswith(sk_prefix))
        for _, text in found:
            yield json.loads(text)

    def put(self, row: Row, *, expect: int | None, replayed: bool = False) -> Row:
        key = (row["pk"], row["sk"])
        with self._lock:
            old = _load(self._rows.get(key))
            if (None if old is None else old["version"]) != expect:
                raise VersionConflict()
            new = {**row, "version": (expect or 0) + 1}
            self._rows[key] = json.dumps(new, ensure_ascii=False)
        if self._watch:
            self._watch(old, json.loads(self._rows[key]) | ({"replayed": True} if replayed else {}))
        return new

    def delete(self, pk: str, sk: str, *, expect: int) -> None:
        with self._lock:
            old = _load(self._rows.get((pk, sk)))
            if old is None or old["version"] != expect:
                raise VersionConflict()
            del self._rows[pk, sk]
        if self._watch:
            self._watch(old, None)

    def by_day(self, tenant: str, day: str) -> Iterator[Row]:
        wanted = {keys.day_pk(tenant, day, shard) for shard in range(keys.DAY_SHARDS)}
        return self._newest_first("day", lambda row: row.get("day_pk") in wanted)

    def agents(self, tenant: str | None = None) -> Iterator[Row]:
        listed = (row for row in self.everything() if row.get("day_pk") == keys.agents_pk() and tenant in (None, row["tenant"]))
        return iter(sorted(listed, key=lambda row: row["day_sk"]))

    def due(self, until: str) -> Iterator[Row]:
        listed = (row for row in self.everything() if row.get("day_pk") == keys.due_pk() and row["day_sk"] < f"{until}$")
        return iter(sorted(listed, key=lambda row: row["day_sk"]))

    def by_person(self, tenant: str, patient: str) -> Iterator[Row]:
        wanted = keys.person_pk(tenant, patient)
        return self._newest_first("person", lambda row: row.get("person_pk") == wanted)

    def fresh_lines(self, tenant: str) -> Iterator[Row]:
        return (row for row in self.everything() if row.get("day_pk") == keys.lake_pk(tenant))

    def bill_entries(self, tenant: str, month: str, after: str = "") -> Iterator[Row]:
        wanted = keys.bill_pk(tenant, month)
        listed = (row for row in self.everything() if row.get("day_pk") == wanted and row["day_sk"] > after)
        return iter(sorted(listed, key=lambda row: row["day_sk"]))

    def bill_cases(self, tenant: str, month: str) -> int:
        return sum(row["day_sk"].startswith(keys.CASE_ENTRY) for row in self.bill_entries(tenant, month))

    def _newest_first(self, index: str, chosen: Callable[[Row], bool]) -> Iterator[Row]:
        with self._lock:
            everything = [json.loads(text) for text in self._rows.values()]
        return iter(sorted((row for row in everything if chosen(row)), key=lambda row: row[f"{index}_sk"], reverse=True))

    def scan(self) -> Iterator[Row]:
        return iter(self.everything())

    def everything(self) -> list[Row]:
        """All rows in key order: for comparing two tables."""
        with self._lock:
            return [json.loads(self._rows[key]) for key in sorted(self._rows)]


def _load(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
