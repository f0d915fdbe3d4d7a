"""The event bus."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

SOURCE = "lightbox"
BATCH = 10  # put_events takes ten


class Bus(Protocol):
    def put(self, events: Sequence[Mapping[str, Any]]) -> set[str]:
        """Offer the envelopes; returns the ids of those that the bus did not take."""


class EventBridge:
    """client: makes boto3's `events` client at first use."""

    def __init__(self, name: str, client: Callable[[], Any]) -> None:
        self._name = name
        self._client = client

    def put(self, events: Sequence[Mapping[str, Any]]) -> set[str]:
        failed: set[str] = set()
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            answer = self._client().put_events(Entries=[self._entry(event) for event in batch])
            # a 200 does not say that all were taken
            if answer["FailedEntryCount"]:
                failed |= {event["id"] for event, entry in zip(batch, answer["Entries"], strict=True) if entry.get("ErrorCode")}
        return failed

    def _entry(self, event: Mapping[str, Any]) -> dict[str, str]:
        detail = json.dumps(event, ensure_ascii=False)
        return {"EventBusName": self._name, "Source": SOURCE, "DetailType": event["type"], "Detail": detail}
