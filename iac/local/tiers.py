"""What S3 does by itself once a day and the emulator does not: objects are moved to the storage that their tags ask for.

The emulator refuses to read what is archived and completes recalls by itself, within seconds. Moved as a copy of the object onto
itself: its version changes, which on AWS it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iac.local.session import LocalSession


def pass_night(session: LocalSession, made: Mapping[str, str]) -> int:
    """Moves what the rules of the bucket for pixels say, whatever its size. made: the stack's outputs. Returns how many."""
    s3, bucket = session.client("s3"), made["PixelsBucket"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    moved = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            key = entry["Key"]
            tags = {one["Key"]: one["Value"] for one in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
            wanted = next(_classes(rules, key, tags), None)
            if wanted is not None and wanted != entry.get("StorageClass", "STANDARD"):
                _move(s3, bucket, key, wanted)
                moved += 1
    return moved


def _classes(rules: list[Any], key: str, tags: Mapping[str, str]) -> Iterator[str]:
    """Storage classes that the rules ask for, of those that meet this object."""
    for rule in rules:
        filtered = rule["Filter"]["And"]
        tagged = all(tags.get(one["Key"]) == one["Value"] for one in filtered["Tags"])
        if rule["Status"] == "Enabled" and key.startswith(filtered["Prefix"]) and tagged:
            yield rule["Transitions"][0]["StorageClass"]


def _move(s3: Any, bucket: str, key: str, storage_class: str) -> None:
    before = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, StorageClass=storage_class)
    s3.delete_object(Bucket=bucket, Key=key, VersionId=before)
