"""Bundles as zips in the installation's code bucket, each named by its digest: what is there already is not sent again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

EPOCH = (2020, 1, 1, 0, 0, 0)  # the same files always make the same zip
AT_ONCE = 4


@dataclass(frozen=True)
class Code:
    """name: the function's folder; digest: SHA-256 of what is in the zip; data: makes the zip when it is needed."""

    name: str
    digest: str
    data: Callable[[], bytes]

    @property
    def key(self) -> str:
        return f"{self.name}/{self.digest}.zip"


def zipped(folder: Path) -> bytes:
    """A folder as a zip, files in the order of their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16  # Lambda cannot read what only its packer may
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def bucket(s3: Any, stage: str, account: str, region: str) -> str:
    """The installation's code bucket; made, private and encrypted, if it is not there."""
    name = f"lightbox-{stage}-code-{account}-{region}"
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=name, **place)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    return name


def upload(s3: Any, place: str, codes: Iterable[Code], said: Callable[[str], None]) -> Mapping[str, str]:
    """Store what is not there yet; returns folder name → key. said: told of each that is sent."""

    def send(code: Code) -> tuple[str, str]:
        if not _is_there(s3, place, code.key):
            data = code.data()
            s3.put_object(Bucket=place, Key=code.key, Body=data)
            said(f"{code.name}: {len(data) / 1e6:.1f} MB")
        return code.name, code.key

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(send, codes))


def _is_there(s3: Any, place: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=place, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True
