"""What was removed of a study, as a record that can be held against storage: names are keyed, so that it tells of nobody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.study.keys import Bucket


@dataclass(frozen=True, order=True)
class Version:
    """One version of an object, or the mark of its deletion (of no bytes)."""

    bucket: Bucket
    key: str
    version: str
    bytes: int


def record(tenant: str, name: str, at: str, versions: Iterable[Version]) -> bytes:
    """JSON in one form: what is removed, by bucket: `[key, version, bytes]`. name: of the study or exam; at: ISO UTC, its end."""
    listed: dict[str, list[list[Any]]] = {}
    for one in sorted(set(versions)):
        listed.setdefault(one.bucket, []).append([one.key, one.version, one.bytes])
    document = {"tenant": tenant, "name": name, "expired_at": at, "versions": listed}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def summary(body: bytes) -> Mapping[str, Any]:
    """What the journal says of a record: its digest, and how much it lists."""
    versions = [one for listed in json.loads(body)["versions"].values() for one in listed]
    return {
        "record": hashlib.sha256(body).hexdigest(),
        "objects": len({one[0] for one in versions}),
        "versions": len(versions),
        "bytes": sum(one[2] for one in versions),
    }
