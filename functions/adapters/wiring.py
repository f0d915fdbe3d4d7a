"""One place builds the real things. Nothing is opened at import; each thing is made when first used."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from functions.adapters import settings as settings_module
from functions.adapters.clock import Clock, SystemClock
from functions.adapters.settings import Settings

if TYPE_CHECKING:
    from functions.adapters.bus import Bus
    from functions.adapters.cdn import Cdn
    from functions.adapters.dead_letters import DeadLetters
    from functions.adapters.observability import Tracer
    from functions.adapters.queues import Queue
    from functions.adapters.secrets import Secrets
    from functions.adapters.table.port import Table
    from functions.adapters.vault.port import Vault
    from functions.adapters.vault.presign import Presigner
    from functions.core.study.keys import Naming


class Deps(Protocol):
    """What handlers are given: the production one below, or `tests.fakes.Fakes`."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def table(self) -> Table: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def naming(self) -> Naming: ...
    @property
    def ingest_queue(self) -> Queue: ...
    @property
    def own_queue(self) -> Queue: ...
    @property
    def lifecycle_queue(self) -> Queue: ...
    @property
    def failures(self) -> Queue: ...
    @property
    def dead_letters(self) -> DeadLetters: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def presigner(self) -> Presigner: ...
    @property
    def cdn(self) -> Cdn: ...
    @property
    def tracer(self) -> Tracer: ...


class Production:
    """AWS, or the local cloud when AWS_ENDPOINT_URL points at it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock: Clock = SystemClock()

    @cached_property
    def table(self) -> Table:
        from functions.adapters.table.dynamo import DynamoTable

        return DynamoTable(self.settings.table)

    @cached_property
    def vault(self) -> Vault:
        from functions.adapters.vault.s3 import S3Vault

        return S3Vault(self.settings, lambda: client("s3"))

    @cached_property
    def secrets(self) -> Secrets:
        from functions.adapters.secrets import ManagedSecrets

        return ManagedSecrets(self.settings.secrets, lambda: client("secretsmanager"))

    @property
    def naming(self) -> Naming:
        from functions.core.study.keys import Naming

        return Naming(self.secrets.values().naming_key)

    @cached_property
    def ingest_queue(self) -> Queue:
        from functions.adapters.queues import SqsQueue

        return SqsQueue(self.settings.ingest_queue_url, lambda: client("sqs"))

    @cached_property
    def own_queue(self) -> Queue:
        from functions.adapters.queues import SqsQueue

        return SqsQueue(self.settings.own_queue_url, lambda: client("sqs"))

    @cached_property
    def lifecycle_queue(self) -> Queue:
        from functions.adapters.queues import SqsQueue

        return SqsQueue(self.settings.lifecycle_queue_url, lambda: client("sqs"))

    @cached_property
    def failures(self) -> Queue:
        from functions.adapters.queues import SqsQueue

        return SqsQueue(self.settings.failures_queue_url, lambda: client("sqs"))

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from functions.adapters.dead_letters import SqsDeadLetters

        return SqsDeadLetters(lambda: client("sqs"))

    @cached_property
    def bus(self) -> Bus:
        from functions.adapters.bus import EventBridge

        return EventBridge(self.settings.bus, lambda: client("events"))

    @cached_property
    def presigner(self) -> Presigner:
        from functions.adapters.vault.presign import S3Presigner

        return S3Presigner(self.settings, self.clock, uncached_client)

    @cached_property
    def cdn(self) -> Cdn:
        from functions.adapters.cdn import CloudFront, NoCdn

        return CloudFront(self.settings.cdn, lambda: client("cloudfront")) if self.settings.cdn else NoCdn()

    @cached_property
    def tracer(self) -> Tracer:
        from functions.adapters.observability import Tracer

        return Tracer(enabled=self.settings.tracing)


@cache
def production() -> Production:
    """Once per process. Raises KeyError naming the variable that is not set."""
    deps = Production(settings_module.from_environment())
    deps.tracer  # noqa: B018 — where it is on, every client made from now on is traced
    return deps


def uncached_client(service: str, **options: Any) -> Any:
    """A boto3 client with time-outs that leave a function time to answer, and SigV4 for presigned URLs."""
    import boto3
    from botocore.config import Config

    config = Config(
        signature_version="s3v4" if service == "s3" else "v4",
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "max_attempts": 4},
        s3={"addressing_style": "path" if settings_module.path_style() else "auto"},
    )
    make: Any = boto3.client
    return make(service, config=config, **options)


client = cache(uncached_client)
