"""Stands in the cloud's place behind Playwright's `route`, for states that a live cloud cannot be brought to cheaply.

Answers have the shapes of docs/interfaces.md §3; tests/browser/test_stand_in.py holds them against the schemas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route

from tests.browser import pictures

TOKEN = "T" * 27
LINK = f"/e#t={TOKEN}"
OPEN = "POST /links/open"
EXAM = "x" * 32
STUDY = "s" * 32
SERIES = ("a" * 32, "b" * 32, "c" * 32)
BASE = f"/pixels/k1/renhe/{STUDY}/"
HOSPITAL = {"name": "仁和医院放射科", "phone": "0757-8330 1234", "hours": "周一至周日 8:00–17:30", "time_zone": "Asia/Shanghai"}
PDF = b"%PDF-1.7\n%%EOF\n"
REPORT_PDF = f"/derived/renhe/{EXAM}/report/{pictures.name_of(PDF)}.pdf"

Answer = tuple[int, dict[str, Any] | None]
Answering = Answer | Callable[[dict[str, Any]], Answer] | None  # None: no answer comes at all


def opened(**changes: Any) -> Answer:
    """200 of POST /links/open."""
    modes = ["phone_tail", "code"]
    return 200, {"state": "verify", "hospital": HOSPITAL, "modes": modes, "tries_left": 5, "phone_hint": None} | changes


def refused(status: int, code: str, **details: Any) -> Answer:
    """An error as every API gives it."""
    body = {"code": code, "message": "…", "hint": "…", "retry": status >= 500, "request_id": "8f14e45f-ceea"}
    return status, body | details


def a_series(place: int, description: str, frames: int, received: int | None = None) -> dict[str, Any]:
    """One series of the exam; `received` below `frames` makes it partial."""
    got = frames if received is None else received
    return {
        "series": SERIES[place],
        "number": place + 1,
        "modality": "CT",
        "description": description,
        "body_part": "CHEST",
        "frames": frames,
        "received": got,
        "declared": frames,
        "complete": got == frames,
        "thumbnail": f"{pictures.name_of(pictures.thumbnail(place))}.thumb.jpg" if got else None,
        "index": f"{place:064x}.index" if got else None,
        "pages": [f"{place:064x}.index"] if got else [],
    }


def exam(series: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """exam.v1 with everything there, as changed."""
    rows = (
        series
        if series is not None
        else [a_series(0, "定位像", 2), a_series(1, "肺窗 1.25mm", 245), a_series(2, "纵隔窗 5mm", 62)]
    )
    received = sum(row["received"] for row in rows)
    study = {
        "study": STUDY,
        "description": "胸部CT平扫",
        "received": received,
        "declared": sum(row["declared"] for row in rows) or None,
        "complete": bool(rows) and all(row["complete"] for row in rows),
        "series": rows,
    }
    film = {
        "study": STUDY,
        "pages": [f"film/{pictures.name_of(pictures.sheet(n))}.jpg" for n in range(2)],
        "pdf": f"film/{pictures.name_of(PDF)}.pdf",
        "width": 1240,
        "height": 1754,
    }
    return {
        "exam": EXAM,
        "state": "published",
        "hospital": HOSPITAL,
        "patient": {"name": "张*", "sex": "M", "age": "063Y"},
        "item": "胸部CT平扫",
        "modalities": ["CT"],
        "at": "2026-11-24T06:05:00Z",
        "report": {"state": "audited", "version": 1},
        "studies": [study],
        "films": [film],
        "kept_until": "2041-11-24",
    } | changes


def arriving_exam() -> dict[str, Any]:
    """The report is audited, 214 of 300 images are there, no film yet."""
    return exam([a_series(0, "定位像", 2), a_series(1, "肺窗 1.25mm", 298, 212)], films=[])


def empty_exam() -> dict[str, Any]:
    """Nothing has arrived."""
    empty = exam([], report=None, films=[], studies=[])
    del empty["kept_until"]
    return empty


def progress(state: str, **changes: Any) -> dict[str, Any]:
    """How far a registered exam has come."""
    received = {"imaging": 214, "reporting": 300}.get(state, 0)
    return {
        "state": state,
        "hospital": HOSPITAL,
        "patient": {"name": "张*", "sex": "M", "age": "063Y"},
        "item": "胸部CT平扫",
        "registered_at": "2026-11-24T05:40:00Z",
        "scheduled_at": "2026-11-24T06:30:00Z",
        "received": received,
        "declared": 300 if received else None,
    } | changes


def wechat_exams() -> dict[str, Any]:
    """What somebody who came by WeChat chooses from."""
    found = (("胸部CT平扫；上腹部CT平扫", "2026-11-24T06:05:00Z"), ("左膝关节MR平扫", "2026-03-02T01:40:00Z"), ("", None))
    return {
        "hospital": HOSPITAL,
        "exams": [{"exam": "abc"[n] * 32, "item": i, "modalities": ["CT"], "at": at} for n, (i, at) in enumerate(found)],
    }


def report(**changes: Any) -> dict[str, Any]:
    """The report's content, as changed."""
    return {
        "version": 1,
        "state": "audited",
        "findings": "双侧胸廓对称。双肺纹理清晰，"
        "右肺上叶后段见一枚实性结节，直径约 9 mm，边缘光整，未见毛刺及胸膜牵拉。余肺野未见实变影。\n"
        "气管、支气管通畅。纵隔居中，未见肿大淋巴结。心影大小、形态正常。\n双侧胸腔未见积液。所见骨质未见异常。",
        "impression": "1. 右肺上叶后段实性结节（约 9 mm），建议 3 个月后复查低剂量 CT。\n2. 余双肺、纵隔未见明显异常。",
        "people": [{"role": "reporter", "name": "李晓梅"}, {"role": "auditor", "name": "陈志远"}],
        "audited_at": "2026-11-24T07:42:00Z",
        "exam_item": "胸部CT平扫",
        "pdf": REPORT_PDF,
    } | changes


