"""An agent over HTTP without spool or sender: it enrols, uploads what a memory vault holds, and asks what became of it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.adapters.wiring import Production
from functions.core.signing import request as signing
from iac.local.cloud import LocalCloud
from tests.fakes import Fakes
from tests.handlers import uploads


class HttpAgent:
    """Enrols and speaks over the gateway, as edge_agent does."""

    def __init__(self, cloud: LocalCloud, tenant: str, code: str, ae_title: str = "LIGHTBOX") -> None:
        self.http = httpx.Client(base_url=f"{cloud.origin}/api/edge/v1/", timeout=30)
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.token = self.key = ""
        public = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        answer = self.http.post("enrolments", json={"code": code, "ae_title": ae_title, "public_key": public})
        assert answer.status_code == 201, answer.text
        self.key = answer.json()["key"]
        self.token = self.call("tokens", {}).json()["token"]

    def call(self, route: str, body: Any) -> httpx.Response:
        raw = json.dumps(body).encode()
        header = signing.sign(
            self.private,
            "POST",
            f"/edge/v1/{route}",
            raw,
            now=datetime.now(UTC),
            nonce=secrets.token_hex(16),
            key=self.key,
            token="" if route == "tokens" else self.token,
        )
        return self.http.post(route, content=raw, headers={"Authorization": header, "Content-Type": "application/json"})

    def put(self, grant: dict[str, Any], body: bytes) -> httpx.Response:
        return httpx.put(grant["url"], content=body, headers=grant["headers"], timeout=30)


def packed(deps: Production, tenant: str, *messages: Any) -> Fakes:
    """A memory vault with what an agent would upload, under the names that this cloud gives."""
    fakes = Fakes(secrets=deps.secrets)  # type: ignore[arg-type]
    for make in messages:
        make(fakes, tenant)
    return fakes


def send(agent: HttpAgent, fakes: Fakes, tenant: str, slices: uploads.Slices, *, again: bool = False) -> list[str]:
    """Upload everything of the memory vault by grants; returns the digests of manifests, declarations and reports.

    again: all of it was sent before.
    """
    confirmed = []
    kinds = {"heads": "heads", "low": "low", "rest": "rest"}
    for bucket in ("pixels", "originals"):
        for key in fakes.vault.keys(bucket, ""):  # type: ignore[arg-type]
            body = fakes.vault.get(bucket, key)  # type: ignore[arg-type]
            name = key.rsplit("/", 1)[1]
            sha256, _, ending = name.partition(".")
            plain = "registration" if key.startswith("registrations/") else "report"
            kind = kinds.get(ending) or {"json": "manifest", "declaration.json": "declaration"}.get(ending, plain)
            wanted = {"objects": [{"kind": kind, "sha256": sha256, "bytes": len(body)}]}
            wanted |= {"study_uid": slices.study_uid, "series_uid": slices.series_uid}
            answer = agent.call("grants", wanted)
            assert answer.status_code == 200, answer.text
            (grant,) = answer.json()["grants"]
            assert grant["key"] == key
            assert agent.put(grant, body).status_code == (412 if again else 200)
            assert agent.put(grant, body).status_code == 412
            if kind in ("manifest", "declaration"):
                about = {"kind": kind, "sha256": sha256, "study_uid": slices.study_uid, "series_uid": slices.series_uid}
                assert agent.call("manifests", about).status_code == 202
                confirmed.append(sha256)
            elif kind in ("report", "registration"):
                assert agent.call(f"{kind}s", {"sha256": sha256}).status_code == 202
                confirmed.append(sha256)
    return confirmed
