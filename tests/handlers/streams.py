"""The table's stream, as DynamoDB would send it, from a table in memory."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeSerializer

from functions.adapters.table.dynamo import OWN
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row

CREATED = 1795500300.0  # 2026-11-24T06:05:00Z


class Stream:
    """Watches a memory table and keeps its changes as stream records."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def table(self) -> MemoryTable:
        return MemoryTable(watch=self.note)

    def note(self, old: Row | None, new: Row | None) -> None:
        change: dict[str, Any] = {
            "SequenceNumber": str(len(self.records) + 1),
            "ApproximateCreationDateTime": CREATED,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        if old is not None:
            change["OldImage"] = image(old)
        if new is not None:
            change["NewImage"] = image(new)
        name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
        self.records.append(
            {"eventID": str(len(self.records)), "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}
        )

    def take(self) -> dict[str, Any]:
        """All changes so far as one event; they are gone afterwards."""
        event = {"Records": self.records}
        self.records = []
        return event


def image(row: Row) -> dict[str, Any]:
    """The row as the adapter stores it."""
    own = (*OWN, "replayed")
    item = {name: row[name] for name in own if row.get(name) is not None}
    item["data"] = {name: value for name, value in row.items() if name not in own}
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in item.items()}
