"""CloudFront's signed cookies with a custom policy: how they are made, and the check that CloudFront makes.

patient_api signs; the gateway that stands in the CDN's place verifies. Both are pure: keys and time are handed in.

Sources: Amazon CloudFront Developer Guide, "Set signed cookies using a custom policy" (policy, base64 with + = / replaced by
- _ ~, RSA PKCS #1 v1.5 over the policy's bytes, SHA-1 unless the cookie CloudFront-Hash-Algorithm says SHA256).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

POLICY_COOKIE = "CloudFront-Policy"
SIGNATURE_COOKIE = "CloudFront-Signature"
KEY_COOKIE = "CloudFront-Key-Pair-Id"
HASH_COOKIE = "CloudFront-Hash-Algorithm"

MAX_POLICY_BYTES = 2048

_TO_COOKIE = bytes.maketrans(b"+=/", b"-_~")
_FROM_COOKIE = bytes.maketrans(b"-_~", b"+=/")
_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_DETOUR = re.compile(r"(^|/)\.{1,2}(/|$|\?)|\\|%")


class CookieRefused(Exception):
    """The cookies do not open this address. `reason` is one of REASONS; the outside answer is always 403."""

    REASONS = ("missing", "key_unknown", "policy_malformed", "signature_wrong", "expired", "too_early", "other_resource")

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Policy:
    """What a custom policy allows. resource: an address with wildcards * and ?; times: epoch seconds."""

    resource: str
    expires_at: int
    starts_at: int | None = None

    def to_json(self) -> bytes:
        """The policy's bytes as they are signed: no white space."""
        condition: dict[str, Any] = {"DateLessThan": {"AWS:EpochTime": self.expires_at}}
        if self.starts_at is not None:
            condition["DateGreaterThan"] = {"AWS:EpochTime": self.starts_at}
        document = {"Statement": [{"Resource": self.resource, "Condition": condition}]}
        return json.dumps(document, separators=(",", ":")).encode()


def sign_cookies(policy: Policy, *, private_key_pem: bytes, key_id: str) -> dict[str, str]:
    """The three cookies, name to value, that open `policy.resource` until it expires. RSA, SHA-1: CloudFront's default."""
    key = _private_key(private_key_pem)
    document = policy.to_json()
    signature = key.sign(document, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - CloudFront's own algorithm
    return {POLICY_COOKIE: _encode(document), SIGNATURE_COOKIE: _encode(signature), KEY_COOKIE: key_id}


def verify_cookies(cookies: Mapping[str, str], url: str, *, now: float, public_keys: Mapping[str, bytes]) -> Policy:
    """Make CloudFront's check of a request for `url` (scheme, host and path as asked for; a query is part of it).

    now: epoch seconds. public_keys: key id to PEM of the key group.
    Returns the policy that allows it. Raises CookieRefused with the reason.
    """
    try:
        document, signature, key_id = (cookies[name] for name in (POLICY_COOKIE, SIGNATURE_COOKIE, KEY_COOKIE))
    except KeyError:
        raise CookieRefused("missing") from None
    pem = public_keys.get(key_id)
    algorithm = _HASHES.get(cookies.get(HASH_COOKIE, "SHA1").upper())
    if pem is None or algorithm is None:
        raise CookieRefused("key_unknown")
    policy_bytes = _decode(document)
    key = _public_key(pem)
    if key is None:
        raise CookieRefused("key_unknown")
    try:
        key.verify(_decode(signature), policy_bytes, padding.PKCS1v15(), algorithm())
    except InvalidSignature:
        raise CookieRefused("signature_wrong") from None
    policy = _parse(policy_bytes)
    if now >= policy.expires_at:
        raise CookieRefused("expired")
    if policy.starts_at is not None and now <= policy.starts_at:
        raise CookieRefused("too_early")
    if not covers(policy.resource, url):
        raise CookieRefused("other_resource")
    return policy


def covers(resource: str, url: str) -> bool:
    """True when the wildcard resource (* any run, ? one character) matches the whole address.

    An address with a dot segment, a backslash or an escape matches nothing: what is behind might resolve it to another folder,
    and no name of ours needs one.
    """
    path = url.split("://", 1)[-1].partition("/")[2]
    if _DETOUR.search("/" + path):
        return False
    pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in resource)
    return re.fullmatch(pattern, url, re.DOTALL) is not None


@lru_cache(maxsize=4)  # reading a PEM costs more than signing: the key is checked each time
def _private_key(pem: bytes) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("CloudFront's cookies need an RSA key")
    return key


@lru_cache(maxsize=16)
def _public_key(pem: bytes) -> rsa.RSAPublicKey | None:
    key = load_pem_public_key(pem)
    return key if isinstance(key, rsa.RSAPublicKey) else None


def _parse(document: bytes) -> Policy:
    try:
        (statement,) = json.loads(document)["Statement"]
        condition = statement["Condition"]
        # An unknown condition (an address range, say) may only narrow: what cannot be checked is refused.
        if not set(condition) <= {"DateLessThan", "DateGreaterThan"}:
            raise CookieRefused("policy_malformed")
        starts_at = condition.get("DateGreaterThan", {}).get("AWS:EpochTime")
        return Policy(
            resource=str(statement["Resource"]),
            expires_at=int(condition["DateLessThan"]["AWS:EpochTime"]),
            starts_at=None if starts_at is None else int(starts_at),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CookieRefused("policy_malformed") from None


def _encode(data: bytes) -> str:
    return base64.b64encode(data).translate(_TO_COOKIE).decode("ascii")


def _decode(text: str) -> bytes:
    if len(text) > MAX_POLICY_BYTES * 2:
        raise CookieRefused("policy_malformed")
    try:
        return base64.b64decode(text.encode("ascii").translate(_FROM_COOKIE), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise CookieRefused("policy_malformed") from None
