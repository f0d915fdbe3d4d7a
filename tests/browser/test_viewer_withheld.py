"""An image that came in versions which contradict each other: words in its place, no picture of either."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from iac.local.phantom import write_phantom
from tests.browser.devices import PHONE, open_device
from tests.browser.series_server import packed, serve_series
from tests.browser.viewer_page import go_to, open_viewer, painted

pytestmark = pytest.mark.browser


@pytest.mark.req("ING-04")
def test_a_withheld_image_says_why_and_its_neighbours_are_shown(chromium: Browser, tmp_path: Path) -> None:
    """The place is kept: with one image less the series would look whole, with either version it could be wrong."""
    series = packed(write_phantom(tmp_path, 5, size=128), "肺窗", withheld={3})
    with serve_series(series) as cloud, open_device(chromium, PHONE) as context:
        page = open_viewer(context, cloud, series)
        expect(page.get_by_test_id("position")).to_have_text("3 / 5")
        page.get_by_role("slider").fill("3")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text("这一幅图像收到了内容不同的版本，医院核实之前不显示")
        expect(notice).to_contain_text("第 4 幅，共 5 幅")
        expect(notice.get_by_role("button")).to_have_count(0)
        assert not painted(page).any()
        go_to(page, 4)
        expect(notice).to_have_count(0)
        assert painted(page).any()
