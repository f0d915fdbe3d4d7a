"""What the staff's pages are shown in tests: invented agents, queues, studies and one exam."""

from __future__ import annotations

from typing import Any

from tests.browser import stand_in
from tests.browser.stand_in import EXAM, Answer, a_series

NOW = "2026-11-24T06:05:00Z"


def an_agent(ae_title: str, state: str = "running", **beat: Any) -> dict[str, Any]:
    """One agent; `beat` changes what it told last, None for an agent that was never heard."""
    heartbeat = {
        "at": "2026-11-24T06:04:30Z",
        "version": "0.1.0",
        "objects": 0,
        "bytes": 0,
        "free_bytes": 812_000_000_000,
        "parked": 0,
        "overdue": 0,
        "full": False,
    } | beat
    return {
        "agent": ae_title.lower().replace("_", "-"),
        "ae_title": ae_title,
        "state": state,
        "enrolled_at": "2026-10-02T02:10:00Z",
        "revoked_at": "2026-11-20T02:10:00Z" if state == "revoked" else None,
        "revoked_by": "staff:chen" if state == "revoked" else "",
        "revoked_because": "设备已停用" if state == "revoked" else "",
        "heartbeat": None if state in ("new", "revoked") else heartbeat,
    }


def agents() -> Answer:
    return 200, {
        "agents": [
            an_agent("CT_ROOM1", objects=1204, bytes=3_400_000_000),
            an_agent("MR_ROOM2", "silent", at="2026-11-24T04:50:00Z", free_bytes=9_000_000_000, parked=2),
            an_agent("DR_ROOM3", "new"),
            an_agent("US_ROOM5", "attention", free_bytes=15_000_000_000),
            an_agent("OLD_GATE", "revoked"),
        ]
    }


def waiting(**changes: Any) -> dict[str, Any]:
    """One entry of the quarantine."""
    return {
        "subject": "report",
        "name": "a" * 64,
        "reason": "pdf_missing",
        "at": "2026-11-24T03:05:00Z",
        "advice": {
            "zh-CN": "报告的 PDF 一直未到。请重新发送报告。",
            "en": "The report's PDF never arrived. Send the report again.",
        },
        "study": None,
        "agent": "CT_ROOM1",
        "count": 0,
        "open": True,
        "settled": None,
        "may_retry": True,
    } | changes


def quarantine() -> Answer:
    conflict = waiting(
        subject="series", name="b" * 32, reason="instance_conflict", study="s" * 32, agent=None, count=3, may_retry=False
    )
    doubt = waiting(subject="exam", name="c" * 32, reason="patient_differs", agent=None, may_retry=False)
    return 200, {"entries": [waiting(), conflict, doubt], "more": False}


def queues() -> Answer:
    names = ("ingest", "render", "notify", "publish")
    rows = [{"name": name, "waiting": 0, "in_flight": 0, "dead": 0, "may_redrive": True} for name in names]
    rows[0] |= {"waiting": 1240, "in_flight": 16}
    rows[2] |= {"dead": 3}
    rows[3] |= {"may_redrive": False}
    return 200, {"queues": rows}


def alarms() -> Answer:
    return 200, {
        "alarms": [
            {"kind": "agent_silent", "subject": "MR_ROOM2", "count": 0, "since": "2026-11-24T04:50:00Z", "urgent": True},
            {"kind": "dead_letters", "subject": "notify", "count": 3, "since": None, "urgent": True},
            {"kind": "agent_disk_low", "subject": "US_ROOM5", "count": 15_000_000_000, "since": NOW, "urgent": False},
        ],
        "at": NOW,
    }


def a_study(place: int, **changes: Any) -> dict[str, Any]:
    """One line of the list."""
    people = [("张建国", "M", "063Y"), ("李晓梅", "F", "041Y"), ("欧阳文静", "F", "007M"), ("王强", "M", "028Y")]
    name, sex, age = people[place % 4]
    item, modality, images = [("胸部CT平扫", "CT", 309), ("头颅MR平扫", "MR", 186), ("右膝关节DR正侧位", "DX", 2)][place % 3]
    return {
        "study": "abcdefghijklmnop"[place] * 32,
        "exam": EXAM,
        "at": f"2026-11-24T0{place // 3}:{10 + place * 2}:00Z",
        "accession_number": f"A2611{90010 + place}",
        "patient": {"name": name, "id": f"P00{4410 + place}", "sex": sex, "age": age},
        "item": item,
        "modalities": [modality],
        "imaging": "complete",
        "report": "audited",
        "release": "released",
        "reasons": [],
        "received": images,
        "declared": images,
    } | changes


