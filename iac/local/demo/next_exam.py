"""The patient's next exam: registered, and nothing of it there yet, so that its link shows how far it has come [NTF-03]."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from iac.local.demo.hospital import ZONE
from iac.local.demo.report import to_agent, utc
from iac.local.demo.study import BETWEEN, Facts

FOLLOWS_AFTER = timedelta(days=91)  # as the demo's report advises
AT = time(9)


def kept_number(state: Path) -> str:
    """Accession number of the one that an earlier start registered, or ""."""
    kept = state / "registered.json"
    return str(json.loads(kept.read_text(encoding="utf-8"))["accession_number"]) if kept.is_file() else ""


def keep_number(state: Path, accession_number: str) -> None:
    (state / "registered.json").write_text(json.dumps({"accession_number": accession_number}), encoding="utf-8")


def follow_up(facts: Facts, accession_number: str) -> Facts:
    """What is known of it: the patient of `facts`, and the first of its items again."""
    item = facts.item.split(BETWEEN)[0] or "影像检查"
    return replace(facts, accession_number=accession_number, study_uids=(), item=f"{item}（复查）", examined=None)


def register(facts: Facts, *, phone: str, now: datetime, port: int) -> None:
    """Hand it to the agent, as a hospital's system does. Raises DemoError."""
    to_agent(registration(facts, phone=phone, now=now), "/registrations", port)


def registration(facts: Facts, *, phone: str, now: datetime) -> dict[str, Any]:
    """A registration.v1 document, of this moment."""
    return {
        "patient": {
            "id": facts.patient_id,
            "issuer": facts.issuer,
            "name": facts.name,
            "sex": facts.sex,
            "birth_date": facts.birth_date,
            "phone": phone,
        },
        "accession_number": facts.accession_number,
        "item": facts.item,
        "modality": facts.modality,
        "scheduled_at": utc(datetime.combine((now + FOLLOWS_AFTER).astimezone(ZONE), AT, ZONE)),
        "registered_at": utc(now),
        "changed_at": utc(now),
        "state": "registered",
    }
