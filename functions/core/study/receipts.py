"""What became of what an agent sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from functions.core.study import keys
from functions.core.study.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class Receipt(Record):
    """What became of one manifest, declaration, report or registration, by its digest: what the agent asks for."""

    kind: ClassVar[str] = "receipt"
    tenant: str
    subject: str  # manifest, declaration, report, registration
    sha256: str
    state: str = "queued"  # queued, indexed, quarantined
    reason: str = ""
    study: str = ""
    series: str = ""
    agent: str = ""
    at: str = ""

    def key(self) -> tuple[str, str]:
        if self.subject == "report":
            return keys.report_state_pk(self.tenant, self.sha256), "REPORT"
        if self.subject == "registration":
            return keys.registration_state_pk(self.tenant, self.sha256), "REGISTRATION"
        return keys.manifest_state_pk(self.tenant, self.sha256), "MANIFEST"