def _below(path: str) -> re.Pattern[str]:
    """URLs whose path begins with `path`."""
    return re.compile(rf"^https?://[^/]+{path}")


@dataclass
class StandIn:
    """Answers by route; a test changes `answers` while the page is open. `asked` lists the requests in order.

    held: routes that are never answered. lost: globs of addresses that never arrive. damaged_pdfs: how many times still a PDF
    comes with a bit flipped.
    """

    answers: dict[str, Answering] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    damaged_pdfs: int = 0

    def __post_init__(self) -> None:
        signed = {"expires_at": "2026-11-24T06:10:00Z", "renew_at": "2026-11-24T06:09:00Z"}
        series = {"index": f"{1:064x}.index", "tier": "online", **signed}
        usual: dict[str, Answering] = {
            "POST /links/open": opened(),
            "POST /sessions": (201, {"expires_at": "2026-11-24T06:35:00Z"}),
            "DELETE /sessions": (204, None),
            "GET /exam": refused(401, "session_missing"),
            "GET /report": (200, report()),
            "GET /wechat/exams": (200, wechat_exams()),
            "POST /wechat/exams": (201, {"expires_at": "2026-11-24T06:35:00Z"}),
            "GET /wechat": (200, {"offered": True, "bound": False}),
            "POST /derived/open": lambda asked: (200, {"base": f"/derived/renhe/{asked['study']}/", **signed}),
            **{f"POST /series/{name}/open": (200, {"base": f"{BASE}{name}/", **series}) for name in SERIES},
        }
        self.answers = usual | self.answers

    def stand_before(self, context: BrowserContext | Page) -> None:
        """Take over everything but the web app's own files."""
        context.route("**/api/patient/v1/**", self._api)
        context.route("**/api/guest/v1/**", self._api)
        context.route(_below("/pixels/"), self._picture)
        context.route(_below("/derived/"), self._derived)
        for lost in self.lost:
            context.route(lost, lambda route: route.abort("connectionreset"))

    def sign_in(self, body: dict[str, Any] | None = None) -> None:
        """A session is there already."""
        self.answers["GET /exam"] = (200, body if body is not None else exam())

    def _api(self, route: Route) -> None:
        request = route.request
        name = f"{request.method} {re.split('/api/(?:patient|guest)/v1', request.url)[1]}"
        body = json.loads(request.post_data or "{}")
        self.asked.append((name, body))
        if name in self.held:
            return
        answer = self.answers.get(name, refused(404, "not_in_exam"))
        if callable(answer):
            answer = answer(body)
        if answer is None:
            route.abort("internetdisconnected")
            return
        status, content = answer
        headers = {"date": "Tue, 24 Nov 2026 06:05:00 GMT", "content-type": "application/json"}
        route.fulfill(status=status, headers=headers, body="" if content is None else json.dumps(content))

    def _derived(self, route: Route) -> None:
        if route.request.url.endswith(".pdf"):
            self.asked.append((f"GET {route.request.url.rpartition('/')[2]}", {}))
            self.damaged_pdfs, damaged = max(0, self.damaged_pdfs - 1), self.damaged_pdfs > 0
            route.fulfill(body=PDF.replace(b"1.7", b"1.6") if damaged else PDF, content_type="application/pdf")
        else:
            self._picture(route)

    def _picture(self, route: Route) -> None:
        """By its name; what is no picture is answered with one that no name vouches for."""
        digest = route.request.url.rpartition("/")[2].partition(".")[0]
        route.fulfill(body=pictures.named().get(digest, b"\xff\xd8"), content_type="image/jpeg")
