"""The vault in memory: for tests, with the contract of `port.py`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from functions.adapters.vault.port import ObjectFacts
from functions.core.errors import ObjectArchived, ObjectMissing
from functions.core.retention.removal import Version
from functions.core.study.keys import Bucket


@dataclass(frozen=True)
class _Stored:
    body: bytes
    content_type: str
    tags: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False
    coming: bool = False
    until: str = ""


class MemoryVault:
    def __init__(self) -> None:
        self._objects: dict[tuple[Bucket, str], _Stored] = {}
        self._lock = threading.Lock()
        self.reads = 0  # objects read, for tests of how much is read

    def get(self, bucket: Bucket, key: str) -> bytes:
        try:
            stored = self._objects[bucket, key]
        except KeyError:
            raise ObjectMissing(bucket=bucket) from None
        if stored.archived and not stored.until:
            raise ObjectArchived(bucket=bucket)
        self.reads += 1
        return stored.body

    def get_range(self, bucket: Bucket, key: str, offset: int, length: int) -> bytes:
        return self.get(bucket, key)[offset : offset + length]

    def head(self, bucket: Bucket, key: str) -> ObjectFacts | None:
        stored = self._objects.get((bucket, key))
        if stored is None:
            return None
        sha256 = hashlib.sha256(stored.body).hexdigest()
        return ObjectFacts(len(stored.body), sha256, stored.content_type, stored.archived, stored.coming, stored.until)

    def put(self, bucket: Bucket, key: str, body: bytes, *, content_type: str) -> bool:
        with self._lock:
            if (bucket, key) in self._objects:
                return False
            self._objects[bucket, key] = _Stored(bytes(body), content_type)
            return True

    def tag(self, bucket: Bucket, key: str, tags: Mapping[str, str]) -> None:
        with self._lock:
            if (bucket, key) not in self._objects:
                raise ObjectMissing(bucket=bucket)
            self._objects[bucket, key] = replace(self._objects[bucket, key], tags=dict(tags))

    def restore(self, bucket: Bucket, keys: Sequence[str], days: int) -> None:
        """Comes when `bring` says so."""
        with self._lock:
            for key in keys:
                stored = self._objects[bucket, key]
                if stored.archived and not stored.until:
                    self._objects[bucket, key] = replace(stored, coming=True)

    def keys(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        return iter(sorted(key for where, key in list(self._objects) if where == bucket and key.startswith(prefix)))

    def versions(self, bucket: Bucket, prefix: str) -> Iterator[Version]:
        for key in self.keys(bucket, prefix):
            yield Version(bucket, key, "1", len(self._objects[bucket, key].body))

    def remove(self, bucket: Bucket, versions: Sequence[Version]) -> None:
        with self._lock:
            for one in versions:
                self._objects.pop((bucket, one.key), None)

    def folders(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        rests = (key.removeprefix(prefix) for key in self.keys(bucket, prefix))
        return iter(sorted({rest.split("/")[0] for rest in rests if "/" in rest}))

    def tags(self, bucket: Bucket, key: str) -> Mapping[str, str]:
        return self._objects[bucket, key].tags

    def pass_night(self) -> None:
        """Storage moves by tag what is to be archived, and copies that were there end, whenever that should have been."""
        with self._lock:
            for place, stored in self._objects.items():
                archived = stored.archived or stored.tags.get("tier") == "archive"
                self._objects[place] = replace(stored, archived=archived, until="")

    def bring(self, until: str) -> None:
        """What was asked for has come, until then (ISO UTC)."""
        with self._lock:
            for place, stored in self._objects.items():
                if stored.coming:
                    self._objects[place] = replace(stored, coming=False, until=until)

    def overwrite(self, bucket: Bucket, key: str, body: bytes) -> None:
        """Damage: no real vault can do this; tests of what happens then can."""
        self._objects[bucket, key] = _Stored(bytes(body), "application/octet-stream")
