"""Grants: presigned PUTs whose signature covers everything that could be changed about an upload.

The signer's credentials come from a role narrowed, by a session policy, to the keys of one hospital: a mistake in the names above
this file still cannot write across the wall.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.adapters.clock import Clock
from functions.adapters.settings import Settings
from functions.adapters.vault.s3 import IMMUTABLE, folder_of
from functions.core.study.keys import KEY_VERSION, Bucket

GRANT_S = 900
ROLE_S = 3600
MOST_CLIENTS = 64  # of as many hospitals; one more costs a call to STS, each kept one some memory


@dataclass(frozen=True)
class Upload:
    """One object that an agent may write: sha256 in hex, bytes its exact length."""

    bucket: Bucket
    key: str
    sha256: str
    bytes: int
    content_type: str

    def headers(self) -> dict[str, str]:
        """What the agent must send, exactly."""
        return {
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(self.sha256)).decode("ascii"),
            "if-none-match": "*",
            "content-type": self.content_type,
            "cache-control": IMMUTABLE,
            "content-length": str(self.bytes),
        }


class Presigner(Protocol):
    def put(self, tenant: str, upload: Upload) -> str:
        """A URL for this one upload, valid 15 minutes."""


class S3Presigner:
    """clients: makes a boto3 client by service name and keyword options."""

    def __init__(self, settings: Settings, clock: Clock, clients: Callable[..., Any]) -> None:
        self._settings = settings
        self._clock = clock
        self._clients = clients
        self._kept: dict[str, tuple[datetime, Any]] = {}

    def put(self, tenant: str, upload: Upload) -> str:
        url: str = self._client(tenant).generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._settings.bucket(upload.bucket),
                "Key": folder_of(upload.bucket) + upload.key,
                "ChecksumSHA256": upload.headers()["x-amz-checksum-sha256"],
                "IfNoneMatch": "*",
                "ContentType": upload.content_type,
                "CacheControl": IMMUTABLE,
                "ContentLength": upload.bytes,
            },
            ExpiresIn=GRANT_S,
        )
        return url

    def _client(self, tenant: str) -> Any:
        now = self._clock.now()
        kept = self._kept.get(tenant)
        if kept is None or kept[0] <= now:
            kept = (now + timedelta(seconds=ROLE_S - 2 * GRANT_S), self._assume(tenant))
            alive = [(name, one) for name, one in self._kept.items() if one[0] > now]  # in the order in which they end
            self._kept = {**dict(alive[-(MOST_CLIENTS - 1) :]), tenant: kept}
        return kept[1]

    def _assume(self, tenant: str) -> Any:
        role = self._clients("sts").assume_role(
            RoleArn=self._settings.presign_role,
            RoleSessionName=f"grants-{tenant}",
            DurationSeconds=ROLE_S,
            Policy=json.dumps(session_policy(self._settings, tenant)),
        )["Credentials"]
        return self._clients(
            "s3",
            aws_access_key_id=role["AccessKeyId"],
            aws_secret_access_key=role["SecretAccessKey"],
            aws_session_token=role["SessionToken"],
        )


def session_policy(settings: Settings, tenant: str) -> dict[str, Any]:
    """Only `…/{tenant}/*` of the two buckets that agents write to."""
    partition = settings.presign_role.split(":")[1] if ":" in settings.presign_role else "aws"
    originals, pixels = (f"arn:{partition}:s3:::{bucket}" for bucket in (settings.originals, settings.pixels))
    places = [
        f"{originals}/{KEY_VERSION}/{tenant}/*",
        f"{originals}/manifests/{tenant}/*",
        f"{originals}/reports/{tenant}/*",
        f"{originals}/registrations/{tenant}/*",
        f"{pixels}/{folder_of('pixels')}{KEY_VERSION}/{tenant}/*",
    ]
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": places},
        # originals are encrypted with the deployment's own key
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey"], "Resource": "*"},
    ]
    return {"Version": "2012-10-17", "Statement": statements}
