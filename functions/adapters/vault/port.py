"""What the vault is asked for, whatever stands behind it.

Contract, met by every implementation and shown by one suite (tests/contracts/test_vault.py):

- Objects are immutable. `put` writes if nothing stands under the key; a second put changes nothing and returns False.
  It is atomic: of two racing puts exactly one returns True.
- `put` hands storage the SHA-256 of the body; storage keeps it and refuses a body that differs.
- `get`, `head` and `keys` see every earlier successful put, and nothing that was removed.
- What lies in the archive is ObjectArchived (retry) to whoever reads it; `head` says so of it, and what of it was recalled.
- A missing object is ObjectMissing (retry), to whoever may list the bucket; to others, and where a policy forbids the call, it is
  ObjectRefused (retry). Throttling and time-outs are ServiceBusy (retry).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.core.retention.removal import Version
from functions.core.study.keys import Bucket


@dataclass(frozen=True)
class ObjectFacts:
    """What storage itself says of an object; sha256: hex, as storage computed it at upload, None if it has none."""

    bytes: int
    sha256: str | None
    content_type: str
    archived: bool = False  # in storage that nobody can read from, but for a copy that was asked for:
    coming: bool = False  # it is on its way
    until: str = ""  # it is there until then, ISO UTC

    @property
    def is_readable(self) -> bool:
        return not self.archived or bool(self.until)


class Vault(Protocol):
    def get(self, bucket: Bucket, key: str) -> bytes:
        """The whole object. Raises ObjectMissing."""

    def get_range(self, bucket: Bucket, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`. Raises ObjectMissing."""

    def head(self, bucket: Bucket, key: str) -> ObjectFacts | None:
        """Facts of the object, or None."""

    def put(self, bucket: Bucket, key: str, body: bytes, *, content_type: str) -> bool:
        """Write if absent. True if this call wrote it, False if it stood there already."""

    def tag(self, bucket: Bucket, key: str, tags: Mapping[str, str]) -> None:
        """In the place of the tags that it had; storage moves it by them in its own time. Raises ObjectMissing."""

    def restore(self, bucket: Bucket, keys: Sequence[str], days: int) -> None:
        """Ask for copies of archived objects for so many days. What was asked for already, or lies in no archive, is no error."""

    def keys(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        """All keys under the prefix, in order."""

    def versions(self, bucket: Bucket, prefix: str) -> Iterator[Version]:
        """Every version of every object under the prefix and every mark of a deletion, in order of keys."""

    def remove(self, bucket: Bucket, versions: Sequence[Version]) -> None:
        """For good, those and no other; what is gone already is no error. Raises ServiceBusy when some may still be there."""

    def folders(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        """Names of the folders directly under the prefix (which ends with a slash), in order."""