def studies() -> Answer:
    lines = [a_study(place) for place in range(10)]
    lines[1] |= {"imaging": "viewable", "received": 120, "report": "none", "release": "held", "reasons": ["no_report"]}
    lines[3] |= {"study": None, "imaging": "none", "received": 0, "declared": None, "release": "held", "reasons": ["no_images"]}
    lines[3] |= {"modalities": [], "item": "腹部超声"}
    lines[4] |= {"release": "held", "reasons": ["patient_differs"]}
    lines[6] |= {"release": "held", "report": "preliminary", "reasons": ["not_audited"]}
    lines[7] |= {"release": "hidden", "report": "retracted", "reasons": ["report_retracted"]}
    return 200, {"studies": lines, "after": "next", "total": 1248}


def an_exam(*, hidden: str | None = None, **changes: Any) -> dict[str, Any]:
    """The exam of stand_in.exam, as a doctor sees it. hidden: name of the series that the patient does not see."""
    rows = [a_series(0, "定位像", 2), a_series(1, "肺窗 1.25mm", 245), a_series(2, "纵隔窗 5mm", 62)]
    decided = {"by": "staff:chen", "at": NOW, "reason": "重复采集"}
    series = [row | {"hidden": decided if row["series"] == hidden else None} for row in rows]
    study = stand_in.exam()["studies"][0] | {"series": series}
    return {
        "exam": EXAM,
        "accession_number": "A261190010",
        "item": "胸部CT平扫",
        "modalities": ["CT"],
        "at": NOW,
        "release": "released",
        "reasons": [],
        "patient": {
            "name": "张建国",
            "id": "P004410",
            "sex": "M",
            "age": "063Y",
            "birth_date": "1963-05-02",
            "phone": "139****5678",
            "id_card": "4406**********1234",
        },
        "report": {"state": "audited", "version": 1},
        "studies": [study],
        "films": [],
    } | changes


def openings() -> Answer:
    told = [("patient", None, None), ("share", 2, None), ("staff", None, "chen")]
    return 200, {
        "openings": [
            {"at": f"2026-11-24T0{5 - place}:20:00Z", "by": by, "serial": serial, "account": account}
            for place, (by, serial, account) in enumerate(told)
        ]
    }


def shares() -> Answer:
    """One that is open and was used, and one that its patient has ended."""
    given = {"report": True, "film": False, "anonymous": True, "code": True, "limit": 10, "used": 3}
    open_one = {"serial": 2, "state": "open", "issued_at": NOW, "expires_at": "2026-12-01T06:05:00Z", "revoked_at": None}
    ended = open_one | {"serial": 1, "state": "revoked", "revoked_at": "2026-11-24T06:00:00Z"}
    whole = given | {"film": True, "anonymous": False, "code": False, "limit": 0, "used": 0}
    return 200, {
        "shares": [
            open_one | given | {"series": 2, "opened": ["2026-11-24T05:50:00Z", "2026-11-24T04:20:00Z"]},
            ended | whole | {"series": None, "opened": []},
        ]
    }


ALL: dict[str, Any] = {
    "GET /agents": agents(),
    "POST /agents/codes": (201, {"code": "KFMR-TQXW-PHBD", "ae_title": "CT_ROOM4", "expires_at": "2026-11-24T06:20:00Z"}),
    "POST /agents/*/revoke": (200, an_agent("CT_ROOM1", "revoked")),
    "GET /quarantine": quarantine(),
    "POST /quarantine/*/*/retry": (202, {"state": "queued"}),
    "POST /quarantine/*/*/settle": (200, waiting(open=False)),
    "GET /queues": queues(),
    "POST /queues/*/redrive": (200, {"moved": 3, "left": 0}),
    "GET /alarms": alarms(),
    "GET /studies": studies(),
    "GET /exams/*": (200, an_exam()),
    "GET /exams/*/report": (200, stand_in.report()),
    "GET /exams/*/openings": openings(),
    "GET /exams/*/shares": shares(),
    "POST /exams/*/series/*/open": (
        200,
        {
            "base": stand_in.BASE,
            "index": f"{1:064x}.index",
            "tier": "online",
            "expires_at": "2026-11-24T06:10:00Z",
            "renew_at": "2026-11-24T06:09:00Z",
        },
    ),
}
