"""The signature on every request that an agent sends to the edge API (docs/interfaces.md §2).

The agent signs, edge_api verifies; both call this file, so that they cannot disagree about a byte. Pure: the time, the
nonce and the keys are handed in. cryptography is imported with the first signature: a cold start answers sooner without it.

    Authorization: Lightbox key="…", time="…", nonce="…", token="…", signature="…"
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

SCHEME = "Lightbox"
VERSION = "LB1"
MAX_SKEW_S = 300
ROOT = "/edge/v1/"

_FORM = {
    "key": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "nonce": re.compile(r"[A-Za-z0-9]{22,64}"),
    "token": re.compile(r"[A-Za-z0-9_-]{0,256}"),
    "signature": re.compile(r"[A-Za-z0-9+/]{8,120}={0,2}"),
}
_PAIR = re.compile(r'\s*([a-z]+)="([^"\\]*)"\s*')
_HEADER_LIMIT = 1024


class RequestRefused(Exception):
    """A signed request is not believed. `code` is what the edge API answers.

    RequestRefused
    ├── AuthorizationMissing    no header, or another scheme
    ├── AuthorizationMalformed  a field is absent, doubled, unknown or of a wrong form
    ├── ClockSkewed             the sender's clock is more than 300 s off
    └── SignatureWrong          the key did not sign these bytes
    """

    code: ClassVar[str]


class AuthorizationMissing(RequestRefused):
    code = "authorization_missing"


class AuthorizationMalformed(RequestRefused):
    code = "authorization_malformed"


class ClockSkewed(RequestRefused):
    code = "clock_skewed"


class SignatureWrong(RequestRefused):
    code = "signature_wrong"


@dataclass(frozen=True, slots=True)
class Authorization:
    """The fields of one Authorization header. `token` is empty only for `POST /tokens`."""

    key: str
    time: str
    nonce: str
    token: str
    signature: bytes

    def header(self) -> str:
        """The header's value, as it is sent."""
        signature = base64.b64encode(self.signature).decode("ascii")
        return (
            f'{SCHEME} key="{self.key}", time="{self.time}", nonce="{self.nonce}", token="{self.token}", signature="{signature}"'
        )


def format_time(now: datetime) -> str:
    """UTC to the second, `2026-11-24T06:05:00Z`. Raises ValueError for a time without zone."""
    if now.tzinfo is None:
        raise ValueError("a time zone is needed")
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical(method: str, path: str, body: bytes, time: str, nonce: str, key: str, token: str) -> bytes:
    """The bytes that are signed: eight lines joined by LF.

    path: from `/edge/v1/`, without query; a stage or `/api` before it is cut off here, so that proxies may add one.
    Raises ValueError when `path` does not hold `/edge/v1/`.
    """
    start = path.find(ROOT)
    if start < 0:
        raise ValueError(f"path must hold {ROOT}")
    plain = path[start:].partition("?")[0]
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((VERSION, method.upper(), plain, digest, time, nonce, key, token)).encode("utf-8")


def sign(
    private_key: ec.EllipticCurvePrivateKey,
    method: str,
    path: str,
    body: bytes,
    *,
    now: datetime,
    nonce: str,
    key: str,
    token: str = "",
) -> str:
    """The Authorization header for one request: ECDSA over P-256 with SHA-256, DER.

    nonce: 22 or more base62 characters, never used before.
    Raises ValueError when a field could not be parsed back.
    """
    time = format_time(now)
    for name, value in (("key", key), ("nonce", nonce), ("token", token)):
        if not _FORM[name].fullmatch(value):
            raise ValueError(f"{name} has a form that the edge API does not accept")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    signature = private_key.sign(canonical(method, path, body, time, nonce, key, token), ec.ECDSA(hashes.SHA256()))
    return Authorization(key, time, nonce, token, signature).header()


def parse(header: str | None) -> Authorization:
    """Read an Authorization header; order and spacing of its fields are free.

    Raises AuthorizationMissing, AuthorizationMalformed.
    """
    scheme, _, rest = (header or "").strip().partition(" ")
    if scheme.lower() != SCHEME.lower():
        raise AuthorizationMissing("no Lightbox authorization")
    if len(header or "") > _HEADER_LIMIT:
        raise AuthorizationMalformed("header too long")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        pair = _PAIR.fullmatch(part)
        if pair is None or pair[1] not in _FORM or pair[1] in fields:
            raise AuthorizationMalformed("a field is unknown, doubled or not quoted")
        if not _FORM[pair[1]].fullmatch(pair[2]):
            raise AuthorizationMalformed(f"{pair[1]} has a wrong form")
        fields[pair[1]] = pair[2]
    if len(fields) != len(_FORM):
        raise AuthorizationMalformed("missing: " + ", ".join(sorted(_FORM.keys() - fields.keys())))
    try:
        signature = base64.b64decode(fields.pop("signature"), validate=True)
        datetime.strptime(fields["time"], "%Y-%m-%dT%H:%M:%S%z")
    except (binascii.Error, ValueError):
        raise AuthorizationMalformed("time or signature cannot be read") from None
    return Authorization(signature=signature, **fields)


def check_clock(authorization: Authorization, now: datetime) -> None:
    """Raises ClockSkewed when the sender's clock is more than 300 s from `now`, either way."""
    sent = datetime.strptime(authorization.time, "%Y-%m-%dT%H:%M:%S%z")
    skew_s = (sent - now).total_seconds()
    if abs(skew_s) > MAX_SKEW_S:
        raise ClockSkewed(f"clock is {skew_s:+.0f} s off")


def verify(public_key: ec.EllipticCurvePublicKey, authorization: Authorization, method: str, path: str, body: bytes) -> None:
    """Raises SignatureWrong unless `public_key` signed exactly this request. Neither clock nor nonce is looked at."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    a = authorization
    try:
        signed = canonical(method, path, body, a.time, a.nonce, a.key, a.token)
        public_key.verify(a.signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise SignatureWrong("the signature does not fit the request") from None
