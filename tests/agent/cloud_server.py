"""A small cloud on loopback for the agent's tests: real HTTP, real signatures, storage that refuses what S3 refuses.

Only the contract of docs/interfaces.md §2. State is plain and open to the tests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from functions.core import schema
from functions.core.signing import request as signing

TENANT, AGENT, KEY = "h1", "a-1", "k-1"
SCHEMAS = {
    "enrolments": "edge_enrolment_request.v1",
    "tokens": "edge_token_request.v1",
    "grants": "edge_grants_request.v1",
    "manifests": "edge_manifest_request.v1",
    "manifests/status": "edge_status_request.v1",
    "reports": "edge_report_request.v1",
    "reports/status": "edge_status_request.v1",
    "registrations": "edge_report_request.v1",
    "registrations/status": "edge_status_request.v1",
    "heartbeats": "edge_heartbeat_request.v1",
}


@cache
def validator(name: str) -> Draft202012Validator:
    path = Path(__file__).parents[2] / "events" / "schemas" / f"{name}.json"
    return schema.validator(json.loads(path.read_text("utf-8")))


def name_of(uid: str) -> str:
    """A keyed name as the cloud would make it: 32 characters of a–z, 2–7."""
    return base64.b32encode(hashlib.sha256(uid.encode()).digest()[:20]).decode().lower()


@dataclass
class CloudServer:
    """`objects`: what storage holds, by key. `before_put`: called with the kind before a put is answered."""

    codes: set[str] = field(default_factory=lambda: {"CODE-1234"})
    public_key: Any = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    objects: dict[str, bytes] = field(default_factory=dict)
    puts: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    granted: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)
    verdict: Callable[[str, dict[str, Any]], dict[str, str]] = lambda sha256, body: {"state": "indexed"}
    before_put: Callable[[str], None] = lambda kind: None
    refuse_put: Callable[[str], tuple[int, str] | None] = lambda kind: None
    refuse: Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]] | None] = lambda path, body: None
    nonces: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""
    vault_url: str = ""  # where grants point, when not here

    # -- what the tests ask

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """Manifests, declarations or reports that storage holds."""
        with self.lock:
            return [json.loads(data) for key, data in self.objects.items() if key.startswith(f"{kind}/")]

    def confirmed_instances(self) -> Counter[tuple[str, str]]:
        """(SOP UID, SHA-256) → in how many stored manifests, counting an instance's last part."""
        return Counter(
            (instance["sop_uid"], instance["sha256"])
            for manifest in self.documents("manifest")
            for parcel in manifest["parcels"]
            for instance in parcel["instances"]
            if instance["part"] == instance["parts"] - 1
        )

    # -- the API

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        content = json.loads(body or b"{}")
        route = path.removeprefix("/api/edge/v1/")
        if route in SCHEMAS and not validator(SCHEMAS[route]).is_valid(content):
            return 400, {"code": "document_invalid"}
        with self.lock:
            self.requests.append((route, content))
        refusal = self.refuse(route, content)
        if refusal:
            return refusal
        if route == "enrolments":
            return self._enrol(content)
        try:
            claimed = signing.parse(headers.get("authorization"))
            signing.check_clock(claimed, self.now())
            signing.verify(self.public_key, claimed, method, path, body)
        except signing.ClockSkewed:
            return 401, {"code": "clock_skewed", "now": signing.format_time(self.now())}
        except signing.RequestRefused as error:
            return 401, {"code": error.code}
        with self.lock:
            if claimed.key != KEY or claimed.nonce in self.nonces:
                return 401, {"code": "request_replayed" if claimed.key == KEY else "key_unknown"}
            self.nonces.add(claimed.nonce)
        if route != "tokens" and claimed.token != "T" * 27:
            return 401, {"code": "token_expired"}
        return getattr(self, "_" + route.replace("/", "_"))(content)

    def _enrol(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if content["code"] not in self.codes:
                return 403, {"code": "enrolment_code_wrong"}
            self.codes.discard(content["code"])
        self.public_key = load_pem_public_key(content["public_key"].encode())
        return 201, {"tenant": TENANT, "agent": AGENT, "key": KEY, "hospital": {"name": "测试医院", "time_zone": "Asia/Shanghai"}}

    def _tokens(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        now = self.now()
        until = signing.format_time(now + timedelta(minutes=15))
        return 200, {"token": "T" * 27, "expires_at": until, "now": signing.format_time(now)}

    def _grants(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
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
            with self.lock:
                self.granted[key] = headers
            grant = {"kind": wanted["kind"], "sha256": wanted["sha256"], "key": key}
            answer["grants"].append({**grant, "url": f"{self.vault_url or self.url}/vault/{key}", "headers": headers})
        return 200, answer

    def _manifests(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._confirm(content["kind"], content)

    def _reports(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._confirm("report", content)

    def _registrations(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._confirm("registration", content)

    def _confirm(self, kind: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        document = self.objects.get(f"{kind}/{content['sha256']}")
        if document is None:
            return 409, {"code": "object_missing", "retry": True}
        fault = best_match(validator(f"{kind}.v1").iter_errors(json.loads(document)))
        if fault is not None:
            return 400, {"code": "document_invalid", "message": fault.message}
        with self.lock:
            self.states[content["sha256"]] = self.verdict(content["sha256"], {**content, "kind": kind})
        return 202, {"state": "queued"}

    def _manifests_status(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"states": {sha256: self.states.get(sha256, {"state": "unknown"}) for sha256 in content["sha256"]}}

    _reports_status = _registrations_status = _manifests_status

    def _heartbeats(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 200, {"now": signing.format_time(self.now())}

    # -- storage

    def put(self, key: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        granted = self.granted.get(key)
        kind = key.partition("/")[0]
        self.before_put(kind)
        refusal = self.refuse_put(kind)
        if refusal:
            return refusal
        if granted is None or any(headers.get(name) != value for name, value in granted.items()):
            return 403, "SignatureDoesNotMatch"
        if base64.b64encode(hashlib.sha256(body).digest()).decode() != granted["x-amz-checksum-sha256"]:
            return 400, "BadDigest"
        with self.lock:
            self.puts[key] += 1
            if key in self.objects:
                return 412, "PreconditionFailed"
            self.objects[key] = body
        return 200, ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news: tests cut lines and kill agents."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(cloud: CloudServer, tls: ssl.SSLContext | None = None) -> Iterator[CloudServer]:
    """Listen on a free loopback port for as long as the block lasts; with `tls` for https://localhost."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _body(self) -> tuple[dict[str, str], bytes]:
            headers = {name.lower(): value for name, value in self.headers.items()}
            wanted = int(headers.get("content-length", 0))
            body = self.rfile.read(wanted)
            if len(body) < wanted:
                raise ConnectionResetError("cut in the middle of a request")
            return headers, body

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            headers, body = self._body()
            status, content = cloud.answer("POST", self.path, headers, body)
            self._reply(status, json.dumps(content).encode())

        def do_PUT(self) -> None:
            headers, body = self._body()
            status, code = cloud.put(self.path.removeprefix("/vault/"), headers, body)
            self._reply(status, f"<Error><Code>{code}</Code></Error>".encode() if code else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        cloud.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
