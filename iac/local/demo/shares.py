"""What the demo's patient shares: once without the name and with a pass code, once by name, as their page asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iac.local.errors import DemoError
from iac.local.patient_client import PatientClient

DAYS = 7
BY_NAME = {"lasts_s": DAYS * 86400, "series": None, "report": True, "film": True, "anonymous": False, "code": None, "limit": 0}


@dataclass(frozen=True)
class Shared:
    """link: ends in the share's secret. code: its pass code, or ""."""

    link: str
    code: str


@dataclass(frozen=True)
class Shares:
    """anonymous: None where nothing of the exam can be shared so."""

    anonymous: Shared | None
    by_name: Shared

    def said(self) -> str:
        more = " " * 22
        named = (f"  具名分享 · by name  {self.by_name.link}", f"{more}{DAYS} 天内有效 · for {DAYS} days")
        if self.anonymous is None:
            return "\n".join((*named, "  匿名分享 · nameless 此检查无法匿名 · cannot be shared without the name"))
        code = f"{more}口令 pass code {self.anonymous.code}，{DAYS} 天内有效 · for {DAYS} days"
        return "\n".join((f"  匿名分享 · nameless {self.anonymous.link}", code, *named))


def share(origin: str, link: str, phone_tail: str) -> Shares:
    """Raises DemoError when the cloud refuses what it offered."""
    patient = PatientClient(origin)
    patient.sign_in(link, phone_tail)
    may = _taken(patient.api("GET", "shares"))["anonymous"]
    names = [one["series"] for study in patient.exam()["studies"] for one in study["series"] if one["index"]]
    series = [name for name in names if name not in may["series"]]
    without = {**BY_NAME, "series": series, "report": may["report"] is None, "film": False, "anonymous": True, "code": ""}
    anonymous = _made(patient, without) if series else None
    return Shares(anonymous, _made(patient, BY_NAME))


def _made(patient: PatientClient, wanted: dict[str, Any]) -> Shared:
    made = _taken(patient.api("POST", "shares", wanted))
    return Shared(made["share"]["link"], made["code"] or "")


def _taken(answer: Any) -> dict[str, Any]:
    if answer.status_code >= 300:
        raise DemoError(text=f"The exam was not shared ({answer.status_code}): {answer.text[:200]}", todo="")
    taken: dict[str, Any] = answer.json()
    return taken
