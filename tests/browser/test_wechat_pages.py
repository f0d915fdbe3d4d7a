"""From the official account's menu: choosing one of several exams, and what a refused sign-in says, in a browser [PAT-02]."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import small_targets, too_wide, violations
from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.stand_in import StandIn, exam, refused, wechat_exams

pytestmark = [pytest.mark.browser, pytest.mark.req("PAT-02")]

WORDS = {"zh-CN": ("请选择检查", "2026年3月2日", "没能从微信打开"), "en": ("Choose an exam", "2 Mar 2026", "WeChat did not open")}


@pytest.mark.parametrize(("device", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone-zh-CN", "desk-en"])
def test_the_exam_that_is_chosen_opens(chromium: Browser, web_origin: str, device: Device, language: str) -> None:
    title, day, _ = WORDS[language]
    cloud = StandIn()
    with open_device(chromium, device, locale=language) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/#/wechat")
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        assert violations(page) == too_wide(page) == []
        if device.touch:
            assert small_targets(page) == []
        cloud.sign_in(exam(item="左膝关节MR平扫"))
        page.get_by_role("button", name=day).click()
        expect(page.get_by_role("heading", name="左膝关节MR平扫", level=1)).to_be_visible()
        assert ("POST /wechat/exams", {"exam": wechat_exams()["exams"][1]["exam"]}) in cloud.asked


@pytest.mark.parametrize("language", WORDS)
def test_a_sign_in_that_is_over_says_what_to_do(chromium: Browser, web_origin: str, language: str) -> None:
    """Whether WeChat's answer was refused, or the list is asked for, or chosen from, too late."""
    cloud, words = StandIn(), WORDS[language][2]
    over = refused(401, "session_missing")
    with open_device(chromium, PHONE, locale=language) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/#/wechat/refused")
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        assert violations(page) == []
        page.goto(f"{web_origin}/#/wechat")
        cloud.answers["POST /wechat/exams"] = over
        page.get_by_role("button", name="MR").click()
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        cloud.answers["GET /wechat/exams"] = over
        page.reload()
        expect(page.get_by_role("heading", name=words)).to_be_visible()
