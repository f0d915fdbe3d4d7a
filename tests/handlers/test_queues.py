"""What failed comes again soon, and only that."""

from __future__ import annotations

import json
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


def said_of(body: str, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """What the log says of a record that failed."""

    def work(body: Any, _: None) -> None:
        raise ValueError

    per_record(sqs_event(body), work, None, MemoryQueue())
    (record,) = [one for one in caplog.records if one.message == "record failed"]
    return {name: vars(record)[name] for name in ("tenant", "exam", "study", "series", "sha256") if name in vars(record)}


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_log_of_a_failed_record_says_which_study_and_exam(wrapped: bool, caplog: pytest.LogCaptureFixture) -> None:
    """By message id alone nobody finds the patient who was not told."""
    names = {"exam": "e" * 32, "study": "s" * 32}
    event = {"id": "x", "tenant": "xiehe", "body": {**names, "reasons": ["patient_differs"]}}
    message = {"detail-type": "exam_released", "detail": event} if wrapped else event
    assert said_of(json.dumps(message), caplog) == {"tenant": "xiehe", **names}


def test_the_log_of_a_failed_message_to_ingest_says_which_series(caplog: pytest.LogCaptureFixture) -> None:
    message = {"kind": "manifest", "tenant": "xiehe", "study": "s" * 32, "series": "t" * 32, "sha256": "ab" * 32, "agent": "a"}
    assert said_of(json.dumps(message), caplog) == {name: message[name] for name in ("tenant", "study", "series", "sha256")}


@pytest.mark.parametrize("body", ['{"tenant": "张三", "study": "1.2.840.1", "exam": "A1"}', "[1]", '"x"', '{"detail": 7}'])
def test_what_is_no_keyed_name_stays_out_of_the_log(body: str, caplog: pytest.LogCaptureFixture) -> None:
    assert said_of(body, caplog) == {}
