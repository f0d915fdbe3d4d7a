"""From one series to another: what is on the canvas is always of the series whose name stands above it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from iac.local.phantom import write_phantom
from tests.browser.devices import DESK, open_device
from tests.browser.series_server import PackedSeries, SeriesCloud, packed, serve_series
from tests.browser.viewer_page import WHOLE, open_viewer, painted

pytestmark = pytest.mark.browser
WAY = ["strip", "address"]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> tuple[PackedSeries, PackedSeries]:
    files = write_phantom(tmp_path_factory.mktemp("ct"), 6, size=128)
    return packed(files[:3], "甲"), packed(files[3:], "乙")


@pytest.fixture
def cloud(series: tuple[PackedSeries, PackedSeries]) -> Iterator[SeriesCloud]:
    with serve_series(*series) as cloud:
        yield cloud


def turn(page: Page, series: PackedSeries, way: str) -> None:
    if way == "strip":
        page.locator(".viewer-series", has_text=str(series.row["description"])).click()
    else:
        page.evaluate("(name) => { location.hash = `#/images/${name}`; }", series.name)
    expect(page.locator("canvas.viewer-canvas")).to_have_attribute("aria-label", str(series.row["description"]))


@pytest.mark.parametrize("way", WAY)
@pytest.mark.parametrize("trouble", ["damaged", "refused", "silent"])
def test_a_series_that_does_not_open_shows_nothing_of_the_one_before(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries], way: str, trouble: str
) -> None:
    """A picture under another's name is worse than none: somebody reads it."""
    first, second = series
    with open_device(chromium, DESK) as context:
        page = open_viewer(context, cloud, first)
        assert painted(page).any()
        if trouble == "damaged":
            cloud.spoil = lambda name, start, data: data[:-9] + bytes(9) if name == second.index_name else data
        elif trouble == "refused":
            cloud.refuse = lambda name: 403 if name == second.index_name else None
        else:
            page.route(f"**/{second.index_name}", lambda route: None)
        turn(page, second, way)
        page.locator(".viewer-notice").wait_for()
        assert not painted(page).any()
        assert page.locator("canvas[data-quality]").count() == 0


@pytest.mark.parametrize("way", WAY)
def test_the_address_and_the_picture_name_one_series(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries], way: str
) -> None:
    """A reload, or a copied address, must lead to what was looked at."""
    first, second = series
    with open_device(chromium, DESK) as context:
        page = open_viewer(context, cloud, first)
        before = painted(page)
        turn(page, second, way)
        page.locator(WHOLE).wait_for()
        assert page.evaluate("location.hash") == f"#/images/{second.name}"
        assert (painted(page) != before).any()
        turn(page, first, way)
        page.locator(WHOLE).wait_for()
        assert page.evaluate("location.hash") == f"#/images/{first.name}"
        assert (painted(page) == before).all()


def test_a_series_whose_door_did_not_open_gets_its_picture_a_little_later(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries]
) -> None:
    """A lift without network left two letters for the whole visit."""
    first, second = series
    knocks: list[str] = []

    def answer(route: Route) -> None:
        knocks.append(route.request.url)
        if len(knocks) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    with open_device(chromium, DESK) as context:
        context.route(f"**/series/{second.name}/open", answer)
        page = open_viewer(context, cloud, first)
        thumb = page.locator(".viewer-series", has_text=str(second.row["description"])).locator(".viewer-thumb")
        expect(thumb.locator("img")).to_be_visible(timeout=60_000)
        assert len(knocks) == 2
