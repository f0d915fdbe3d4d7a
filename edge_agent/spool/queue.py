"""What waits to be packed: DICOM objects by series, reports one by one. No lock of its own: the Spool's is held.

An object is in it once, however often it is added, so that whoever fails may always give back what was taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge_agent.spool.model import Item, SeriesKey
from edge_agent.spool.records import ObjectKind

_LOOK_AGAIN_BYTES, _LOOK_AGAIN_OBJECTS = 4 << 20, 64  # of one series


@dataclass(slots=True)
class _Series:
    items: dict[int, Item] = field(default_factory=dict)
    bytes: int = 0
    last_s: float = 0.0


class PackingQueue:
    """Series grow until they are quiet or large; then a batch of them is taken."""

    def __init__(self) -> None:
        self._series: dict[SeriesKey, _Series] = {}
        self._reports: dict[int, Item] = {}

    def add(self, item: Item, now_s: float) -> bool:
        """now_s: monotonic time of arrival; 0 for what need not wait.

        True when those who wait for something to pack should look: a report, the first object of a series, or a good deal more
        of one. Waking them for each object would cost a sender more than the disk does.
        """
        if item.head.kind is ObjectKind.REPORT:
            self._reports[item.number] = item
            return True
        if item.head.kind is not ObjectKind.DICOM:
            return False
        series = self._series.setdefault(item.series, _Series())
        before = series.bytes, len(series.items)
        if item.number not in series.items:
            series.items[item.number] = item
            series.bytes += item.head.data_bytes
        series.last_s = max(series.last_s, now_s)
        is_more = series.bytes // _LOOK_AGAIN_BYTES > before[0] // _LOOK_AGAIN_BYTES
        return not before[1] or not now_s or is_more or len(series.items) % _LOOK_AGAIN_OBJECTS == 0

    def take_report(self) -> Item | None:
        return self._reports.pop(next(iter(self._reports))) if self._reports else None

    def take_series(self, now_s: float, quiet_s: float, batch_bytes: int, batch_objects: int) -> list[Item]:
        """Up to about `batch_bytes`, and at most `batch_objects`, of one series that is quiet or holds as much.

        Empty when none is ready.
        """
        for key, series in self._series.items():
            is_large = series.bytes >= batch_bytes or len(series.items) >= batch_objects
            if not is_large and now_s - series.last_s < quiet_s:
                continue
            taken: list[Item] = []
            size = 0
            for item in series.items.values():
                if taken and (size + item.head.data_bytes > batch_bytes or len(taken) == batch_objects):
                    break
                size += item.head.data_bytes
                taken.append(item)
            for item in taken:
                del series.items[item.number]
            series.bytes -= size
            if not series.items:
                del self._series[key]
            return taken
        return []

    def next_due_s(self, quiet_s: float) -> float | None:
        """When a series grows quiet (monotonic), or 0 for a report, which waits for nothing; None when the queue is empty."""
        return 0.0 if self._reports else min((series.last_s + quiet_s for series in self._series.values()), default=None)

    @property
    def objects(self) -> int:
        return len(self._reports) + sum(len(series.items) for series in self._series.values())
