"""The installation's secrets: made once, kept in Secrets Manager, never in a template, file or log.

A naming key that changed would rename every study, a link key that changed would break every link that was sent, so
`ensure` never replaces what is there; it only adds what is missing.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class SecretsManager(Protocol):
    """The two calls of boto3's Secrets Manager client that are needed."""

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]: ...

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> dict[str, Any]: ...


def new_secrets(signing_key_id: str) -> dict[str, Any]:
    """Fresh secrets: naming and link key (hex, 32 bytes each) and an RSA-2048 key for the CDN's signed cookies (PKCS#8 PEM).

    signing_key_id: the id under which the CDN knows the public half.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # CloudFront takes RSA 2048, no larger
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "naming_key": secrets.token_hex(32),
        "link_key": secrets.token_hex(32),
        "signing_key": pem.decode(),
        "signing_key_id": signing_key_id,
    }


def public_key_pem(signing_key: str) -> str:
    """The public half of a private key in PEM, as CloudFront and the gateway take it."""
    key = serialization.load_pem_private_key(signing_key.encode(), password=None)
    encoded = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded.decode()


def ensure(
    client: SecretsManager,
    secret_id: str,
    *,
    signing_key_id: str,
    sms: dict[str, Any] | None = None,
    wechat: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Make what is missing, keep what is there, set the settings of SMS provider and WeChat if given. Returns all of them."""
    present = read(client, secret_id)
    wanted = {**new_secrets(signing_key_id), **present} if "signing_key" not in present else dict(present)
    if sms is not None:
        wanted["sms"] = sms
    if wechat is not None:
        wanted["wechat"] = wechat
    wanted.setdefault("sms", {})
    if wanted != present:
        client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(wanted))
    return wanted


def set_signing_key_id(client: SecretsManager, secret_id: str, key_id: str) -> None:
    """Note the name that the CDN gave to the public half."""
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({**read(client, secret_id), "signing_key_id": key_id}))


def read(client: SecretsManager, secret_id: str) -> dict[str, Any]:
    """What the secret holds; nothing when it was never filled."""
    try:
        value = client.get_secret_value(SecretId=secret_id).get("SecretString") or "{}"
    except Exception as error:  # boto3 makes its exception classes at run time; only this one is expected
        code = getattr(error, "response", {}).get("Error", {}).get("Code")
        if code == "ResourceNotFoundException":
            return {}
        raise
    try:
        found = json.loads(value)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
