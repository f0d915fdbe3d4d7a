"""The queues of the deployment: how much waits in each, how much was given up, and sending that through again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from functions.adapters.settings import WatchedQueue

AT_ONCE = 10  # SQS gives no more in one answer
HIDDEN_S = 60  # a message that is being moved: should we stop in the middle it is there again after that


@dataclass(frozen=True)
class Counts:
    """As SQS estimates them."""

    waiting: int
    in_flight: int
    dead: int


class DeadLetters(Protocol):
    def counts(self, queue: WatchedQueue) -> Counts:
        """Of one queue and its dead letters."""

    def redrive(self, queue: WatchedQueue, most: int) -> int:
        """Move up to `most` dead letters back to their queue; how many were moved.

        Each is sent before it is deleted: stopped in between it comes twice, which every function stands.
        """


class SqsDeadLetters:
    """client: makes boto3's `sqs` client at first use."""

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client

    def counts(self, queue: WatchedQueue) -> Counts:
        waiting, in_flight = self._count(queue.url) if queue.url else (0, 0)
        dead, moving = self._count(queue.dead_url)
        return Counts(waiting, in_flight, dead + moving)

    def redrive(self, queue: WatchedQueue, most: int) -> int:
        sqs, moved = self._client(), 0
        while moved < most:
            asked = min(AT_ONCE, most - moved)
            found = sqs.receive_message(QueueUrl=queue.dead_url, MaxNumberOfMessages=asked, VisibilityTimeout=HIDDEN_S)
            messages = found.get("Messages", [])
            if not messages:
                break
            for message in messages:
                sqs.send_message(QueueUrl=queue.url, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=queue.dead_url, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return moved

    def _count(self, url: str) -> tuple[int, int]:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client().get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found.get(names[0], 0)), int(found.get(names[1], 0))
