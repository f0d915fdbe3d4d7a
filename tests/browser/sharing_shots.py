"""The states of the pages of sharing: the patient's, and those of a guest, with the stand-in cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.screenshots import UNTIL, Shot
from tests.browser.stand_in import HOSPITAL, OPEN, SERIES, TOKEN, StandIn, exam, refused

SHARE = "/e#/share"
LINK = f"/s#t={TOKEN}"
SHOWS = {"report": True, "film": True, "images": True, "originals": True, "sharing": True}
MAY = {"series": {}, "report": None}
MAY_NOT = {"series": {SERIES[0]: "modality", SERIES[1]: "marks"}, "report": "names"}


def a_share(serial: int, **changes: Any) -> dict[str, Any]:
    """One share as GET /shares tells it, as changed."""
    ended = changes.get("state") in ("expired", "revoked", "used_up")
    return {
        "serial": serial,
        "state": "open",
        "issued_at": "2026-11-24T06:00:00Z",
        "expires_at": "2026-11-25T06:00:00Z",
        "revoked_at": "2026-11-24T06:01:00Z" if changes.get("state") == "revoked" else None,
        "link": None if ended else f"https://film.example/s#t={TOKEN}",
        "series": None,
        "report": True,
        "film": True,
        "anonymous": False,
        "code": False,
        "limit": 0,
        "used": 0,
        "opened": [],
    } | changes


LISTED = [
    a_share(4, opened=["2026-11-24T06:04:00Z", "2026-11-24T06:02:00Z"], used=2),
    a_share(3, state="locked", code=True, anonymous=True, film=False, series=[SERIES[1]]),
    a_share(2, state="used_up", limit=3, used=3, opened=["2026-11-23T01:04:00Z"] * 3),
    a_share(1, state="revoked", series=[], film=False),
]
OPENINGS = [
    {"at": "2026-11-24T06:04:00Z", "by": "share", "serial": 4},
    {"at": "2026-11-24T06:03:00Z", "by": "staff", "serial": None},
    {"at": "2026-11-24T05:58:00Z", "by": "patient", "serial": None},
]


def shared(**changes: Any) -> dict[str, Any]:
    """200 of POST /links/open of guests."""
    return {"state": "open", "hospital": HOSPITAL, "name": "张*", "expires_at": "2026-11-25T06:00:00Z", "tries_left": 5} | changes


def _inside(shares: list[dict[str, Any]], anonymous: dict[str, Any] = MAY) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.sign_in(exam(shows=SHOWS))
        cloud.answers |= {
            "GET /shares": (200, {"shares": shares, "anonymous": anonymous}),
            "GET /openings": (200, {"openings": OPENINGS if shares else []}),
            "POST /shares": (201, {"share": a_share(5, code=True), "code": "204951"}),
        }

    return prepare


def _linked(**changes: Any) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.answers |= {OPEN: (200, shared(**changes)), "POST /sessions": refused(403, "answer_wrong", tries_left=3)}

    return prepare


def _guest(anonymous: bool) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        person = {"name": "", "sex": "M", "age": "060Y"} if anonymous else {"name": "张三丰", "sex": "M", "age": "063Y"}
        shows = {**SHOWS, "film": not anonymous, "sharing": False}
        seen = exam(patient=person, shows=shows, guest={"anonymous": anonymous, "until": "2026-11-25T06:00:00Z"})
        del seen["kept_until"]
        cloud.sign_in(seen | ({"films": []} if anonymous else {}))

    return prepare


def _ended(status: int, code: str, **details: Any) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.answers[OPEN] = refused(status, code, hospital=HOSPITAL, **details)

    return prepare


def _choose(*labels: int) -> Callable[[Page], None]:
    """By their order: the words are in two languages."""

    def act(page: Page) -> None:
        for label in labels:
            page.locator(".chip").nth(label).click()

    return act


def _make(page: Page) -> None:
    page.locator("button[type=submit]").click()
    page.locator(".share-qr").wait_for()


def _stop(page: Page) -> None:
    page.locator(".share-card .button-quiet").first.click()
    page.get_by_role("alert").wait_for()


def _wrong_code(page: Page) -> None:
    page.get_by_role("textbox").fill("123456")
    page.locator("button[type=submit]").click()
    page.get_by_role("alert").wait_for()


SHARING_SHOTS = (
    Shot("share", SHARE, _inside([])),
    Shot("share-own", SHARE, _inside([]), _choose(1, 6, 13, 15)),
    Shot("share-anonymous", SHARE, _inside([]), _choose(8)),
    Shot("share-not-anonymous", SHARE, _inside([], MAY_NOT), _choose(8)),
    Shot("share-made", SHARE, _inside([]), _make),
    Shot("share-list", SHARE, _inside(LISTED)),
    Shot("share-stop", SHARE, _inside(LISTED), _stop),
    Shot("exam-to-share", "/e", _inside([])),
    Shot("guest", LINK, _linked()),
    Shot("guest-code", LINK, _linked(state="code", name="")),
    Shot("guest-code-wrong", LINK, _linked(state="code"), _wrong_code),
    Shot("guest-exam", "/s", _guest(anonymous=False)),
    Shot("guest-exam-anonymous", "/s", _guest(anonymous=True)),
    Shot("guest-report", "/s#/report", _guest(anonymous=False)),
    Shot("guest-film", "/s#/film", _guest(anonymous=False)),
    Shot("guest-images", "/s#/images", _guest(anonymous=True)),
    Shot("guest-exam-expired", LINK, _ended(410, "exam_expired")),
    Shot("guest-expired", LINK, _ended(410, "link_expired")),
    Shot("guest-revoked", LINK, _ended(410, "link_revoked")),
    Shot("guest-used-up", LINK, _ended(410, "link_used_up")),
    Shot("guest-locked", LINK, _ended(423, "link_locked", until=UNTIL)),
    Shot("guest-unknown", LINK, _ended(404, "link_unknown")),
    Shot("guest-waiting", LINK, _ended(409, "exam_not_released")),
    Shot("guest-reopen", "/s"),
)
