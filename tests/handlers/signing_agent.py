"""An agent as the edge API sees it, and as somebody would be who is not one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.adapters import schemas
from functions.core.signing import request as signing
from functions.core.study.agents import EnrolmentCode
from functions.core.study.enrolment import code_digest
from functions.core.times import epoch_s
from functions.edge_api.app import build
from tests.fakes import Fakes, LambdaContext, rest_event
from tests.handlers.uploads import TENANT


class Agent:
    """Signs and sends as edge_agent does; every part of a request can be bent."""

    def __init__(self, deps: Fakes, tenant: str = TENANT, ae_title: str = "LIGHTBOX") -> None:
        self.deps, self.tenant, self.ae_title = deps, tenant, ae_title
        self.app = build(lambda: deps)
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.key = self.token = ""
        self.count = 0

    def code(self, text: str = "ABCD-EFGH-JKMN", life_s: int = 900) -> str:
        expires = epoch_s(self.deps.clock.now()) + life_s
        self.deps.table.put(EnrolmentCode(code_digest(text), self.tenant, self.ae_title, expires).to_row(), expect=None)
        return text

    def public_key(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def enrol(self, code: str, ae_title: str | None = None) -> tuple[int, Any]:
        body = {"code": code, "ae_title": ae_title or self.ae_title, "public_key": self.public_key()}
        status, answer = self.call("enrolments", body, authorization=None)
        self.key = answer.get("key", self.key)
        return status, answer

    def ready(self) -> Agent:
        assert self.enrol(self.code(f"CODE-{self.tenant}-0000"))[0] == 201
        self.token = self.call("tokens", {})[1]["token"]
        return self

    def sign(
        self, route: str, body: bytes, *, now: datetime | None = None, nonce: str | None = None, token: str | None = None
    ) -> str:
        self.count += 1
        return signing.sign(
            self.private,
            "POST",
            f"/edge/v1/{route}",
            body,
            now=now or self.deps.clock.now(),
            nonce=nonce or f"{self.count:022d}",
            key=self.key,
            token=("" if route == "tokens" else self.token) if token is None else token,
        )

    def call(self, route: str, body: Any, **bent: Any) -> tuple[int, Any]:
        raw = json.dumps(body).encode()
        authorization = bent.pop("authorization", ...)
        headers = {"Content-Type": "application/json"}
        header = self.sign(route, raw, **bent) if authorization is ... else authorization
        if header is not None:
            headers["Authorization"] = header
        return self.send(route, raw, headers)

    def send(self, route: str, raw: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        answer = self.app(rest_event("POST", f"/edge/v1/{route}", raw, headers=headers), LambdaContext())
        body = json.loads(answer["body"])
        if answer["statusCode"] >= 400:
            schemas.check(body, "error.v1")
        return answer["statusCode"], body
