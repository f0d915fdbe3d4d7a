"""What failed comes again soon, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.queues import age_s, per_record
from functions.core.errors import ServiceBusy
from tests.fakes import NOW, MemoryQueue, sqs_event


def deliver(error: Exception, tries: int = 1, queue: MemoryQueue | None = None) -> list[tuple[str, int]]:
    """One good and one failing record; returns what was postponed."""
    queue = queue or MemoryQueue()
    event = sqs_event('"good"', '"bad"')
    event["Records"][1]["attributes"]["ApproximateReceiveCount"] = str(tries)

    def work(body: str, _: None) -> None:
        if body == "bad":
            raise error

    answer = per_record(event, work, None, queue)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    return queue.postponed


@pytest.mark.parametrize(("tries", "pause"), [(1, 2), (2, 4), (5, 32), (8, 256), (9, 300), (1000, 300)])
def test_a_failed_record_comes_again_after_a_pause_that_doubles(tries: int, pause: int) -> None:
    """Not after the visibility timeout, which must be six times the function's longest run."""
    assert deliver(ValueError(), tries) == [("message-1", pause)]


def test_an_error_that_knows_when_it_helps_to_try_again_is_believed() -> None:
    assert deliver(ServiceBusy(service="sms", after_s=35)) == [("message-1", 35)]
    assert deliver(ServiceBusy(service="sms", after_s=35), tries=7) == [("message-1", 128)]


def test_a_queue_that_cannot_be_asked_still_gets_the_record_back() -> None:
    class Broken(MemoryQueue):
        def postpone(self, record: Any, seconds: int) -> None:
            raise OSError

    assert deliver(ValueError(), queue=Broken()) == []


def test_a_records_age_is_counted_from_when_it_was_sent() -> None:
    (record,) = sqs_event("{}")["Records"]
    assert age_s(record, NOW) == 0
