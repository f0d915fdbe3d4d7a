"""Queues in and out: batches of which only the failed records come back, and a sender."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from functions.adapters.observability import count, logger
from functions.core.errors import LightboxError

D = TypeVar("D")
LONGEST_PAUSE_S = 300
NAME, SHA256 = re.compile("[a-z2-7]{32}"), re.compile("[0-9a-f]{64}")
KEYED = {"tenant": re.compile("[a-z0-9-]{2,32}"), "exam": NAME, "study": NAME, "series": NAME, "sha256": SHA256}


class Queue(Protocol):
    def send(self, message: Mapping[str, Any], after_s: int = 0) -> None:
        """At least once, not before `after_s` (at most 900); whatever the service raises says that it was not taken."""

    def postpone(self, record: Mapping[str, Any], seconds: int) -> None:
        """Deliver a failed record again after this time, not after the queue's long visibility timeout."""


class SqsQueue:
    """client: makes boto3's `sqs` client at first use."""

    def __init__(self, url: str, client: Callable[[], Any]) -> None:
        self._url = url
        self._client = client

    def send(self, message: Mapping[str, Any], after_s: int = 0) -> None:
        body = json.dumps(message, ensure_ascii=False)
        self._client().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=after_s)

    def postpone(self, record: Mapping[str, Any], seconds: int) -> None:
        self._client().change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
        )


def per_record(event: Mapping[str, Any], work: Callable[[Any, D], None], deps: D, queue: Queue) -> dict[str, Any]:
    """Call `work` with each record's JSON body; answer with the ids that failed, so that only they are delivered again.

    queue: the one that the records come from. It delivers what failed again soon, or when the error says that it helps.
    A record that fails too often ends in the queue's dead-letter queue with everything in it: here nothing is dropped.
    """
    failed = []
    for record in event["Records"]:
        try:
            work(json.loads(record["body"]), deps)
        except Exception as error:  # the one place where a failure becomes "deliver again"
            report_failure(error, record)
            postpone(queue, record, at_least_s=error.after_s if isinstance(error, LightboxError) else 0)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def postpone(queue: Queue, record: Mapping[str, Any], at_least_s: int = 0) -> None:
    """Again after 2, 4, 8, … s: most failures are somebody else's write or a moment of a service."""
    try:
        queue.postpone(record, max(at_least_s, min(2 ** tries_of(record), LONGEST_PAUSE_S)))
    except Exception as error:  # then it comes again when the queue's visibility timeout ends
        report_failure(error, record)


def tries_of(record: Mapping[str, Any]) -> int:
    """How often the record was delivered, this time included."""
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def age_s(record: Mapping[str, Any], now: datetime) -> float:
    """Seconds since the message was sent."""
    return now.timestamp() - int(record["attributes"]["SentTimestamp"]) / 1000


def report_failure(error: Exception, record: Mapping[str, Any]) -> None:
    """Log and count that a record comes again, without anything of its contents."""
    code = error.code if isinstance(error, LightboxError) else type(error).__name__
    tries = record.get("attributes", {}).get("ApproximateReceiveCount", "?")
    facts = {"code": code, "message_id": record["messageId"], "tries": tries}
    # an unknown error's text may hold what it was working on: its type and place tell enough
    logger.warning("record failed", extra={**subject_of(record), **facts, "at": _place(error)})
    count("RecordFailed", code=code)


def subject_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The keyed names in a record's body: of an event, bare or as EventBridge wraps it, or of a message to ingest.

    What is no such name is left out, so that a message nobody expected cannot bring anything else into a log.
    """
    try:
        message = json.loads(record["body"])
        event = message.get("detail", message)
        known = {**event.get("body", {}), **{name: value for name, value in event.items() if name != "body"}}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    return {name: known[name] for name in KEYED if isinstance(known.get(name), str) and KEYED[name].fullmatch(known[name])}


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
