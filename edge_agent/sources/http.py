"""POST /reports and /registrations on loopback: a RIS on the same machine, or a bridge to one, hands both over.

JSON body, report.v1 without `tenant`; a PDF as field `pdf_base64`, or the two as parts `report` and `pdf` of
multipart/form-data. 201 {sha256, state, version} after the report is durable; errors as {code, message, hint, retry}.
A registration is JSON alone, registration.v1 without `tenant`: 201 {sha256}.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from edge_agent import log, ports
from edge_agent.errors import AgentError, ReportRefused, SpoolError
from edge_agent.sources.intake import MAX_BYTES, Intake
from functions.core import json_text

_MAX_BODY = 3 * MAX_BYTES
_TIMEOUT_S = 30.0
REPORTS, REGISTRATIONS = "/reports", "/registrations"


class ReportEndpoint:
    """`start` listens, `stop` ends it."""

    def __init__(self, host: str, port: int, intake: Intake) -> None:
        handler = type("Handler", (_Handler,), {"intake": intake})
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise ports.refusal("reports.http_port", host, port, error) from None
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="reports-http", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()
        log.info("report_endpoint_listens", port=self.port)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Refusal(Exception):
    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.status, self.code, self.hint = status, code, hint


class _Handler(BaseHTTPRequestHandler):
    intake: Intake
    server_version = "Lightbox"
    sys_version = ""
    timeout = _TIMEOUT_S
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        try:
            self._check()
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = self._taken(body)
        except _Refusal as refusal:
            self._answer(refusal.status, {"code": refusal.code, "message": str(refusal), "hint": refusal.hint, "retry": False})
        except ReportRefused as error:
            log.failure("report_refused", error, source="http")
            self._answer(400, _told(error))
        except SpoolError as error:
            self._answer(503, _told(error))
        except Exception:  # one request must not end the endpoint
            log.surprise("report_endpoint_failed")
            self._answer(500, {"code": "failed", "message": "The agent failed.", "hint": "See its log.", "retry": True})
        else:
            self._answer(201, answer)

    def _taken(self, body: bytes) -> dict[str, Any]:
        if self.path == REGISTRATIONS:
            return {"sha256": self.intake.take_registration(_json(self.headers["content-type"], body), "http")}
        report, pdf = _parts(self.headers["content-type"], body)
        taken = self.intake.take(report, pdf, "http")
        return {"sha256": taken.sha256, "state": taken.state, "version": taken.version}

    def _check(self) -> None:
        if self.path not in (REPORTS, REGISTRATIONS):
            known = f"Only POST {REPORTS} and {REGISTRATIONS} are here."
            raise _Refusal(404, "path_unknown", known, "Correct the address in the RIS or the bridge.")
        if self.headers["origin"] is not None:  # a web page in somebody's browser has no business here
            raise _Refusal(
                403, "origin_refused", "Requests from browsers are refused.", "Send it from a program, without Origin."
            )
        length = self.headers["content-length"] or ""
        if not length.isdigit():
            raise _Refusal(
                411, "length_required", "Content-Length is needed.", "Send the body whole, not in chunks, with its length."
            )
        if int(length) > _MAX_BODY:
            raise _Refusal(
                413, "body_too_large", f"At most {_MAX_BODY >> 20} MiB are taken.", "Make the PDF smaller: 32 MiB at most."
            )

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False).encode("utf-8")
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the agent's own log says what was taken and refused."""


def _told(error: AgentError) -> dict[str, Any]:
    return {"code": error.code, "message": str(error), "hint": error.hint, "retry": error.retry}


def _json(content_type: str | None, body: bytes) -> bytes:
    """Raises _Refusal."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise _Refusal(415, "content_type_unknown", "application/json is needed.", "Set Content-Type to it.")
    return body


def _parts(content_type: str | None, body: bytes) -> tuple[bytes, bytes | None]:
    """Report and PDF of a request body. Raises _Refusal, ReportRefused."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(body)
    if kind == "multipart/form-data":
        return _from_form(content_type or "", body)
    raise _Refusal(415, "content_type_unknown", "application/json or multipart/form-data is needed.", "Set Content-Type to one.")


def _from_json(body: bytes) -> tuple[bytes, bytes | None]:
    try:
        content = json_text.read(body)
    except json_text.NotPlain as fault:
        raise ReportRefused(reason=f"not JSON in UTF-8: {fault}") from None
    if not isinstance(content, dict) or "pdf_base64" not in content:
        return body, None
    try:
        pdf = base64.b64decode(content.pop("pdf_base64"), validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ReportRefused(reason="pdf_base64: not base64") from None
    return json.dumps(content).encode("ascii"), pdf


def _from_form(content_type: str, body: bytes) -> tuple[bytes, bytes | None]:
    head = f"content-type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    parts: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name] = content
    if "report" not in parts:
        raise ReportRefused(reason="no part named report")
    return parts["report"], parts.get("pdf")
