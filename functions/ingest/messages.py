"""What stands in the ingest queue: edge_api's messages, and S3's own events as the safety net."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus

from functions.adapters import schemas
from functions.core.study import keys
from functions.core.study.limits import DOCUMENT_BYTES

NAME, SHA256, TENANT = "[a-z2-7]{32}", "[0-9a-f]{64}", "[a-z0-9-]{2,32}"
MANIFEST = re.compile(f"manifests/({TENANT})/({NAME})/({NAME})/({SHA256})\\.json")
DECLARATION = re.compile(f"manifests/({TENANT})/({NAME})/({SHA256})\\.declaration\\.json")
REPORT = re.compile(f"reports/({TENANT})/({SHA256})")
REGISTRATION = re.compile(f"registrations/({TENANT})/({SHA256})")


@dataclass(frozen=True)
class Ref:
    """Which object to take. study, series: empty where the kind has none; agent: empty when S3 told."""

    kind: Literal["manifest", "declaration", "report", "registration"]
    tenant: str
    sha256: str
    study: str = ""
    series: str = ""
    agent: str = ""

    def key(self) -> str:
        """Of the object in bucket originals."""
        if self.kind == "manifest":
            return keys.manifest_object(self.tenant, self.study, self.series, self.sha256)
        if self.kind == "declaration":
            return keys.declaration_object(self.tenant, self.study, self.sha256)
        if self.kind == "registration":
            return keys.registration_object(self.tenant, self.sha256)
        return keys.report_object(self.tenant, self.sha256)


def due_exam(body: str) -> tuple[str, str] | None:
    """Tenant and name of an exam whose time has come; None for any other message. Raises DocumentInvalid."""
    message: Any = json.loads(body)
    if not isinstance(message, dict) or message.get("kind") != "exam":
        return None
    schemas.check(message, "ingest_message.v1")
    return message["tenant"], message["exam"]


def refs_of(body: str) -> Iterator[Ref]:
    """Raises DocumentInvalid on a message that neither edge_api nor S3 writes: it ends in the dead-letter queue."""
    message: Any = json.loads(body)
    if isinstance(message, dict) and "Records" in message:
        yield from _of_storage(message["Records"])
    elif isinstance(message, dict) and message.get("Event") == "s3:TestEvent":
        return
    else:
        schemas.check(message, "ingest_message.v1")
        yield Ref(**message)


def _of_storage(records: list[dict[str, Any]]) -> Iterator[Ref]:
    for record in records:
        ref = ref_of_key(unquote_plus(record["s3"]["object"]["key"]))
        too_large = record["s3"]["object"].get("size", 0) > DOCUMENT_BYTES["report"]  # a PDF, which lies among the reports
        if ref is not None and not (ref.kind == "report" and too_large):
            yield ref


def ref_of_key(key: str) -> Ref | None:
    """The document under a key of bucket originals; None for what is none. PDFs among the reports `take` tells apart."""
    if found := MANIFEST.fullmatch(key):
        return Ref("manifest", tenant=found[1], study=found[2], series=found[3], sha256=found[4])
    if found := DECLARATION.fullmatch(key):
        return Ref("declaration", tenant=found[1], study=found[2], sha256=found[3])
    if found := REPORT.fullmatch(key):
        return Ref("report", tenant=found[1], sha256=found[2])
    if found := REGISTRATION.fullmatch(key):
        return Ref("registration", tenant=found[1], sha256=found[2])
    return None
