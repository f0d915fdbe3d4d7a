"""The cloud as docs/interfaces.md §2 describes it, in memory: grants, vault, confirmations, and what ingest makes of them."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.imaging.parcel import Fetch, Heads, Instance, open_heads, rebuild_parts
from functions.core.signing import request as signing
from tests.agent.cloud_server import AGENT, KEY, TENANT, name_of, validator

TOKEN_S, GRANT_S = 900.0, 900.0
PATIENCE_S = 600.0  # until a manifest whose parcels did not come is quarantined

Answer = tuple[int, dict[str, Any]]


class Broken(AssertionError):
    """The agent did what it must never do."""


@dataclass(slots=True)
class Message:
    """On its way to ingest."""

    kind: str
    sha256: str
    due_s: float
    sent_s: float


@dataclass(slots=True)
class CloudModel:
    """objects: the vault, by `kind/sha256`. states: what edge_api answers, by digest. indexed: documents by digest, in order.

    loses: chance that a message to ingest is lost; quarantines: chance that a document is held for a person.
    """

    now_s: Callable[[], float]
    rng: random.Random
    objects: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)
    indexed: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    grants: dict[str, tuple[dict[str, str], float]] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    puts: Counter[str] = field(default_factory=Counter)
    held: list[dict[str, Any]] = field(default_factory=list)
    loses: float = 0.0
    quarantines: float = 0.0
    injected: Counter[str] = field(default_factory=Counter)

    # -- edge API

    def answer(self, route: str, headers: dict[str, str], content: dict[str, Any]) -> Answer:
        claimed = signing.parse(headers.get("authorization"))
        try:
            signing.check_clock(claimed, self._now())
        except signing.ClockSkewed:
            return 401, {"code": "clock_skewed", "now": signing.format_time(self._now())}
        if claimed.nonce in self.nonces:
            return 401, {"code": "request_replayed"}
        self.nonces.add(claimed.nonce)
        if claimed.key != KEY:
            raise Broken("a request with another key")
        if route == "tokens":
            return self._token()
        if self.tokens.get(claimed.token, 0.0) < self.now_s():
            return 401, {"code": "token_expired"}
        if route == "grants":
            return 200, self._grant(content)
        if route in ("manifests", "reports", "registrations"):
            return self._confirm(content.get("kind", route[:-1]), content["sha256"])
        if route.endswith("/status"):
            return 200, {"states": {sha256: self.states.get(sha256, {"state": "unknown"}) for sha256 in content["sha256"]}}
        return 200, {"now": signing.format_time(self._now())}

    def _now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.now_s())

    def _token(self) -> Answer:
        token = f"T{len(self.nonces):026d}"
        self.tokens[token] = self.now_s() + TOKEN_S
        until = self._now() + timedelta(seconds=TOKEN_S)
        return 200, {"token": token, "expires_at": signing.format_time(until), "now": signing.format_time(self._now())}

    def _grant(self, content: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"grants": []}
        for level in ("study", "series"):
            if f"{level}_uid" in content:
                answer[level] = name_of(content[f"{level}_uid"])
        for wanted in content["objects"]:
            key = f"{wanted['kind']}/{wanted['sha256']}"
            headers = {
                "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(wanted["sha256"])).decode(),
                "if-none-match": "*",
                "content-type": wanted["content_type"],
                "cache-control": "private, max-age=31536000, immutable",
                "content-length": str(wanted["bytes"]),
            }
            self.grants[key] = headers, self.now_s() + GRANT_S
            grant = {"kind": wanted["kind"], "sha256": wanted["sha256"], "key": key}
            answer["grants"].append({**grant, "url": f"http://127.0.0.1/vault/{key}", "headers": headers})
        return answer

    def _confirm(self, kind: str, sha256: str) -> Answer:
        if self.states.get(sha256, {}).get("state") != "indexed":
            self.states[sha256] = {"state": "queued"}
            self._send(kind, sha256)
        return 202, {"state": "queued"}

    def put(self, key: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """A status and, when it is an error, the vault's code."""
        granted, until_s = self.grants.get(key, ({}, 0.0))
        if until_s < self.now_s():
            return 403, "AccessDenied"
        if any(headers.get(name) != value for name, value in granted.items()):
            return 403, "SignatureDoesNotMatch"
        if len(body) != int(granted["content-length"]):
            return 400, "IncompleteBody"
        if base64.b64encode(hashlib.sha256(body).digest()).decode() != granted["x-amz-checksum-sha256"]:
            raise Broken(f"other bytes were sent as {key}")
        self.puts[key] += 1
        if key in self.objects:
            return 412, "PreconditionFailed"
        self.objects[key] = body
        kind, _, sha256 = key.partition("/")
        if kind in ("manifest", "declaration", "report") and self.rng.random() < 0.2:  # the vault's own event, the safety net
            self._send(kind, sha256)
        return 200, ""

    # -- what happens later

    def _send(self, kind: str, sha256: str) -> None:
        if self.rng.random() < self.loses:
            self.injected["cloud: a message is lost"] += 1
            return
        due_s = self.now_s() + self.rng.choice((0.0, 0.1, 1.0, 20.0))
        self.messages.append(Message(kind, sha256, due_s, self.now_s()))

    def deliver(self) -> int:
        """Ingest takes what has come, perhaps twice; returns how many."""
        due = [message for message in self.messages if message.due_s <= self.now_s()]
        self.messages = [message for message in self.messages if message.due_s > self.now_s()]
        for message in due:
            self._ingest(message)
            if self.rng.random() < 0.1:
                self._ingest(message)
        return len(due)

    def _ingest(self, message: Message) -> None:
        sha256 = message.sha256
        if self.states.get(sha256, {}).get("state") in ("indexed", "quarantined"):
            return
        document = self.objects.get(f"{message.kind}/{sha256}")
        if document is None or not self._has_all(message.kind, document):
            if self.now_s() - message.sent_s < PATIENCE_S:
                message.due_s = self.now_s() + 30.0
                self.messages.append(message)
            else:
                self.states[sha256] = {"state": "quarantined", "reason": "not_arrived"}
        elif self.rng.random() < self.quarantines:
            self.injected["cloud: a document is quarantined"] += 1
            self.states[sha256] = {"state": "quarantined", "reason": "held_for_a_person"}
            self.held.append(json.loads(document))
        else:
            self.indexed[sha256] = {"kind": message.kind, **json.loads(document)}
            self.states[sha256] = {"state": "indexed"}

    def _has_all(self, kind: str, document: bytes) -> bool:
        """The agent puts what a document names before the document; anything else is its fault."""
        content = json.loads(document)
        if self.rng.random() < 0.3 and not validator(f"{kind}.v1").is_valid(content):  # slow, and every document is alike
            raise Broken(f"a {kind} that the schema does not allow")
        if content["tenant"] != TENANT or content.get("agent", AGENT) != AGENT:
            raise Broken(f"a {kind} of somebody else")
        named = [f"report_pdf/{content['pdf']['sha256']}"] if "pdf" in content else []
        for parcel in content.get("parcels", ()):
            named += [f"{blob}/{parcel[blob]['sha256']}" for blob in ("heads", "low", "rest") if parcel[blob]]
        missing = [key for key in named if key not in self.objects]
        if missing:
            raise Broken(f"a {kind} was put before {missing[0]}")
        return True

    def restart(self) -> None:
        """kill -9 of the cloud: objects stay; tokens and nonces fail closed; what was queued is rebuilt or forgotten."""
        self.injected["cloud: restarts"] += 1
        self.tokens.clear()
        self.grants.clear()
        kept = []
        for message in self.messages:
            if self.rng.random() < 0.5:
                kept.append(message)
            elif self.states.get(message.sha256, {}).get("state") == "queued":
                del self.states[message.sha256]
        self.messages = kept

    # -- what is there in the end

    def instances(self) -> dict[tuple[str, str], int]:
        """(SOP UID, SHA-256) → in how many indexed manifests its last part is."""
        return _named(self.indexed.values())

    def ever_quarantined(self) -> set[tuple[str, str]]:
        """Instances of documents that were once held for a person."""
        return set(_named(self.held))

    def reports(self) -> set[str]:
        return {sha256 for sha256, document in self.indexed.items() if document["kind"] == "report"}

    def declared(self) -> dict[str, int]:
        """Series UID → the most that was ever declared of it."""
        most: dict[str, int] = {}
        for document in self.indexed.values():
            if document["kind"] == "declaration":
                for series in document["series"]:
                    most[series["series_uid"]] = max(most.get(series["series_uid"], 0), series["instances"])
        return most

    def given_back(self) -> dict[str, bytes]:
        """Data sets rebuilt from what the indexed manifests name, by SHA-256. Raises ParcelDamaged."""
        parts: dict[str, dict[int, tuple[Heads, Instance, Fetch]]] = {}
        for document in self.indexed.values():
            for parcel in document.get("parcels", ()):
                heads = open_heads(self.objects[f"heads/{parcel['heads']['sha256']}"])
                fetch = self._fetch(parcel)
                for instance in heads.instances:
                    parts.setdefault(instance.sha256, {})[instance.part] = heads, instance, fetch
        return {sha256: rebuild_parts(list(found.values())) for sha256, found in parts.items()}

    def _fetch(self, parcel: dict[str, Any]) -> Fetch:
        def fetch(kind: str, offset: int, count: int) -> bytes:
            return self.objects[f"{kind}/{parcel[kind]['sha256']}"][offset : offset + count]

        return fetch


def _named(documents: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for document in documents:
        for parcel in document.get("parcels", ()):
            for one in parcel["instances"]:
                found[one["sop_uid"], one["sha256"]] += one["part"] == one["parts"] - 1
    return found
