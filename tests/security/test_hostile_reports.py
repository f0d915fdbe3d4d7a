"""The reports of the catalogue at the agent's own door: refused with a reason that repeats nothing, and the next one is taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.errors import ReportRefused
from edge_agent.sources.intake import Intake
from edge_agent.spool.records import ObjectKind
from edge_agent.spool.store import Spool
from functions.core import json_text
from tests.agent.building import opened
from tests.handlers.uploads import TENANT
from tests.security.hostile.bounds import bounded
from tests.security.hostile.documents import PERSONS, REPORTS, SCRIPT

MIB, SECONDS = 256, 20
AT_THE_CLOUD = ("time_in_future",)  # the agent's own clock may be as wrong as the RIS's
CASES = {name: make for name, (make, _) in REPORTS.items()} | {
    name: lambda good, changes=changes: json.dumps({**good, "patient": good["patient"] | changes}, ensure_ascii=False).encode()
    for name, (changes, _) in PERSONS.items()
}
TAKEN = {name for name, (_, reason) in [*REPORTS.items(), *PERSONS.items()] if reason in ("", *AT_THE_CLOUD)}


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with opened(tmp_path / "spool") as spool:
        yield spool


def good(version: int = 1) -> dict[str, Any]:
    return {
        "schema": "report.v1",
        "tenant": TENANT,
        "patient": {"id": "P1", "issuer": "", "name": "张三", "phone": "13800001234"},
        "accession_number": "A1",
        "state": "audited",
        "version": version,
        "item": "胸部CT平扫",
        "findings": "两肺纹理清晰。",
        "impression": "未见异常。",
        "people": [{"role": "auditor", "name": "李医生"}],
        "audited_at": "2026-11-24T06:03:00Z",
        "language": "zh-CN",
    }


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_report_is_refused_at_the_hospital_already(spool: Spool, name: str) -> None:
    """What the cloud would put into quarantine, the RIS's people hear at once, while they still know what they sent."""
    intake, body = Intake(spool, TENANT), CASES[name](good())
    with bounded(mib=MIB, seconds=SECONDS):
        if name in TAKEN:
            intake.take(body, None, "test")
        else:
            with pytest.raises(ReportRefused) as refused:
                intake.take(body, None, "test")
            told = str(refused.value)
            assert len(told) < 400
            assert not [value for value in (SCRIPT, "\u202e", "张三", "13800001234", "../") if value in told]
    intake.take(json.dumps(good(2)).encode(), None, "test")
    held = [json_text.read(spool.read(item)) for item in spool.items.values() if item.head.kind is ObjectKind.REPORT]
    assert [one["version"] for one in held] == ([1, 2] if name in TAKEN else [2])
