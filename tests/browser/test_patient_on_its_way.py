"""A registered exam's page follows each step and becomes the exam by itself [NTF-03]."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.devices import PHONE, open_device
from tests.browser.stand_in import HOSPITAL, StandIn, exam, progress, refused
from tests.browser.test_patient_agreement import Asking

pytestmark = [pytest.mark.browser]


@pytest.mark.req("NTF-03", "PAT-05")
def test_a_forced_agreement_comes_before_the_progress(chromium: Browser, web_origin: str) -> None:
    hospital = Asking()
    cloud = hospital.stand_in()
    needed = refused(403, "consent_needed", version=3, hospital=HOSPITAL)
    cloud.answers["GET /exam"] = refused(409, "exam_not_released", hospital=HOSPITAL, progress=True)
    cloud.answers["GET /progress"] = lambda _: (200, progress("registered")) if hospital.consents else needed
    with open_device(chromium, PHONE, locale="zh-CN") as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e")
        expect(page.get_by_role("heading", name="用户协议", level=1)).to_be_visible()
        expect(page.get_by_text("已登记")).to_have_count(0)
        button = page.get_by_role("button", name="同意并继续")
        button.scroll_into_view_if_needed()
        expect(button).not_to_have_attribute("aria-disabled", "true")
        button.click()
        expect(page.get_by_role("listitem").filter(has_text="已登记")).to_contain_text("已完成")
        assert hospital.consents == [3]


@pytest.mark.req("NTF-03")
def test_the_progress_becomes_the_exam_without_a_new_link(chromium: Browser, web_origin: str) -> None:
    """The page asks every ten seconds; the test's clock runs."""
    cloud = StandIn()
    cloud.answers["GET /exam"] = refused(409, "exam_not_released", hospital=HOSPITAL, progress=True)
    cloud.answers["GET /progress"] = 200, progress("registered")
    with open_device(chromium, PHONE, locale="zh-CN") as context:
        page = context.new_page()
        page.clock.install()
        cloud.stand_before(context)
        page.goto(f"{web_origin}/e")
        expect(page.get_by_role("listitem").filter(has_text="已登记")).to_contain_text("已完成")
        cloud.answers["GET /progress"] = 200, progress("imaging")
        page.clock.run_for(11_000)
        expect(page.locator("[aria-current=step]")).to_contain_text("214 / 300")
        cloud.answers["GET /progress"] = 200, progress("ready")
        cloud.sign_in(exam())
        page.clock.run_for(11_000)
        expect(page.get_by_role("navigation", name="胸部CT平扫")).to_be_visible()
        assert ("POST /sessions", {}) not in cloud.asked
