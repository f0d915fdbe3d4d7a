"""The viewer on the local cloud: real signatures, real storage, the gateway's own range reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.devices import PHONE, open_device
from tests.browser.viewer_page import everything_loaded, painted
from tests.handlers.test_patient_api_cloud import FIRST, Stage, inside, rendered, stage, token_of

__all__ = ["stage"]
pytestmark = [pytest.mark.cloud, pytest.mark.browser, pytest.mark.slow]


def enter(page: Page, stage: Stage) -> None:
    """From the SMS's link through the check to the exam."""
    page.goto(f"{stage.cloud.origin}/e#t={token_of(stage, FIRST)}")
    page.get_by_role("textbox").fill(FIRST[-4:])
    page.locator("button[type=submit]").click()
    page.locator("a[href='#/images']").first.wait_for()


@pytest.mark.req("VIEW-10", "VIEW-01")
def test_the_images_open_through_the_cloud_s_own_signatures_once(chromium: Browser, stage: Stage) -> None:
    """What works against a stand-in may fail at the CDN's door: cookies with paths, ranges, cache headers."""
    exam = rendered(inside(stage, FIRST))
    series = exam["studies"][0]["series"][0]["series"]
    with open_device(chromium, PHONE) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        enter(page, stage)
        page.goto(f"{stage.cloud.origin}/e#/images/{series}")
        everything_loaded(page)
        page.locator('.viewer-corners[data-quality="full"]').wait_for()
        assert painted(page).any()
        assert [url for url in asked if url.endswith((".low", ".rest"))]
        page.goto(f"{stage.cloud.origin}/e#/images")
        asked.clear()
        page.goto(f"{stage.cloud.origin}/e#/images/{series}")
        everything_loaded(page)
        page.locator('.viewer-corners[data-quality="full"]').wait_for()
        assert not [url for url in asked if url.endswith((".low", ".rest"))]


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("end", [".rest", ".low", ".index"])
def test_a_bit_flipped_in_the_vault_is_words_and_not_a_picture(chromium: Browser, stage: Stage, end: str) -> None:
    """Storage itself, and everything behind it: what is there is not what was written, and the patient is not shown it."""
    exam = rendered(inside(stage, FIRST))
    series = exam["studies"][0]["series"][0]
    bucket = stage.cloud.session("root").resource("s3").Bucket(stage.cloud.outputs["PixelsBucket"])
    objects = bucket.objects.filter(Prefix=f"pixels/k1/{stage.tenant}/")
    wanted = series["index"] if end == ".index" else end
    objects = [one for one in objects if f"/{series['series']}/" in one.key and one.key.endswith(wanted)]
    kept = {one.key: one.get()["Body"].read() for one in objects}
    assert kept
    try:
        for key, right in kept.items():
            # every 64th byte, so that each frame is hit wherever its pieces lie
            bucket.put_object(Key=key, Body=bytes(byte ^ (place % 64 == 40) for place, byte in enumerate(right)))
        with open_device(chromium, PHONE) as context:
            page = context.new_page()
            enter(page, stage)
            page.goto(f"{stage.cloud.origin}/e#/images/{series['series']}")
            alert = page.locator(".viewer-notice[role=alert]")
            expect(alert).to_contain_text("没有显示")
            assert not painted(page).any()
            for key, right in kept.items():
                bucket.put_object(Key=key, Body=right)
            alert.get_by_role("button").click()
            page.locator('.viewer-corners[data-quality="full"]').wait_for()
            assert painted(page).any()
    finally:
        for key, right in kept.items():
            bucket.put_object(Key=key, Body=right)
