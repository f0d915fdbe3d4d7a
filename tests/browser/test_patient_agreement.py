"""What the hospital lets patients see, and the agreement that comes first, in a browser [PAT-05, PAT-14]."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import Complaints, small_targets, too_wide, violations
from tests.browser.devices import DESK, PHONE, SMALL_PHONE, Device, open_device
from tests.browser.screenshots import TEXT_SIZE
from tests.browser.stand_in import HOSPITAL, StandIn, exam, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = {
    "zh-CN": ("用户协议", "同意并继续", "报告", "胶片", "图像", "目前没有在这里提供"),
    "en": ("User agreement", "Agree and continue", "Report", "Film", "Images", "shows no report"),
}
PARAGRAPH = {
    "zh-CN": "本平台由医院提供，供您查看自己的影像检查。请妥善保管链接和验证码，不要把它们交给不相干的人。",
    "en": "This service is provided by your hospital to show you your exams. Keep the link and the code to yourself.",
}


def texts(language: str) -> list[dict[str, str]]:
    part = [{"kind": "heading", "text": "一、服务内容"}, {"kind": "paragraph", "text": PARAGRAPH[language]}]
    return [*part * 8, {"kind": "item", "text": PARAGRAPH[language]}]


class Asking:
    """A hospital that asks for version 3 first."""

    def __init__(self) -> None:
        self.consents: list[int] = []

    def stand_in(self) -> StandIn:
        return StandIn(
            {
                "GET /exam": lambda _: self.exam(),
                "GET /agreement": lambda _: (200, self.agreement()),
                "POST /consents": lambda body: self.agree(body),
            }
        )

    def exam(self) -> tuple[int, dict[str, Any]]:
        if not self.consents:
            return refused(403, "consent_needed", version=3, hospital=HOSPITAL)  # type: ignore[return-value]
        return 200, exam(agreement={"version": 3, "agreed": True})

    def agreement(self) -> dict[str, Any]:
        at = "2026-11-24T06:05:00Z" if self.consents else None
        shown = {language: texts(language) for language in WORDS}
        return {"version": 3, "forced": True, "agreed_at": at, "hospital": HOSPITAL, "texts": shown}

    def agree(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.consents.append(body["version"])
        return 201, {"version": body["version"], "agreed_at": "2026-11-24T06:05:00Z"}


def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("LIGHTBOX_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.req("PAT-05")
@pytest.mark.parametrize(("device", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone-zh-CN", "desk-en"])
def test_the_exam_opens_once_the_agreement_was_read_to_its_end(
    chromium: Browser, web_origin: str, device: Device, language: str
) -> None:
    hospital = Asking()
    title, agree, report, *_ = WORDS[language]
    with open_device(chromium, device, locale=language) as context:
        hospital.stand_in().stand_before(context)
        page = context.new_page()
        complaints = Complaints(page)
        page.goto(f"{web_origin}/e")
        button = page.get_by_role("button", name=agree)
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        if device.touch:
            expect(button).to_have_attribute("aria-disabled", "true")
            button.dispatch_event("click")
            assert hospital.consents == [], "not before its end was seen"
        keep_picture(page, f"agreement-{device.name}-{language}")
        assert violations(page) == []
        button.scroll_into_view_if_needed()
        expect(button).not_to_have_attribute("aria-disabled", "true")
        if device.touch:
            assert small_targets(page) == []
        button.click()
        expect(page.get_by_role("link", name=report)).to_be_visible()
        assert hospital.consents == [3]
        page.get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(button).to_have_count(0)
        assert [line for line in complaints.lines if "403" not in line] == []


@pytest.mark.req("PAT-05")
def test_a_guest_reads_and_agrees_in_the_same_way(chromium: Browser, web_origin: str) -> None:
    """With whom an exam was shared is as much a reader of it."""
    hospital = Asking()
    title, agree, report, *_ = WORDS["zh-CN"]
    with open_device(chromium, PHONE) as context:
        hospital.stand_in().stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/s")
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(page.get_by_role("link", name=report)).to_have_count(0)
        button = page.get_by_role("button", name=agree)
        button.scroll_into_view_if_needed()
        expect(button).not_to_have_attribute("aria-disabled", "true")
        button.click()
        expect(page.get_by_role("link", name=report)).to_be_visible()
        assert hospital.consents == [3]


@pytest.mark.req("PAT-05")
@pytest.mark.parametrize("door", ["/e", "/s"])
def test_where_it_is_not_forced_the_exam_is_open_and_reading_to_the_end_is_noted(
    chromium: Browser, web_origin: str, door: str
) -> None:
    """Offered, not in the way; and nobody is said to have read what they did not come to the end of."""
    hospital = Asking()
    title, agree, report, *_ = WORDS["zh-CN"]
    cloud = hospital.stand_in()
    cloud.answers["GET /exam"] = lambda _: (200, exam(agreement={"version": 3, "agreed": bool(hospital.consents)}))
    cloud.answers["GET /agreement"] = lambda _: (200, hospital.agreement() | {"forced": False})
    with open_device(chromium, PHONE) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(web_origin + door)
        expect(page.get_by_role("link", name=report)).to_be_visible()
        page.get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        expect(page.get_by_role("button", name=agree)).to_have_count(0)
        expect(page.get_by_text("第 3 版")).to_be_attached()
        assert hospital.consents == [], "its end was not seen yet"
        page.get_by_text("第 3 版").scroll_into_view_if_needed()
        expect(page.get_by_text("已读")).to_be_visible()
        assert hospital.consents == [3]


@pytest.mark.req("PAT-05")
def test_at_twice_the_text_size_it_is_read_and_agreed_to_on_the_smallest_phone(chromium: Browser, web_origin: str) -> None:
    hospital = Asking()
    with open_device(chromium, SMALL_PHONE) as context:
        hospital.stand_in().stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e")
        button = page.get_by_role("button", name="同意并继续")
        expect(button).to_be_attached()
        page.evaluate(TEXT_SIZE, 200)
        assert too_wide(page) == []
        button.scroll_into_view_if_needed()
        expect(button).not_to_have_attribute("aria-disabled", "true")
        button.click()
        expect(page.get_by_role("link", name="报告")).to_be_visible()
        assert hospital.consents == [3]


SHOWN = {"report": 2, "film": 3, "images": 4}


@pytest.mark.req("PAT-14")
@pytest.mark.parametrize("switch", [*SHOWN, "all"])
def test_what_the_hospital_hides_has_no_entry_and_no_page(chromium: Browser, web_origin: str, switch: str) -> None:
    hidden = set(SHOWN) if switch == "all" else {switch}
    shows = {name: name not in hidden for name in (*SHOWN, "originals")} | {"sharing": switch != "all"}
    changes: dict[str, Any] = {"report": None} if "report" in hidden else {}
    changes |= {"films": []} if "film" in hidden else {}
    series: list[dict[str, Any]] | None = [] if "images" in hidden else None
    cloud = StandIn()
    cloud.sign_in(exam(series, shows=shows, **changes))
    words = WORDS["zh-CN"]
    with open_device(chromium) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for name, place in SHOWN.items():
            entry = page.get_by_role("link", name=words[place])
            expect(entry).to_have_count(0 if name in hidden else 1)
        expect(page.get_by_text(words[5])).to_have_count(1 if switch == "all" else 0)
        expect(page.get_by_role("link", name="拨打")).to_be_visible()
        keep_picture(page, f"switches-{switch}")
        assert violations(page) == []
        for name in hidden:  # an old address leads to the exam
            page.goto(f"{web_origin}/e#/{name}")
            expect(page.get_by_role("heading", name="胸部CT平扫")).to_be_visible()
