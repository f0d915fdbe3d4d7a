"""What feeds the deployed functions of a local cloud: held back, recorded, and given again.

Queues keep what they are sent while nobody takes it; what a rule of the bus sends goes into a queue of the test's own first; the
table's stream is read again from its beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from iac.local.cloud import LocalCloud
from iac.local.quiet import COUNTS, SILENCE_S, silent_for

FUNCTION = "lightbox-local-{}"
QUEUES = {"ingest": "IngestQueueUrl", "render": "RenderQueueUrl", "notify": "NotifyQueueUrl", "billing": "BillingQueueUrl"}
GIVEN_UP = ("IngestDeadUrl", "RenderDeadUrl", "NotifyDeadUrl", "BillingDeadUrl", "PublishFailuresUrl")
TOLD = ("TENANT#", "LINK#", "KEY#")  # rows whose changes publish is fed with


class Feeds:
    """As root, who may do all of this on the local cloud."""

    def __init__(self, cloud: LocalCloud) -> None:
        session = cloud.session("root")
        self._outputs = cloud.outputs
        self._session = session
        self._sqs, self._lambda, self._events = (session.client(name) for name in ("sqs", "lambda", "events"))
        self._streams = session.client("dynamodbstreams")
        self._held: dict[str, str] = {}
        self._place = self._beginning()

    # -- queues -----------------------------------------------------------------------------------------------------------------

    def pause(self, function: str) -> None:
        self._switch(function, on=False)

    def resume(self, function: str) -> None:
        self._switch(function, on=True)

    def _switch(self, function: str, *, on: bool) -> None:
        found = self._lambda.list_event_source_mappings(FunctionName=FUNCTION.format(function))["EventSourceMappings"]
        for mapping in found:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def divert(self, rule: str, function: str) -> None:
        """What the rule sends to the function's queue waits in one of its own from now on; `diverted` takes it out."""
        url = self._sqs.create_queue(QueueName=f"held-{function}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus = self._outputs["BusName"]
        (name,) = [one["Name"] for one in self._events.list_rules(EventBusName=bus)["Rules"] if rule in one["Name"]]
        (target,) = self._events.list_targets_by_rule(EventBusName=bus, Rule=name)["Targets"]
        self._events.put_targets(EventBusName=bus, Rule=name, Targets=[{"Id": target["Id"], "Arn": arn}])
        self._held[function] = url

    def diverted(self, function: str) -> list[str]:
        return list(self._drained(self._held[function]))

    def drained(self, function: str) -> list[str]:
        """Bodies of all that waits for a paused function."""
        return list(self._drained(self._outputs[QUEUES[function]]))

    def _drained(self, url: str) -> Iterator[str]:
        while found := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            handles = [{"Id": str(place), "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(found)]
            self._sqs.delete_message_batch(QueueUrl=url, Entries=handles)
            yield from (one["Body"] for one in found)

    def send(self, function: str, bodies: list[str]) -> None:
        url = self._outputs[QUEUES[function]]
        for first in range(0, len(bodies), 10):
            part = bodies[first : first + 10]
            entries = [{"Id": str(place), "MessageBody": body} for place, body in enumerate(part)]
            assert not self._sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")

    def purge(self, function: str) -> None:
        self._sqs.purge_queue(QueueUrl=self._outputs[QUEUES[function]])

    def given_up(self) -> list[str]:
        """What was set aside for a person."""
        return [body for name in GIVEN_UP for body in self._drained(self._outputs[name])]

    # -- the stream -------------------------------------------------------------------------------------------------------------

    def changes(self) -> list[dict[str, Any]]:
        """What publish was fed with since the last call, as it was fed with it; at first since the stream's beginning."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self._streams.get_records(ShardIterator=self._place)
            self._place = answer["NextShardIterator"]
            if not answer["Records"]:
                return [_as_fed(one) for one in found if _is_told(one)]
            found += answer["Records"]

    def _beginning(self) -> str:
        """Of the one shard that the emulator has."""
        (stream,) = self._streams.list_streams(TableName=self._outputs["TableName"])["Streams"]
        (shard,) = self._streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        place = {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        return str(self._streams.get_shard_iterator(**place)["ShardIterator"])

    def publish_again(self, changes: list[dict[str, Any]]) -> None:
        answer = self._lambda.invoke(FunctionName=FUNCTION.format("publish"), Payload=json.dumps({"Records": changes}))
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}

    # -- the end ----------------------------------------------------------------------------------------------------------------

    def is_still(self) -> bool:
        """Nothing waits, nothing is worked on.

        A notice's delivery that met another at work on the same notice waits for 95 s by its own word; the other one did its
        work. It is not waited for, which is seen by publish's silence: each step of a notice is a change.
        """
        waiting = sum(self._count(url) for url in self._held.values())
        waiting += sum(self._count(self._outputs[QUEUES[name]]) for name in ("ingest", "render", "billing"))
        waiting += self._count(self._outputs[QUEUES["notify"]], COUNTS[:1])
        return not waiting and bool(silent_for(self._session) > SILENCE_S)

    def _count(self, url: str, counts: tuple[str, ...] = COUNTS) -> int:
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(counts))["Attributes"]
        return sum(int(attributes[name]) for name in counts)


def _is_told(record: dict[str, Any]) -> bool:
    """As template.yaml's filter of publish's source says."""
    keys = record["dynamodb"]["Keys"]
    return record["eventName"] != "REMOVE" and keys["pk"]["S"].startswith(TOLD) and keys["sk"]["S"] != "HEARTBEAT"


def _as_fed(record: dict[str, Any]) -> dict[str, Any]:
    """A function gets JSON: a time as seconds."""
    change = record["dynamodb"]
    return {**record, "dynamodb": {**change, "ApproximateCreationDateTime": change["ApproximateCreationDateTime"].timestamp()}}
