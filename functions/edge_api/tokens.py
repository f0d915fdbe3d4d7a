"""A short token: what a stolen recording of signed requests still lacks after fifteen minutes."""

from __future__ import annotations

import secrets
from datetime import timedelta

from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.study import keys
from functions.core.study.agents import AgentToken
from functions.core.times import epoch_s, iso
from functions.edge_api.authentication import Caller

LIFE_S = 15 * 60
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 32  # 190 bit


def issue(request: Request, caller: Caller, deps: Deps) -> Answer:
    now = deps.clock.now()
    token = random_token()
    expires = now + timedelta(seconds=LIFE_S)
    deps.table.put(AgentToken(keys.sha256_hex(token), caller.key, epoch_s(expires)).to_row(), expect=None)
    return Answer({"token": token, "expires_at": iso(expires), "now": iso(now)})


def random_token(length: int = LENGTH) -> str:
    """Base62 from the system's randomness."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
