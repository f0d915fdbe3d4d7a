"""Waits until the cloud has finished what it was told, so that a stop loses nothing.

The emulator keeps queues over a stop, but not the table's stream: what `publish` has not read by then would miss in the journal.
"""

from __future__ import annotations

import time

from iac.local.session import LocalSession

QUEUES = ("IngestQueueUrl", "RenderQueueUrl", "NotifyQueueUrl", "LakeQueueUrl", "BillingQueueUrl")
COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
PUBLISH_LOG = "/aws/lambda/lightbox-local-publish"
SILENCE_S = 1.5  # the stream is read several times a second
LOOK_S = 0.1


def wait_until_quiet(session: LocalSession, outputs: dict[str, str], seconds: float) -> bool:
    """True once the queues are empty and `publish` has been silent for a while; False when `seconds` are over first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _waiting(session, outputs) and silent_for(session) > SILENCE_S:
            return True
        time.sleep(LOOK_S)
    return False


def _waiting(session: LocalSession, outputs: dict[str, str]) -> int:
    """Messages that wait or are worked on."""
    sqs = session.client("sqs")
    found = (sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=list(COUNTS))["Attributes"] for name in QUEUES)
    return sum(int(attributes[count]) for attributes in found for count in COUNTS)


def silent_for(session: LocalSession) -> float:
    """Seconds since publish last wrote to its log."""
    logs = session.client("logs")
    streams = logs.describe_log_streams(logGroupName=PUBLISH_LOG)["logStreams"]
    last_ms = max((stream.get("lastEventTimestamp", 0) for stream in streams), default=0)
    return time.time() - last_ms / 1000
