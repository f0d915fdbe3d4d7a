"""An archived series in Chromium over the local cloud: a preview at once, the image when storage has fetched it [LIFE-01]."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from functions.adapters.wiring import Production
from iac.local.cloud import LocalCloud
from tests.browser.devices import PHONE, open_device
from tests.browser.patient_page import answer
from tests.browser.viewer_page import WHOLE, painted
from tests.handlers import uploads
from tests.handlers.test_lifecycle_tiers_cloud import archive, link, published

NOTE_MARKS = """new MutationObserver(() => {
  const mark = document.querySelector(".viewer-fetching");
  if (mark) (window.marks ??= []).push(mark.textContent);
}).observe(document, { childList: true, subtree: true });"""
pytestmark = [pytest.mark.cloud, pytest.mark.browser, pytest.mark.slow]


@pytest.mark.req("LIFE-01")
def test_a_patient_sees_the_preview_and_then_the_image_without_a_reload(
    chromium: Browser, local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """Signatures, the gateway, storage that refuses, lifecycle that asks and looks: nothing stands in for anything."""
    slices = uploads.Slices(number=1, count=3, size=256)
    exam = published(local_cloud, cloud_deps, cloud_tenant, slices)
    series = cloud_deps.naming.series(cloud_tenant, slices.series_uid)
    with open_device(chromium, PHONE) as context:
        context.add_init_script(NOTE_MARKS)
        page = context.new_page()
        loads: list[str] = []
        page.on("load", lambda loaded: loads.append(loaded.url))
        page.goto(f"{local_cloud.origin}/e#t={link(cloud_deps, cloud_tenant, exam)}")
        answer(page, "1234")
        page.locator("a[href='#/images']").first.wait_for()
        archive(local_cloud, cloud_deps, cloud_tenant, slices)
        page.goto(f"{local_cloud.origin}/e#/images/{series}")
        page.wait_for_function("() => window.marks?.length", timeout=60_000)
        assert "预览 · 原图正在取回" in page.evaluate("() => window.marks[0]")
        page.locator(WHOLE).wait_for(timeout=90_000)
        expect(page.locator(".viewer-fetching")).to_have_count(0)
        assert painted(page).any()
        assert page.get_by_role("alert").count() == 0
        assert len(loads) == 1
