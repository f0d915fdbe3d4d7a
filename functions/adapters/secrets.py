"""The keys of a deployment. Fetched when first asked for, kept for five minutes, so that a rotation is seen without a restart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class SecretValues:
    """The secret's fields, as the code uses them."""

    naming_key: bytes  # HMAC key of names (functions/core/study/keys.py); never rotated by renaming
    link_key: bytes  # HMAC key of patient links
    signing_key: str = field(repr=False, default="")  # PEM, RSA: CloudFront cookies
    signing_key_id: str = ""  # CloudFront's id of the public half
    sms: Mapping[str, Any] = field(repr=False, default_factory=dict)  # provider's settings
    wechat: Mapping[str, Any] = field(
        repr=False, default_factory=dict
    )  # tenant, or * for all others → official account's settings

    def __repr__(self) -> str:
        return "SecretValues(…)"


class Secrets(Protocol):
    def values(self) -> SecretValues: ...


class FixedSecrets:
    def __init__(self, values: SecretValues) -> None:
        self._values = values

    def values(self) -> SecretValues:
        return self._values


class ManagedSecrets:
    """Secrets Manager. client: boto3's `secretsmanager`, made at first use."""

    keep_s = 300

    def __init__(self, secret_id: str, client: Callable[[], Any], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._id = secret_id
        self._client = client
        self._monotonic = monotonic
        self._kept: tuple[float, SecretValues] | None = None

    def values(self) -> SecretValues:
        now = self._monotonic()
        if self._kept is None or now - self._kept[0] > self.keep_s:
            text = self._client().get_secret_value(SecretId=self._id)["SecretString"]
            self._kept = (now, parse(json.loads(text)))
        return self._kept[1]


def parse(document: Mapping[str, Any]) -> SecretValues:
    return SecretValues(
        naming_key=bytes.fromhex(document["naming_key"]),
        link_key=bytes.fromhex(document["link_key"]),
        signing_key=document.get("signing_key", ""),
        signing_key_id=document.get("signing_key_id", ""),
        sms=document.get("sms", {}),
        wechat=document.get("wechat", {}),
    )
