"""The vault in S3."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from functions.adapters.settings import Settings
from functions.adapters.vault.port import ObjectFacts
from functions.core.errors import ObjectArchived, ObjectMissing, ObjectRefused, ServiceBusy
from functions.core.retention.removal import Version
from functions.core.study.keys import Bucket
from functions.core.times import iso

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

IMMUTABLE = "private, max-age=31536000, immutable"
BUSY = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "ThrottlingException", "503", "500"}
MISSING = {"404", "NoSuchKey", "NotFound"}
REFUSED = {"AccessDenied", "403"}  # a HEAD has no body to say more in
MOST_REMOVED = 1000  # that one DeleteObjects takes
ALREADY_THERE = {"PreconditionFailed", "412", "RestoreAlreadyInProgress", "ObjectAlreadyInActiveTierError"}
ARCHIVED = {"InvalidObjectState"}  # of a read: it lies in the archive; of a recall: it lies in none
ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}  # storage classes; GLACIER_IR is read like any other
READ_THROUGH_CDN: frozenset[Bucket] = frozenset({"pixels", "derived"})


def folder_of(bucket: Bucket) -> str:
    """What every key in S3 begins with.

    A CDN asks its origin for the path as it is, and AWS China has nothing that could shorten it: so what it serves under
    `/pixels/` lies under `pixels/` (docs/adr/0003). Everywhere else in the code keys are without it.
    """
    return f"{bucket}/" if bucket in READ_THROUGH_CDN else ""


class S3Vault:
    """client: makes boto3's `s3` client at first use."""

    def __init__(self, settings: Settings, client: Callable[[], S3Client]) -> None:
        self._settings = settings
        self._make_client = client
        self._made: S3Client | None = None

    @property
    def _client(self) -> S3Client:
        if self._made is None:
            self._made = self._make_client()
        return self._made

    def get(self, bucket: Bucket, key: str) -> bytes:
        with _told(bucket):
            return self._client.get_object(Bucket=self._settings.bucket(bucket), Key=folder_of(bucket) + key)["Body"].read()

    def get_range(self, bucket: Bucket, key: str, offset: int, length: int) -> bytes:
        wanted = f"bytes={offset}-{offset + length - 1}"
        place, name = self._settings.bucket(bucket), folder_of(bucket) + key
        with _told(bucket):
            return self._client.get_object(Bucket=place, Key=name, Range=wanted)["Body"].read()

    def head(self, bucket: Bucket, key: str) -> ObjectFacts | None:
        place, name = self._settings.bucket(bucket), folder_of(bucket) + key
        try:
            with _told(bucket):
                found = self._client.head_object(Bucket=place, Key=name, ChecksumMode="ENABLED")
        except ObjectMissing:
            return None
        checksum = found.get("ChecksumSHA256")
        sha256 = base64.b64decode(checksum).hex() if checksum else None
        archived = found.get("StorageClass") in ARCHIVES
        copy = found.get("Restore", "") if archived else ""
        coming, until = _restore_of(copy)
        return ObjectFacts(found["ContentLength"], sha256, found.get("ContentType", ""), archived, coming, until)

    def put(self, bucket: Bucket, key: str, body: bytes, *, content_type: str) -> bool:
        try:
            with _told(bucket):
                self._client.put_object(
                    Bucket=self._settings.bucket(bucket),
                    Key=folder_of(bucket) + key,
                    Body=body,
                    ContentType=content_type,
                    CacheControl=IMMUTABLE,
                    IfNoneMatch="*",
                    ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode("ascii"),
                )
        except _AlreadyThere:
            return False
        return True

    def tag(self, bucket: Bucket, key: str, tags: Mapping[str, str]) -> None:
        listed: Any = [{"Key": name, "Value": value} for name, value in sorted(tags.items())]
        with _told(bucket):
            self._client.put_object_tagging(
                Bucket=self._settings.bucket(bucket), Key=folder_of(bucket) + key, Tagging={"TagSet": listed}
            )

    def restore(self, bucket: Bucket, keys: Sequence[str], days: int) -> None:
        for key in keys:
            try:
                with _told(bucket):
                    self._client.restore_object(
                        Bucket=self._settings.bucket(bucket),
                        Key=folder_of(bucket) + key,
                        RestoreRequest={"Days": days, "GlacierJobParameters": {"Tier": "Standard"}},
                    )
            except (_AlreadyThere, ObjectArchived):
                continue

    def keys(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        folder = folder_of(bucket)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket(bucket), Prefix=folder + prefix
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"].removeprefix(folder)

    def versions(self, bucket: Bucket, prefix: str) -> Iterator[Version]:
        folder = folder_of(bucket)
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._settings.bucket(bucket), Prefix=folder + prefix
        )
        for page in pages:
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                size = int(entry.get("Size", 0))  # type: ignore[call-overload]
                yield Version(bucket, str(entry["Key"]).removeprefix(folder), str(entry["VersionId"]), size)

    def remove(self, bucket: Bucket, versions: Sequence[Version]) -> None:
        folder = folder_of(bucket)
        for start in range(0, len(versions), MOST_REMOVED):
            part = versions[start : start + MOST_REMOVED]
            named = [{"Key": folder + one.key, "VersionId": one.version} for one in part]
            with _told(bucket):
                answer = self._client.delete_objects(
                    Bucket=self._settings.bucket(bucket),
                    Delete={"Objects": named, "Quiet": True},  # type: ignore[typeddict-item]
                )
            if answer.get("Errors"):
                raise ServiceBusy(service="storage")

    def folders(self, bucket: Bucket, prefix: str) -> Iterator[str]:
        start = folder_of(bucket) + prefix
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket(bucket), Prefix=start, Delimiter="/"
        )
        for page in pages:
            for entry in page.get("CommonPrefixes", []):
                yield entry["Prefix"].removeprefix(start).rstrip("/")


def _restore_of(header: str) -> tuple[bool, str]:
    """Of `x-amz-restore`: whether the copy is on its way, and until when it is there (ISO UTC)."""
    words = dict(re.findall(r'([a-z-]+)="([^"]*)"', header))
    until = parsedate_to_datetime(words["expiry-date"]) if "expiry-date" in words else None
    return words.get("ongoing-request") == "true", iso(until) if until else ""


class _AlreadyThere(Exception):
    pass


@contextmanager
def _told(bucket: Bucket) -> Iterator[None]:
    """S3's refusals in this project's words; what nobody can act on passes through."""
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in MISSING:
            raise ObjectMissing(bucket=bucket) from error
        if code in ARCHIVED:
            raise ObjectArchived(bucket=bucket) from error
        if code in ALREADY_THERE:
            raise _AlreadyThere from error
        if code in REFUSED:
            raise ObjectRefused(bucket=bucket) from error
        if code in BUSY or code == "ConditionalRequestConflict":
            raise ServiceBusy(service="storage") from error
        raise
    except (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError) as error:
        raise ServiceBusy(service="storage") from error
