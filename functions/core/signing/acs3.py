"""Alibaba Cloud's signature V3, ACS3-HMAC-SHA256, for calls whose parameters all stand in the query.

Source: help.aliyun.com, "V3 request syntax and signature"; its worked example is a test of this module.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def query_text(parameters: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as RFC 3986 has it: what is signed is what is sent."""
    return "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))


def headers(
    *, key_id: str, secret: str, host: str, action: str, version: str, query: str, time: str, nonce: str
) -> dict[str, str]:
    """All headers of a POST to `/` without a body. query: as `query_text` gives it; time: ISO 8601 UTC to the second."""
    body_digest = hashlib.sha256(b"").hexdigest()
    signed = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": body_digest,
        "x-acs-date": time,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = "\n".join(("POST", "/", query, lines, names, body_digest))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return signed | {"Authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"}


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
