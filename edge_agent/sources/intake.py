"""One report or registration taken in: checked against its schema, made durable in the spool, then the source may forget it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema.exceptions import best_match

from edge_agent import log
from edge_agent.errors import ReportRefused
from edge_agent.limits import MAX_REPORT_BYTES
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.store import Spool
from functions.core import json_text
from functions.core.schema import validator
from functions.core.study.limits import DOCUMENT_BYTES

BOM = b"\xef\xbb\xbf"
MAX_BYTES = 32 << 20  # of a PDF, and of a report as it was written: blanks and escapes go
_SCHEMAS = Path(__file__).parents[2] / "events" / "schemas"
REPORT, REGISTRATION = "report.v1", "registration.v1"
MAX_REGISTRATION_BYTES = DOCUMENT_BYTES["registration"]
_OURS = ("tenant", "pdf")  # filled by the agent


@dataclass(frozen=True, slots=True)
class Taken:
    """sha256: the report's name in the vault."""

    sha256: str
    state: str
    version: int


class Intake:
    """Checks and keeps reports and registrations of one hospital."""

    def __init__(self, spool: Spool, tenant: str, max_report_bytes: int = MAX_REPORT_BYTES) -> None:
        self._spool, self._tenant, self._max_report_bytes = spool, tenant, max_report_bytes
        self._validators = {
            name: validator(json.loads((_SCHEMAS / f"{name}.json").read_text("utf-8"))) for name in (REPORT, REGISTRATION)
        }

    def take(self, raw: bytes, pdf: bytes | None, source: str) -> Taken:
        """Keep a report; it is durable on return. The same report again changes nothing.

        raw: report.v1 without `tenant` and `pdf`; `schema` may be left out. pdf: the document beside it, or None.
        Raises ReportRefused (its text names fields, never their values), SpoolError.
        """
        report = self._checked(raw, pdf)
        data = _canonical(report)
        if len(data) > self._max_report_bytes:
            raise ReportRefused(reason=_too_large("the report", self._max_report_bytes))
        if pdf is not None:
            self._spool.put(ObjectKind.REPORT_PDF, pdf)
        item = self._spool.put(ObjectKind.REPORT, data)
        taken = Taken(item.head.sha256, report["state"], report["version"])
        log.info(
            "report_taken", source=source, sha256=taken.sha256, state=taken.state, version=taken.version, pdf=pdf is not None
        )
        return taken

    def take_registration(self, raw: bytes, source: str) -> str:
        """Keep a registration and return its digest; it is durable on return. The same again changes nothing.

        raw: registration.v1 without `tenant`; `schema` may be left out. Raises as `take`.
        """
        data = _canonical(self._checked(raw, None, REGISTRATION))
        if len(data) > MAX_REGISTRATION_BYTES:
            raise ReportRefused(reason=_too_large("the registration", MAX_REGISTRATION_BYTES))
        sha256 = self._spool.put(ObjectKind.REPORT, data).head.sha256
        log.info("registration_taken", source=source, sha256=sha256)
        return sha256

    def _checked(self, raw: bytes, pdf: bytes | None, schema: str = REPORT) -> dict[str, Any]:
        if len(raw) > MAX_BYTES:
            raise ReportRefused(reason=_too_large("the report", MAX_BYTES))
        if pdf is not None and len(pdf) > MAX_BYTES:
            raise ReportRefused(reason=_too_large("the PDF", MAX_BYTES))
        try:
            given = json_text.read(raw.removeprefix(BOM))
        except json_text.NotPlain as fault:
            raise ReportRefused(reason=f"not JSON in UTF-8: {fault}") from None
        if not isinstance(given, dict):
            raise ReportRefused(reason="not a JSON object")
        if given.get("tenant", self._tenant) != self._tenant:
            raise ReportRefused(reason="it names another tenant")
        if "pdf" in given and (pdf is None or _named_pdf(given["pdf"]) != hashlib.sha256(pdf).hexdigest()):
            raise ReportRefused(reason="it names a PDF that did not come with it")
        report: dict[str, Any] = {"schema": schema} | given | {"tenant": self._tenant}
        if pdf is not None:
            if not pdf.startswith(b"%PDF-"):
                raise ReportRefused(reason="the document beside it is not a PDF")
            report["pdf"] = {"sha256": hashlib.sha256(pdf).hexdigest(), "bytes": len(pdf)}
        broken = best_match(self._validators[schema].iter_errors(report))
        if broken is not None:
            where = "/".join(str(part) for part in broken.absolute_path) or "the document"
            raise ReportRefused(reason=f"{where}: {_rule(broken)}")
        return report


def _too_large(what: str, limit: int) -> str:
    return f"{what} is larger than {limit / (1 << 20):g} MiB"


def _named_pdf(reference: Any) -> object:
    return reference.get("sha256") if isinstance(reference, dict) else None


def _rule(fault: Any) -> str:
    """What the schema asks for, without the value that broke it: a report is patient data."""
    if fault.validator == "required":
        missing = [name for name in fault.validator_value if name not in fault.instance and name not in _OURS]
        return "missing " + ", ".join(missing)
    if fault.validator == "additionalProperties":
        allowed = ", ".join(name for name in fault.schema["properties"] if name not in _OURS)
        return f"holds a field that is not known; known are {allowed}"
    return f"must have {fault.validator} {json.dumps(fault.validator_value, ensure_ascii=False)}"


def _canonical(report: dict[str, Any]) -> bytes:
    """One spelling, whatever the source's was."""
    return json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
