"""The way to the cloud model, in the place of the agent's HTTP client: cut, slow, half, twice, or answered by a proxy."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.cloud_model import CloudModel
from tests.faults.disk import Killed

ORIGIN = "http://127.0.0.1"
_LATER = [
    (500, {}),
    (502, {}),
    (503, {"code": "service_busy", "retry": True}),
    (504, {}),
    (429, {"code": "too_many", "retry": True}),
]
_VAULT_LATER = [
    (400, "RequestTimeout"),
    (400, "ExpiredToken"),
    (403, "AccessDenied"),
    (409, "ConditionalRequestConflict"),
    (503, "SlowDown"),
]


@dataclass(slots=True)
class Traffic:
    """How the way is today. trouble: chance of a fault per request. down: nothing gets through."""

    trouble: float = 0.0
    slow: float = 0.0
    down: bool = False
    injected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Response:
    """What the agent asks of an httpx.Response."""

    status_code: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class SimulatedNetwork:
    """What the agent asks of an httpx.Client; a real one would take most of a run's time.

    life: requests until the agent dies in one; None: it does not. meanwhile: what others do while an answer is awaited.
    """

    def __init__(
        self,
        cloud: CloudModel,
        traffic: Traffic,
        rng: random.Random,
        passes: Callable[[float], None],
        meanwhile: Callable[[], None],
    ) -> None:
        self._cloud, self._traffic, self._rng = cloud, traffic, rng
        self._passes, self._meanwhile = passes, meanwhile
        self.life: int | None = None
        self.requests = 0
        self.dies: Callable[[], None] = lambda: None

    def post(self, url: str, *, content: bytes, headers: dict[str, str]) -> Response:
        return self._request(url, content, headers)

    put = post

    def close(self) -> None:
        """Nothing is held open."""

    def _request(self, url: str, body: bytes, headers: dict[str, str]) -> Response:
        path = url.removeprefix(ORIGIN)
        route = "vault" if path.startswith("/vault/") else path.partition("/edge/v1/")[2]
        self.requests += 1
        fault = self._fault(route)
        if route != "tokens":  # one thread at a time asks for a token, and the others wait for it
            self._meanwhile()
        if fault in ("refused", "reset before", "late before"):
            self._raise(fault)
        dies = self._dies()
        if dies and self._rng.random() < 0.5:
            raise Killed
        if fault == "cut body":
            body = body[: len(body) // 2]
        answer = self._answer(route, path, headers, body) if fault != "answered between" else self._between(route)
        if dies:
            raise Killed
        if fault in ("reset after", "late after"):
            self._raise(fault)
        if fault == "repeated":  # by a proxy; the first answer is the one that is lost
            answer = self._answer(route, path, headers, body)
        status, content = answer
        if fault == "half":
            content = content[: len(content) // 2]
        return Response(status, content)

    def _dies(self) -> bool:
        if self.life is None:
            return False
        self.life -= 1
        if self.life > 0:
            return False
        self.life = None
        self.dies()
        return True

    def _fault(self, route: str) -> str:
        traffic, rng = self._traffic, self._rng
        if traffic.slow and rng.random() < traffic.slow:
            traffic.injected["network: slow"] += 1
            self._passes(rng.choice((1.0, 5.0, 40.0)))
        if traffic.down:
            traffic.injected["network: down"] += 1
            return rng.choice(("refused", "late before"))
        if not traffic.trouble or rng.random() >= traffic.trouble:
            return ""
        kinds = ["refused", "reset before", "late before", "reset after", "late after", "repeated", "half", "answered between"]
        fault = rng.choice([*kinds, "cut body"] if route == "vault" else kinds)
        traffic.injected[f"network: {fault}"] += 1
        return fault

    def _raise(self, fault: str) -> None:
        if fault == "refused":
            raise httpx.ConnectError("connection refused")
        if fault.startswith("late"):
            self._passes(30.0)
            raise httpx.ReadTimeout("timed out")
        raise httpx.ReadError("connection reset")

    def _between(self, route: str) -> tuple[int, bytes]:
        if route == "vault":
            status, code = self._rng.choice(_VAULT_LATER)
            return status, _vault_error(code)
        status, content = self._rng.choice(_LATER)
        return status, json.dumps(content).encode() if content else b"<html>busy</html>"

    def _answer(self, route: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if route == "vault":
            status, code = self._cloud.put(path.removeprefix("/vault/"), headers, body)
            return status, _vault_error(code) if code else b""
        status, content = self._cloud.answer(route, headers, json.loads(body))
        return status, json.dumps(content).encode()


def _vault_error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code></Error>".encode()
