"""What handlers get in tests instead of a cloud: everything in memory, time standing still, keys fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.adapters.clock import FakeClock
from functions.adapters.dead_letters import Counts
from functions.adapters.observability import Tracer
from functions.adapters.secrets import FixedSecrets, SecretValues
from functions.adapters.settings import Settings, WatchedQueue
from functions.adapters.table.memory import MemoryTable
from functions.adapters.vault.memory import MemoryVault
from functions.adapters.vault.presign import Upload
from functions.core.study.keys import Naming

NOW = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)
NAMING_KEY = bytes(range(32))

SETTINGS = Settings(  # named as template.yaml names a deployment's parts
    table="lightbox-test",
    originals="lightbox-test-originals-000000000000-us-east-1",
    pixels="lightbox-test-pixels-000000000000-us-east-1",
    derived="lightbox-test-derived-000000000000-us-east-1",
    bus="lightbox-test",
    ingest_queue_url="https://sqs.us-east-1.amazonaws.com/000000000000/lightbox-test-IngestQueue",
    lifecycle_queue_url="https://sqs.us-east-1.amazonaws.com/000000000000/lightbox-test-LifecycleQueue",
    secrets="lightbox/test",
    origin="https://film.example",
    queues=(
        WatchedQueue("ingest", "https://sqs.example/ingest", "https://sqs.example/ingest-dead"),
        WatchedQueue("publish", "", "https://sqs.example/publish-failures"),
    ),
    presign_role="arn:aws:iam::000000000000:role/presign",
    stage="test",
)


class MemoryQueue:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.delays: list[int] = []  # of the messages, seconds
        self.postponed: list[tuple[str, int]] = []

    def send(self, message: Mapping[str, Any], after_s: int = 0) -> None:
        self.messages.append(dict(message))
        self.delays.append(after_s)

    def postpone(self, record: Mapping[str, Any], seconds: int) -> None:
        self.postponed.append((record["messageId"], seconds))


class MemoryBus:
    """refuse: ids that the bus does not take, each once."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.refuse: set[str] = set()

    def put(self, events: Sequence[Mapping[str, Any]]) -> set[str]:
        failed = {event["id"] for event in events} & self.refuse
        self.refuse -= failed
        self.events += [event for event in events if event["id"] not in failed]
        return failed


class MemoryDeadLetters:
    """queue's name → the letters that it gave up, and those that were sent again."""

    def __init__(self) -> None:
        self.dead: dict[str, list[str]] = {}
        self.again: dict[str, list[str]] = {}

    def counts(self, queue: WatchedQueue) -> Counts:
        return Counts(len(self.again.get(queue.name, [])), 0, len(self.dead.get(queue.name, [])))

    def redrive(self, queue: WatchedQueue, most: int) -> int:
        letters = self.dead.get(queue.name, [])
        moved = letters[:most]
        self.again.setdefault(queue.name, []).extend(moved)
        self.dead[queue.name] = letters[most:]
        return len(moved)


class MemoryCdn:
    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, paths: Sequence[str]) -> None:
        self.forgotten += paths


class FakePresigner:
    def put(self, tenant: str, upload: Upload) -> str:
        return f"https://{upload.bucket}.example/{upload.key}?signed-for={tenant}"


@dataclass
class Fakes:
    settings: Settings = SETTINGS
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    table: MemoryTable = field(default_factory=MemoryTable)
    vault: MemoryVault = field(default_factory=MemoryVault)
    secrets: FixedSecrets = field(
        default_factory=lambda: FixedSecrets(SecretValues(naming_key=NAMING_KEY, link_key=bytes(range(32, 64))))
    )
    ingest_queue: MemoryQueue = field(default_factory=MemoryQueue)
    own_queue: MemoryQueue = field(default_factory=MemoryQueue)
    lifecycle_queue: MemoryQueue = field(default_factory=MemoryQueue)
    failures: MemoryQueue = field(default_factory=MemoryQueue)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    bus: MemoryBus = field(default_factory=MemoryBus)
    presigner: FakePresigner = field(default_factory=FakePresigner)
    cdn: MemoryCdn = field(default_factory=MemoryCdn)
    tracer: Tracer = field(default_factory=lambda: Tracer(enabled=False))

    @property
    def naming(self) -> Naming:
        return Naming(self.secrets.values().naming_key)


@dataclass
class LambdaContext:
    """What Lambda hands a function beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:function"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"


def rest_event(
    method: str,
    resource: str,
    body: bytes | str | None = None,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What API Gateway's REST API (v1) sends a function for one call; resource: the route's path as in template.yaml."""
    path = resource
    for name, value in (params or {}).items():
        path = path.replace("{" + name + "}", value)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers or {}),
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": dict(params) if params else None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": "/api" + path,
            "requestId": "request-1",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
    }


def sqs_event(*bodies: str) -> dict[str, Any]:
    """What SQS sends a function for a batch."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(NOW.timestamp() * 1000))},
            }
            for number, body in enumerate(bodies)
        ]
    }
