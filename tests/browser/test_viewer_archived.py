"""An archived series in the viewer: a quarter at once, marked as a preview, and the image as soon as it has come [LIFE-01]."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from iac.local.phantom import write_phantom
from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.series_server import PackedSeries, SeriesCloud, packed, serve_series
from tests.browser.viewer_page import WHOLE, go_to, open_viewer, painted

pytestmark = [pytest.mark.browser, pytest.mark.req("LIFE-01")]
SLICES = 12
MARK = ".viewer-fetching"
WORDS = {"zh-CN": "预览 · 原图正在取回", "en": "Preview · the full images are being fetched"}


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> PackedSeries:
    return packed(write_phantom(tmp_path_factory.mktemp("ct"), SLICES, size=256), "肺窗 1 mm")


@pytest.fixture
def cloud(series: PackedSeries) -> Iterator[SeriesCloud]:
    with serve_series(series) as cloud:
        cloud.tier, cloud.archived = "offline", True
        yield cloud


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desktop"])
def device(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    chosen: Device = request.param
    with open_device(chromium, chosen) as context:
        yield context


def comes(cloud: SeriesCloud) -> None:
    """The recall is done."""
    cloud.tier, cloud.archived = "online", False


def full_reads(cloud: SeriesCloud) -> list[tuple[str, int, int]]:
    return [read for read in cloud.reads if read[0].endswith(".rest")]


def quarter_is_marked(page: Page, language: str = "zh-CN") -> None:
    expect(page.locator(MARK)).to_contain_text(WORDS[language])
    assert page.locator('.viewer-corners[data-quality="quarter"]').count() == 1


def test_an_archived_series_is_seen_at_once_marked_and_becomes_whole_by_itself(
    device: BrowserContext, cloud: SeriesCloud, series: PackedSeries
) -> None:
    """No reload, no error, no request that storage would refuse."""
    page = open_viewer(device, cloud, series, wait=MARK)
    quarter_is_marked(page)
    assert painted(page).any()
    page.get_by_role("slider").fill("2")
    expect(page.get_by_test_id("position")).to_contain_text("3 /")
    quarter_is_marked(page)
    assert full_reads(cloud) == []
    assert page.get_by_role("alert").count() == 0
    comes(cloud)
    page.locator(WHOLE).wait_for(timeout=20_000)
    expect(page.locator(MARK)).to_have_count(0)
    go_to(page, 7)


def test_the_mark_stays_on_the_image_when_everything_else_steps_back(
    device: BrowserContext, cloud: SeriesCloud, series: PackedSeries
) -> None:
    """A radiologist who looks at a preview for minutes must not forget that it is one; and no value is read from it."""
    page = open_viewer(device, cloud, series, wait=MARK)
    page.locator(".viewer[data-quiet]").wait_for(timeout=20_000)
    expect(page.locator(MARK)).to_be_visible()
    box = page.locator(MARK).bounding_box()
    stage = page.locator(".viewer-stage").bounding_box()
    assert box is not None
    assert stage is not None
    assert stage["y"] <= box["y"]
    assert box["y"] + box["height"] <= stage["y"] + stage["height"]
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    page.mouse.move(stage["x"] + stage["width"] / 2 + 5, stage["y"] + stage["height"] / 2)
    assert page.get_by_test_id("value").count() == 0


def test_storage_that_refuses_what_was_called_online_makes_a_preview_and_no_error(
    device: BrowserContext, cloud: SeriesCloud, series: PackedSeries
) -> None:
    """A copy that ended a minute early, an object that moved since."""
    cloud.tier = "online"
    page = open_viewer(device, cloud, series, wait=MARK)
    quarter_is_marked(page)
    assert page.get_by_role("alert").count() == 0
    comes(cloud)
    page.locator(WHOLE).wait_for(timeout=20_000)


def test_what_is_on_the_device_already_is_no_preview(chromium: Browser, cloud: SeriesCloud, series: PackedSeries) -> None:
    """Who looked at it before it was archived has it in full."""
    with open_device(chromium, PHONE) as context:
        comes(cloud)
        page = open_viewer(context, cloud, series)
        page.locator(".viewer-loaded[data-whole]").wait_for(state="attached", timeout=30_000)
        cloud.tier, cloud.archived = "offline", True
        page.reload()
        page.locator(WHOLE).wait_for()
        expect(page.locator(MARK)).to_have_count(0)


def test_the_words_are_there_in_english_too(chromium: Browser, cloud: SeriesCloud, series: PackedSeries) -> None:
    with open_device(chromium, DESK) as context:
        context.add_init_script("localStorage.setItem('lightbox.language', 'en')")
        quarter_is_marked(open_viewer(context, cloud, series, wait=MARK), "en")
