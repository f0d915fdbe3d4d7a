"""Waits until the cloud has finished what it was told, so that a stop loses nothing.

The emulator keeps queues over a stop, but not the table's stream: what `publish` has not read by then would miss in the journal.
"""

from __future__ import annotations

import time
from typing import Any

from iac.local.session import LocalSession

READY, TAKEN, DELAYED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
COUNTS = (READY, TAKEN)
MOVING = {
    **dict.fromkeys(("IngestQueueUrl", "RenderQueueUrl", "NotifyQueueUrl", "BillingQueueUrl"), COUNTS),
    "LakeQueueUrl": (*COUNTS, DELAYED),  # each of its messages lies there for two seconds first
    "LifecycleQueueUrl": (READY,),  # a delayed one looks at a recall again, in minutes or hours
}
PUBLISH_LOG = "/aws/lambda/lightbox-local-publish"
SILENCE_S = 1.5  # the stream is read several times a second
AT_WORK_S = 3.0  # lifecycle is done with a small study sooner; what is hidden for longer waits until signatures end
LOOK_S = 0.1


def wait_until_quiet(session: LocalSession, outputs: dict[str, str], seconds: float) -> bool:
    """True once the queues are empty, lifecycle is at no work and `publish` has been silent for a while; False when `seconds` are
    over first. What waits in lifecycle's queue for an hour of its own is no work: the queue is kept."""
    sqs, logs = session.client("sqs"), session.client("logs")  # each costs more to make than to ask
    started = time.monotonic()
    hidden, hidden_at = 0, started
    while (now := time.monotonic()) < started + seconds:
        found = _count(sqs, outputs["LifecycleQueueUrl"], (TAKEN,))
        if found != hidden:
            hidden, hidden_at = found, now
        at_work = hidden and now - hidden_at < AT_WORK_S
        moving = at_work or any(_count(sqs, outputs[name], counts) for name, counts in MOVING.items())
        if not moving and _silent_for(logs) > SILENCE_S:
            return True
        time.sleep(LOOK_S)
    return False


def _count(sqs: Any, queue: str, counts: tuple[str, ...]) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(counts))["Attributes"]
    return sum(int(attributes[count]) for count in counts)


def silent_for(session: LocalSession) -> float:
    """Seconds since publish last wrote to its log."""
    return _silent_for(session.client("logs"))


def _silent_for(logs: Any) -> float:
    streams = logs.describe_log_streams(logGroupName=PUBLISH_LOG)["logStreams"]
    last_ms = max((stream.get("lastEventTimestamp", 0) for stream in streams), default=0)
    return time.time() - last_ms / 1000
