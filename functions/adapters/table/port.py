"""What the index is asked for, whatever stands behind it.

Contract, met by every implementation and shown by one suite (tests/contracts/test_table.py):

- A row is a flat mapping of JSON values (str, int, bool, None, list, dict; no float) with `pk`, `sk`, `kind` and `version`.
- `put` is atomic and conditional: `expect=None` means that no row stands there, else the row's version must equal `expect`.
  The stored row has version `(expect or 0) + 1`. A second put with the same `expect` raises `VersionConflict`, changing nothing.
- `get` and `rows` see every earlier successful `put` of the same process (strongly consistent); `by_day`, `by_person`,
  `agents`, `bill_entries` and `bill_cases` may lag by seconds.
- A row whose `ttl` (epoch seconds) has passed may still be returned: callers compare it with their own clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

Row = Mapping[str, Any]


class Table(Protocol):
    def get(self, pk: str, sk: str) -> Row | None:
        """The row, or None."""

    def rows(self, pk: str, sk_prefix: str = "") -> Iterator[Row]:
        """All rows of a partition whose sort key starts with the prefix, in key order."""

    def put(self, row: Row, *, expect: int | None, replayed: bool = False) -> Row:
        """Write the row if its version stands as expected; returns it with its new version. Raises VersionConflict.

        replayed: the change tells nothing new, it writes again what was told before. Only the stream shows this mark, and only
        for this change.
        """

    def delete(self, pk: str, sk: str, *, expect: int) -> None:
        """Remove the row if its version stands as expected. Raises VersionConflict."""

    def scan(self) -> Iterator[Row]:
        """Every row, in no order, with every `put` that was done before; rows that change meanwhile may come as they were or as
        they are. Reads the whole table."""

    def by_day(self, tenant: str, day: str) -> Iterator[Row]:
        """Studies of a tenant's day (yyyy-mm-dd), all shards, newest first."""

    def agents(self, tenant: str | None = None) -> Iterator[Row]:
        """One hospital's agents, or every hospital's, in order of hospital and agent; may lag by seconds."""

    def due(self, until: str) -> Iterator[Row]:
        """What waits for a time that has come, every hospital's, in order of time; may lag by seconds. until: ISO UTC."""

    def by_person(self, tenant: str, patient: str) -> Iterator[Row]:
        """Exams of one person within a tenant, newest first."""

    def fresh_lines(self, tenant: str) -> Iterator[Row]:
        """Lines of a tenant's studies that are newer than the lake's files, in no order; may lag by seconds."""

    def bill_entries(self, tenant: str, month: str, after: str = "") -> Iterator[Row]:
        """What stands on a tenant's bill of a month (yyyy-mm): cases, then corrections, each in order of time.

        after: the `day_sk` of the entry behind which to begin. May lag by seconds.
        """

    def bill_cases(self, tenant: str, month: str) -> int:
        """How many cases that bill has; may lag by seconds."""
