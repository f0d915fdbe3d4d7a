"""Who signed this request? Checked in the order in which a wrong answer would tell the least [EDGE-15].

Key, clock, signature, nonce, token: only a request that the key signed may use up a nonce or learn about its token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from functions.adapters.http import Answer, Handler, Request
from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps
from functions.core import errors
from functions.core.signing import request as signing
from functions.core.study import keys
from functions.core.study.agents import AgentKey, AgentToken, Nonce
from functions.core.study.hospitals import Hospital, is_any_closed, is_closed
from functions.core.times import epoch_s, iso

NOT_BELIEVED = (
    *(errors.SignatureMissing, errors.KeyUnknown, errors.KeyRevoked, errors.ClockSkewed),
    *(errors.SignatureWrong, errors.RequestReplayed, errors.HospitalRebuilding),
)
TOKEN_NOT_BELIEVED = (*NOT_BELIEVED, errors.TokenExpired)
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

TRY_AGAIN_S = 60
NONCE_S = 2 * signing.MAX_SKEW_S + 60  # a request may be 300 s early; its nonce must outlive the clock check


@dataclass(frozen=True)
class Caller:
    """An agent that has proved who it is."""

    tenant: str
    agent: str
    key: str


def signed(handler: Callable[[Request, Caller, Deps], Answer], *, token: bool = True) -> Handler:
    """The handler behind the checks. token: whether a valid token is needed; only `/tokens` goes without."""

    def checked(request: Request, deps: Deps) -> Answer:
        try:
            caller = authenticate(request, deps, token=token)
        except errors.AgentRefused as refused:
            count("AgentRefused", code=refused.code)
            raise
        request.note(tenant=caller.tenant, agent=caller.agent)
        logger.append_keys(tenant=caller.tenant, agent=caller.agent)
        try:
            request.json  # noqa: B018 — only now: raises when the body breaks the route's schema
            return handler(request, caller, deps)
        finally:
            logger.remove_keys(["tenant", "agent"])

    checked.__name__, checked.__doc__ = handler.__name__, handler.__doc__
    return checked


def authenticate(request: Request, deps: Deps, *, token: bool) -> Caller:
    """Raises a kind of AgentRefused, which tells the agent what to do."""
    now = deps.clock.now()
    try:
        claimed = signing.parse(request.headers.get("authorization"))
    except signing.RequestRefused:
        raise errors.SignatureMissing() from None
    key = _key(claimed.key, deps)
    try:
        signing.check_clock(claimed, now)
    except signing.ClockSkewed:
        raise errors.ClockSkewed(now=iso(now), limit_s=signing.MAX_SKEW_S) from None
    try:
        signing.verify(_public_key(key.public_key), claimed, request.method, request.path, request.body)
    except signing.SignatureWrong:
        raise errors.SignatureWrong() from None
    _use_up(claimed.key, claimed.nonce, epoch_s(now), deps)
    if token:
        _check_token(claimed.key, claimed.token, epoch_s(now), deps)
    return Caller(key.tenant, key.agent, key.id)


def _key(key_id: str, deps: Deps) -> AgentKey:
    """Read at every request: a revoked key stops at once. One that is lost comes back, and nobody must enrol anew for that; one
    that stands in a restored table may have been revoked since."""
    row = deps.table.get(keys.key_pk(key_id), "KEY")
    if row is None and is_any_closed(deps.table.get(*keys.REBUILDING)):
        raise errors.HospitalRebuilding(after_s=TRY_AGAIN_S)
    if row is None:
        raise errors.KeyUnknown()
    key = AgentKey.from_row(row)
    open_hospital(key.tenant, deps)
    agent = deps.table.get(keys.agent_pk(key.tenant, key.agent), "AGENT")
    if key.revoked_at or agent is None or agent["revoked_at"] or key.id not in agent["keys_held"]:
        raise errors.KeyRevoked()
    return key


def open_hospital(tenant: str, deps: Deps) -> Hospital:
    """Raises HospitalRebuilding: while a hospital's rows are lost or being rebuilt none of them says whom to believe."""
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None or is_closed(row):
        raise errors.HospitalRebuilding(after_s=TRY_AGAIN_S)
    return Hospital.from_row(row)


@lru_cache(maxsize=256)
def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise errors.KeyUnknown()
    return key


def _use_up(key_id: str, nonce: str, now_s: int, deps: Deps) -> None:
    """The conditional write is the check: of two equal requests at once one is refused."""
    try:
        deps.table.put(Nonce(key_id, nonce, now_s + NONCE_S).to_row(), expect=None)
    except errors.VersionConflict:
        raise errors.RequestReplayed() from None


def _check_token(key_id: str, token: str, now_s: int, deps: Deps) -> None:
    row = deps.table.get(keys.token_pk(keys.sha256_hex(token)), "TOKEN") if token else None
    if row is None:
        raise errors.TokenExpired()
    stands = AgentToken.from_row(row)
    if stands.key_id != key_id or stands.expires_at <= now_s:
        raise errors.TokenExpired()
