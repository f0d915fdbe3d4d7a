"""Tencent Cloud's signature V3, TC3-HMAC-SHA256, for calls with a JSON body.

Source: cloud.tencent.com, "Signature method v3"; its worked example is a test of this module.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"


def authorization(*, secret_id: str, secret_key: str, host: str, service: str, action: str, body: bytes, at: int) -> str:
    """Value of `Authorization` of a POST to `/`. at: epoch seconds, the same as in `X-TC-Timestamp`."""
    names = "content-type;host;x-tc-action"
    lines = f"content-type:{CONTENT_TYPE}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    canonical = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    scope = f"{day}/{service}/tc3_request"
    to_sign = "\n".join((ALGORITHM, str(at), scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"
