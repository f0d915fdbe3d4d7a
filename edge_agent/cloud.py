"""The edge API (docs/interfaces.md §2) and the vault behind its grants. Every request is signed; threads may share one."""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from edge_agent import network
from edge_agent.config import Cloud as Settings
from edge_agent.errors import (
    AgentRevoked,
    ClockSkewed,
    CloudError,
    CloudRefused,
    CloudUnreachable,
    EnrolmentRefused,
    KeyRevoked,
    KeyUnknown,
    NotTheCloud,
    TokenExpired,
    clock_off,
)
from edge_agent.identity import Identity, public_pem
from edge_agent.spool.model import File
from edge_agent.urls import is_private
from functions.core.signing import request as signing

_BASE62 = string.ascii_letters + string.digits
_RENEW_BEFORE_S = 120
_LATER = (408, 425, 429)
_NEVER_TAKEN = {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "EntityTooLarge", "InvalidRequest"}  # of the vault


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to put one object: exactly these headers, once."""

    file: File
    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Grants:
    """study, series: the cloud's keyed names; empty where the request named none."""

    study: str
    series: str
    grants: tuple[Grant, ...]


_ENROLMENT_REFUSALS = {  # the cloud's code → English, Chinese
    "document_invalid": ("not a code of the form XXXX-XXXX-XXXX", "格式不对，应为 XXXX-XXXX-XXXX"),
    "enrolment_code_wrong": ("used, expired or wrong", "已用过、已过期或有误"),
}


