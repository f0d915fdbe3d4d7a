"""boto3 sessions that speak to the local cloud as a named user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
S3V4 = Config(signature_version="s3v4", s3={"addressing_style": "path"})  # boto3 would presign SigV2 here


@dataclass(frozen=True)
class Credentials:
    """An access key pair."""

    access_key: str
    secret_key: str
    session_token: str | None = None  # of a role that was assumed


ROOT_USER = Credentials("test", "test")  # the emulator's root: it deploys, nothing else uses it


def isolated() -> botocore.session.Session:
    """A botocore session that reads neither the machine's AWS files nor its profile."""
    nowhere = (None, None, os.devnull, None)
    return botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    )


class LocalSession(boto3.Session):
    """A boto3 session whose clients and resources go to `endpoint`."""

    def __init__(self, endpoint: str, credentials: Credentials) -> None:
        super().__init__(
            botocore_session=isolated(),
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.session_token,
            region_name=REGION,
        )
        self.endpoint = endpoint

    def client(self, service_name: Any, *args: Any, **kwargs: Any) -> Any:
        """As boto3's, with the local endpoint; S3 with path addressing and SigV4."""
        kwargs["endpoint_url"] = kwargs.get("endpoint_url") or self.endpoint
        if service_name == "s3":
            given = kwargs.get("config")
            kwargs["config"] = S3V4.merge(given) if given is not None else S3V4
        return super().client(service_name, *args, **kwargs)
