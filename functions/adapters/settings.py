"""What a function is told by its environment, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from functions.core.study.keys import Bucket


@dataclass(frozen=True)
class WatchedQueue:
    """A function's queue and where what it cannot do ends. url: empty for what is set aside for a person only."""

    name: str
    url: str
    dead_url: str


@dataclass(frozen=True)
class Settings:
    """One function's environment, or an operator's."""

    table: str  # name of the DynamoDB table
    originals: str  # bucket: heads, manifests, reports, journal
    pixels: str  # bucket: low, rest, index, thumbnails
    derived: str  # bucket: films, report PDFs
    bus: str  # name of the event bus
    ingest_queue_url: str  # where edge_api tells ingest what was confirmed
    secrets: str  # id of the JSON secret (functions/adapters/secrets.py)
    origin: str  # public origin, `https://…`, without a trailing slash
    own_queue_url: str = ""  # of the queue that feeds this function; render, notify and billing only
    lifecycle_queue_url: str = ""  # where recalls are asked for; patient_api, staff_api and an operator
    failures_queue_url: str = ""  # where publish sets aside what it cannot tell
    queues: tuple[WatchedQueue, ...] = ()  # of the deployment; staff_api only
    presign_role: str = ""  # ARN assumed for presigned PUTs; edge_api only
    cdn: str = ""  # id of the CloudFront distribution; lifecycle only
    stage: str = "local"  # dev, test, prod, local
    tracing: bool = False  # X-Ray segments; off locally and where the region lacks it (China)

    def bucket(self, which: Bucket) -> str:
        return {"originals": self.originals, "pixels": self.pixels, "derived": self.derived}[which]


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Raises KeyError naming the variable that is not set."""
    env = os.environ if environment is None else environment
    return Settings(
        table=env["LIGHTBOX_TABLE"],
        originals=env["LIGHTBOX_ORIGINALS"],
        pixels=env["LIGHTBOX_PIXELS"],
        derived=env["LIGHTBOX_DERIVED"],
        bus=env["LIGHTBOX_BUS"],
        ingest_queue_url=env["LIGHTBOX_INGEST_QUEUE_URL"],
        secrets=env["LIGHTBOX_SECRETS"],
        origin=env["LIGHTBOX_ORIGIN"].rstrip("/"),
        own_queue_url=env.get("LIGHTBOX_OWN_QUEUE_URL", ""),
        lifecycle_queue_url=env.get("LIGHTBOX_LIFECYCLE_QUEUE_URL", ""),
        failures_queue_url=env.get("LIGHTBOX_FAILURES_QUEUE_URL", ""),
        queues=_queues(env.get("LIGHTBOX_QUEUES", "")),
        presign_role=env.get("LIGHTBOX_PRESIGN_ROLE", ""),
        cdn=env.get("LIGHTBOX_CDN", ""),
        stage=env.get("LIGHTBOX_STAGE", "local"),
        tracing=env.get("LIGHTBOX_TRACING", "") == "xray",
    )


def _queues(text: str) -> tuple[WatchedQueue, ...]:
    """`ingest=URL,DEAD URL;publish=,DEAD URL`"""
    pairs = [part.strip().partition("=") for part in text.split(";") if part.strip()]
    return tuple(WatchedQueue(name, *urls.split(",")) for name, _, urls in pairs)


def path_style() -> bool:
    """An endpoint of one's own (local cloud, own servers) serves buckets by path: its host has no names under it."""
    return "AWS_ENDPOINT_URL" in os.environ or "AWS_ENDPOINT_URL_S3" in os.environ
