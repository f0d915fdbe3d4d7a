"""The staff's pages in a real browser over the whole local cloud: a doctor and finance look at what the demo sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from functions.adapters.wiring import Production
from functions.core.access.accounts import Account
from tests.browser.accessibility import Complaints
from tests.browser.desks import sit_down
from tests.browser.devices import DESK, PHONE, open_device
from tests.browser.patient_page import enter
from tests.cloud_fixtures import Ran
from tests.handlers.operator_deps import operator_deps

pytestmark = [pytest.mark.cloud, pytest.mark.browser]


def signed_in(browser: Browser, journey: Ran, deps: Production, role: str) -> Page:
    """At a desk in the demo's hospital."""
    account = Account(journey.outcome.tenant, f"desk-{role}", name="王小明", roles=[role])
    return sit_down(browser, journey.cloud.origin, deps, account, DESK)


@pytest.mark.req("DOC-11")
def test_a_doctor_hides_a_series_and_the_patient_no_longer_sees_it(chromium: Browser, journey: Ran) -> None:
    """Found in the list, looked at beside its report, hidden with a reason, and shown again by undo."""
    for deps in operator_deps(journey.cloud):
        desk = signed_in(chromium, journey, deps, "doctor")
        complaints = Complaints(desk)
        link = desk.locator("a.record-link").first
        expect(link).to_be_visible(timeout=60_000)
        link.click()
        expect(desk.get_by_text("诊断意见")).to_be_visible()
        expect(desk.get_by_test_id("window")).to_be_visible(timeout=60_000)  # the image is on the canvas
        expect(desk.locator(".exam-thumbnail img").first).to_be_visible()
        patient = open_device(chromium, PHONE).new_page()
        enter(patient, journey)
        patient.goto(f"{journey.cloud.origin}/e#/images")
        expect(patient.locator("a.series-row")).to_have_count(1)

        desk.locator(".exam-series").get_by_role("button", name="隐藏").first.click()
        desk.get_by_role("dialog").get_by_label("原因").fill("重复采集")
        desk.get_by_role("dialog").get_by_role("button", name="隐藏").click()
        expect(desk.get_by_text("患者不可见").first).to_be_visible()
        patient.reload()
        expect(patient.get_by_role("heading").first).to_be_visible()
        expect(patient.locator("a.series-row")).to_have_count(0)

        desk.get_by_role("button", name="撤销").click()
        expect(desk.get_by_text("患者不可见")).to_have_count(0)
        patient.reload()
        expect(patient.locator("a.series-row")).to_have_count(1)
        expect(desk.get_by_text("患者本人").first).to_be_visible()
        assert complaints.lines == []
        patient.context.close()
        desk.context.close()


@pytest.mark.req("LIFE-07")
def test_finance_finds_the_exam_on_this_months_bill(chromium: Browser, journey: Ran) -> None:
    """One audited exam with images is one case at the default price, its patient masked."""
    for deps in operator_deps(journey.cloud):
        desk = signed_in(chromium, journey, deps, "finance")
        desk.locator("a.record-link").first.click(timeout=60_000)
        line = desk.get_by_role("row").filter(has_text="¥4.00").first
        expect(line).to_be_visible()
        expect(line).to_contain_text("*")
        desk.context.close()
