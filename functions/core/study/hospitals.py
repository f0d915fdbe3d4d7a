"""Hospitals: the rows that an operator writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class Hospital(Record):
    """What the operator said of a hospital, and what its pages and SMS show."""

    kind: ClassVar[str] = "hospital"
    tenant: str
    name: str
    phone: str = ""  # whom a patient calls
    hours: str = ""  # when
    time_zone: str = "Asia/Shanghai"
    issuer: str = ""  # Issuer of Patient ID where images and reports give none
    release_rule: str = "report_and_images"  # or report_alone
    sms: dict[str, str] = field(default_factory=dict)  # {template, language}
    shows: dict[str, bool] = field(default_factory=dict)  # `scope.SWITCHES` → whether patients see it; one that is not there: yes
    notice: dict[str, Any] = field(default_factory=dict)  # when and how patients are told: functions/core/notice/rules.py
    retention: dict[str, int] = field(default_factory=dict)  # modality or `default` → years (`core/retention/policy.py`)
    archive_after_years: int = 0  # when full images go to the archive, from which they come in hours; 0: never
    billed_from: str = ""  # first day of billing, yyyy-mm-dd on its calendar; "": all that its journal ever earned
    agreement: dict[str, Any] = field(default_factory=dict)  # {version, sha256, forced}: functions/core/access/agreements.py
    created_at: str = ""
    serial: int = 1  # +1 at each change of what stands above: orders them in the journal
    rebuilding: str = ""  # since when its rows are being rebuilt: until that is over ingest waits (`iac.operator reconcile`)

    def key(self) -> tuple[str, str]:
        return keys.hospital_pk(self.tenant), "HOSPITAL"


def is_closed(row: Mapping[str, Any] | None) -> bool:
    """Whether a hospital's rows are lost or being rebuilt, by its own row: whoever has dealings with a hospital knows that there
    is one, so that a missing row was lost."""
    return row is None or bool(row.get("rebuilding"))


@dataclass(frozen=True, eq=False, repr=False)
class Rebuilding(Record):
    """Which hospitals' rows are lost or being rebuilt (tenant → since when): one row of the deployment, only while there are any.

    For whoever meets a name that is not there: of a link that is lost nothing says which hospital's it was.
    """

    kind: ClassVar[str] = "rebuilding"
    hospitals: dict[str, str] = field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return keys.REBUILDING


def is_any_closed(row: Mapping[str, Any] | None) -> bool:
    """By the deployment's row, of kind `rebuilding`."""
    return bool(row and row["hospitals"])
