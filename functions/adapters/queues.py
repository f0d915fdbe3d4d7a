"""Queues in and out: batches of which only the failed records come back, and a sender."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from functions.adapters.observability import count, logger
from functions.core.errors import LightboxError

D = TypeVar("D")


class Queue(Protocol):
    def send(self, message: Mapping[str, Any]) -> None:
        """At least once; whatever the service raises says that it was not taken."""

    def postpone(self, record: Mapping[str, Any], seconds: int) -> None:
        """Deliver a failed record again after this time, not after the queue's long visibility timeout."""


class SqsQueue:
    """client: makes boto3's `sqs` client at first use."""

    def __init__(self, url: str, client: Callable[[], Any]) -> None:
        self._url = url
        self._client = client

    def send(self, message: Mapping[str, Any]) -> None:
        self._client().send_message(QueueUrl=self._url, MessageBody=json.dumps(message, ensure_ascii=False))

    def postpone(self, record: Mapping[str, Any], seconds: int) -> None:
        self._client().change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
        )


def per_record(event: Mapping[str, Any], work: Callable[[Any, D], None], deps: D) -> dict[str, Any]:
    """Call `work` with each record's JSON body; answer with the ids that failed, so that only they are delivered again.

    A record that fails too often ends in the queue's dead-letter queue with everything in it: here nothing is dropped.
    """
    failed = []
    for record in event["Records"]:
        try:
            work(json.loads(record["body"]), deps)
        except Exception as error:  # the one place where a failure becomes "deliver again"
            report_failure(error, record)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def report_failure(error: Exception, record: Mapping[str, Any]) -> None:
    """Log and count that a record comes again, without anything of its contents."""
    code = error.code if isinstance(error, LightboxError) else type(error).__name__
    tries = record.get("attributes", {}).get("ApproximateReceiveCount", "?")
    # an unknown error's text may hold what it was working on: its type and place tell enough
    logger.warning("record failed", extra={"code": code, "message_id": record["messageId"], "tries": tries, "at": _place(error)})
    count("RecordFailed", code=code)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
