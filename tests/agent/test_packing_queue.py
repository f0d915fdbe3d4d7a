"""What waits to be packed, and when those who wait for it are woken."""

from __future__ import annotations

from edge_agent.spool.model import Item
from edge_agent.spool.queue import PackingQueue
from edge_agent.spool.records import Head, ObjectKind
from edge_agent.spool.states import State

MIB = 1 << 20


def item(number: int, size: int = MIB // 2, series: str = "1.2.1", kind: ObjectKind = ObjectKind.DICOM) -> Item:
    head = Head(kind, size, 0, f"{number:064x}", "1.2", f"1.2.1.{number}", "1.2", "1.2.3", series)
    return Item(number, head, State.SPOOLED, 0)


def test_packers_are_woken_for_a_new_series_and_for_a_good_deal_more_of_one_not_for_each_image():
    """A thousand slices must not wake six threads a thousand times; a batch that is full must still be seen at once."""
    queue = PackingQueue()
    woken = [number for number in range(32) if queue.add(item(number), 5.0)]
    assert woken == [0, 7, 15, 23, 31]
    assert queue.add(item(100, series="1.2.2"), 5.0)


def test_many_small_images_wake_the_packers_too():
    queue = PackingQueue()
    woken = [number for number in range(130) if queue.add(item(number, size=100), 5.0)]
    assert woken == [0, 63, 127]


def test_reports_and_what_need_not_wait_wake_the_packers_each_time():
    queue = PackingQueue()
    assert queue.add(item(0), 5.0)
    assert queue.add(item(1), 0.0)
    assert queue.add(item(2, kind=ObjectKind.REPORT), 5.0)
    assert queue.add(item(3, kind=ObjectKind.REPORT), 5.0)
    assert not queue.add(item(4, kind=ObjectKind.REPORT_PDF), 5.0)