class Cloud:
    """One connection pool to the edge API and the vault."""

    def __init__(
        self,
        url: str,
        identity: Identity | None,
        *,
        timeout_s: float = 30.0,
        ca_file: Path | None = None,
        proxy: str | None = None,
        wall_s: Callable[[], float] = time.time,
        http: httpx.Client | None = None,
    ) -> None:
        """http: in the place of a pool of its own. Raises CertificatesUnreadable."""
        self._base = url.rstrip("/")
        self._identity, self._wall_s = identity, wall_s
        self._timeout_s, self._proxy = timeout_s, proxy
        self._token, self._token_until_s = "", 0.0
        self.skew_s = 0.0  # this machine's clock minus the cloud's, when the last token came
        self._token_lock = threading.Lock()
        self._http = http or network.client(network.trust(ca_file), timeout_s=timeout_s, proxy=proxy)

    @classmethod
    def of(cls, settings: Settings, identity: Identity | None) -> Cloud:
        """As the settings say. Raises CertificatesUnreadable."""
        return cls(settings.url, identity, timeout_s=settings.timeout_s, ca_file=settings.ca_file, proxy=settings.proxy)

    def close(self) -> None:
        self._http.close()

    # -- routes

    def greet(self) -> None:
        """A token is asked for and kept: is the cloud there, does it believe this agent and its clock? Raises CloudError.

        Without an identity: whether the cloud is there.
        """
        if self._identity is not None:
            self._current_token(renew=True)
            return
        try:
            self._send("/edge/v1/tokens", b"{}", {})
        except AgentRevoked:  # it answers strangers with a refusal
            return

    def reach(self, url: str) -> None:
        """Whether something answers at a grant's address; nothing is put there. Raises CloudUnreachable."""
        try:
            self._http.head(url.partition("?")[0])
        except httpx.HTTPError as error:
            raise self._meaning(error, url, "vault") from None

    def enrol(self, code: str, ae_title: str, private_key: Any) -> Identity:
        """Trade a one-time code for an identity. Raises EnrolmentRefused, CloudUnreachable."""
        body = {"code": code, "ae_title": ae_title, "public_key": public_pem(private_key)}
        try:
            answer = self._send("/edge/v1/enrolments", json.dumps(body).encode("utf-8"), {}, ("tenant", "agent", "key"))
        except CloudUnreachable:
            raise
        except CloudError as error:
            code = str(error.details.get("reason", error.code))
            reason, reason_zh = _ENROLMENT_REFUSALS.get(code, (code, code))
            raise EnrolmentRefused(reason=reason, reason_zh=reason_zh) from None
        hospital = answer.get("hospital", {})
        return Identity(
            answer["tenant"],
            answer["agent"],
            answer["key"],
            hospital.get("name", ""),
            hospital.get("time_zone", "Asia/Shanghai"),
            private_key,
        )

    def grants(self, files: Sequence[File], study_uid: str = "", series_uid: str = "") -> Grants:
        """Leave to put `files` (≤ 100). Raises CloudError."""
        objects = [
            {"kind": file.kind, "sha256": file.sha256, "bytes": file.bytes, "content_type": content_type(file.kind)}
            for file in files
        ]
        body: dict[str, object] = {"objects": objects}
        if study_uid:
            body["study_uid"] = study_uid
        if series_uid:
            body["series_uid"] = series_uid
        answer = self._signed("/edge/v1/grants", body, needed=("grants",))
        by_name = {(grant["kind"], grant["sha256"]): grant for grant in answer["grants"]}
        try:
            grants = tuple(
                Grant(file, by_name[file.kind, file.sha256]["url"], by_name[file.kind, file.sha256]["headers"]) for file in files
            )
        except KeyError:
            raise CloudUnreachable(route="grants", reason="a grant is missing") from None
        return Grants(answer.get("study") or "", answer.get("series") or "", grants)

    def put(self, grant: Grant, data: bytes) -> bool:
        """Put an object. True: written now; False: it was there already (412). Raises CloudError."""
        if not is_private(grant.url):
            raise CloudUnreachable(route="vault", reason="its grant is not https")
        headers = {name: str(value) for name, value in grant.headers.items()}
        try:
            answer = self._http.put(grant.url, content=data, headers=headers)
        except httpx.HTTPError as error:
            raise self._meaning(error, grant.url, "vault") from None
        if answer.status_code in (200, 201, 204):
            return True
        if answer.status_code == 412:
            return False
        code = _vault_code(answer.text)
        if code in _NEVER_TAKEN:
            raise CloudRefused(route="vault", status=answer.status_code, reason=code)
        # the rest: later. 400 also says RequestTimeout, IncompleteBody, ExpiredToken; 403: the grant has expired; 409: another
        # put of the same name is under way; no code at all: a proxy's answer, not the vault's
        raise CloudUnreachable(route="vault", reason=f"{answer.status_code} {code}".strip())

    def confirm_manifest(self, kind: str, sha256: str, study_uid: str, series_uid: str = "") -> None:
        body: dict[str, object] = {"kind": kind, "sha256": sha256, "study_uid": study_uid}
        if series_uid:
            body["series_uid"] = series_uid
        self._signed("/edge/v1/manifests", body)

    def confirm_document(self, kind: str, sha256: str) -> None:
        """kind: report or registration."""
        self._signed(f"/edge/v1/{kind}s", {"sha256": sha256})

    def states(self, what: str, digests: Sequence[str]) -> dict[str, dict[str, str]]:
        """what: manifests, reports or registrations. → {sha256: {state, reason?}} of ≤ 100 digests."""
        answer = self._signed(f"/edge/v1/{what}/status", {"sha256": list(digests)}, needed=("states",))
        states: dict[str, dict[str, str]] = answer["states"]
        return states

    def heartbeat(self, body: dict[str, object]) -> None:
        self._signed("/edge/v1/heartbeats", body)

    # -- signing and sending

    def _signed(self, path: str, body: dict[str, object], needed: Sequence[str] = ()) -> dict[str, Any]:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        for attempt in (1, 2):
            token = self._current_token(renew=attempt == 2)
            try:
                return self._send(path, raw, self._authorization("POST", path, raw, token), needed)
            except TokenExpired:
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _current_token(self, renew: bool) -> str:
        with self._token_lock:
            if renew or self._wall_s() > self._token_until_s - _RENEW_BEFORE_S:
                path, body = "/edge/v1/tokens", b"{}"
                answer = self._send(path, body, self._authorization("POST", path, body, ""), ("token", "expires_at", "now"))
                until, now = (datetime.fromisoformat(answer[name]) for name in ("expires_at", "now"))
                self._token = answer["token"]
                self._token_until_s = self._wall_s() + (until - now).total_seconds()
                self.skew_s = self._wall_s() - now.timestamp()
            return self._token

    def _authorization(self, method: str, path: str, body: bytes, token: str) -> dict[str, str]:
        if self._identity is None:
            raise AssertionError("only enrolment works without an identity")
        now = datetime.fromtimestamp(self._wall_s(), UTC)
        identity = self._identity
        header = signing.sign(identity.private_key, method, path, body, now=now, nonce=_nonce(), key=identity.key, token=token)
        return {"authorization": header}

    def _send(self, path: str, body: bytes, headers: dict[str, str], needed: Sequence[str] = ()) -> dict[str, Any]:
        """POST; the answer's object, with the fields `needed`. Raises CloudError."""
        route = path.removeprefix("/edge/v1/")
        try:
            answer = self._http.post(self._base + path, content=body, headers=headers | {"content-type": "application/json"})
        except httpx.HTTPError as error:
            raise self._meaning(error, self._base, route) from None
        try:
            content = answer.json()
        except ValueError:
            content = None
        if not isinstance(content, dict) or (answer.is_success and not content.keys() >= {*needed}):
            content = {}
        elif answer.is_success:
            return content
        raise self._error(route, answer.status_code, content)

    def _meaning(self, error: httpx.HTTPError, url: str, route: str) -> CloudUnreachable:
        return network.meaning(error, url, route=route, timeout_s=self._timeout_s, proxy=self._proxy)

    def _error(self, route: str, status: int, content: dict[str, Any]) -> CloudError:
        code = str(content.get("code", ""))
        if code == "clock_skewed":
            theirs = datetime.fromisoformat(content["now"]).timestamp() if content.get("now") else self._wall_s()
            return ClockSkewed(**clock_off(self._wall_s() - theirs))
        if code == "token_expired":
            return TokenExpired()
        if code == "request_replayed":  # a proxy sent it twice; the next try has a nonce of its own
            return CloudUnreachable(route=route, reason=code)
        if not code and status < 500 and status not in _LATER:
            return NotTheCloud(host=network.place(self._base)[0], route=route, status=status)
        if status in (401, 403) and code != "enrolment_code_wrong":  # about the agent, not about what it sends
            key = self._identity.key if self._identity else ""
            kind = {"key_revoked": KeyRevoked, "key_unknown": KeyUnknown}.get(code, AgentRevoked)
            return kind(reason=code, key=key)
        if status >= 500 or status in _LATER or content.get("retry"):
            return CloudUnreachable(route=route, reason=f"{status} {code}".strip())
        return CloudRefused(route=route, status=status, reason=code)


def _nonce() -> str:
    """160 bits of chance as 27 base62 characters."""
    bits, digits = secrets.randbits(160), []
    for _ in range(27):
        bits, digit = divmod(bits, 62)
        digits.append(_BASE62[digit])
    return "".join(digits)


def content_type(kind: str) -> str:
    return {
        "manifest": "application/json",
        "declaration": "application/json",
        "report": "application/json",
        "registration": "application/json",
        "report_pdf": "application/pdf",
    }.get(kind, "application/octet-stream")


def _vault_code(text: str) -> str:
    """`<Code>` of an S3 error; nothing else of it is repeated."""
    _, found, rest = text.partition("<Code>")
    code = rest.partition("</Code>")[0]
    return code if found and code.isalnum() else ""
