"""The first image, while the pages' code is still on its way."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from iac.local.phantom import write_phantom
from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.series_server import PackedSeries, SeriesCloud, packed, serve_series
from tests.browser.viewer_page import WHOLE, everything_loaded, painted, settled

pytestmark = pytest.mark.browser
COVER = ".viewer-first"
DRAWN = f'{COVER} canvas[data-quality="full"]'
# how often something was put over the page
COVERED = """window.covered = 0;
new MutationObserver(() => { if (document.querySelector(".viewer-first")) window.covered += 1; })
  .observe(document, { childList: true, subtree: true });"""
PICTURE = """(canvas) => canvas.toDataURL("image/png").split(",")[1]"""


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> tuple[PackedSeries, PackedSeries]:
    files = write_phantom(tmp_path_factory.mktemp("ct"), 12, size=256)
    return packed(files, "肺窗 1 mm"), packed(files[:3], "定位像")


@pytest.fixture(params=[1, 2])
def cloud(series: tuple[PackedSeries, PackedSeries], request: pytest.FixtureRequest) -> Iterator[SeriesCloud]:
    """The exam has one series, or two, which stand beside the image then."""
    with serve_series(*series[: request.param]) as cloud:
        yield cloud


def without_pages(page: Page) -> list[Route]:
    """The pages' code does not come until what is in the list is told to go on."""
    held: list[Route] = []
    page.route("**/assets/main-*.js", lambda route: held.append(route))
    return held


def pixels(page: Page) -> NDArray[np.uint8]:
    """What covers the page, device pixels."""
    data = page.locator(DRAWN).evaluate(PICTURE)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


@pytest.mark.req("PLUS-02")
@pytest.mark.parametrize("device", [PHONE, DESK], ids=lambda device: device.name)
def test_the_first_image_is_drawn_before_the_pages_are_here_and_stays_where_it_is(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries], device: Device
) -> None:
    """Who waits for an image should not wait for buttons; and a picture that jumps under the eyes is worse than a late one."""
    with open_device(chromium, device) as context:
        page = context.new_page()
        held = without_pages(page)
        page.goto(f"{cloud.origin}/e#/images/{series[0].name}", wait_until="commit")
        page.locator(DRAWN).wait_for()
        before = pixels(page)
        assert before.any()
        assert page.locator("#root > *").count() == 0
        for route in held:
            route.continue_()
        page.locator(WHOLE).wait_for()
        expect(page.locator(COVER)).to_have_count(0)
        assert np.array_equal(painted(page), before)
        everything_loaded(page)


@pytest.mark.parametrize("cloud", [1], indirect=True)
def test_nothing_is_drawn_before_an_exam_that_does_not_open(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries]
) -> None:
    """The exam's answer, not the pixels', is what says that the visit goes on."""
    with open_device(chromium, PHONE) as context:
        page = context.new_page()
        page.add_init_script(COVERED)
        page.route("**/exam", lambda route: route.fulfill(status=401, json={"code": "session_missing"}))
        with page.expect_response("**/*.low") as quarter:
            page.goto(f"{cloud.origin}/e#/images/{series[0].name}", wait_until="commit")
        quarter.value.finished()
        page.locator(".state-icon").wait_for()
        settled(page)
        assert page.evaluate("window.covered") == 0


@pytest.mark.parametrize("cloud", [1], indirect=True)
def test_a_page_that_opens_instead_takes_the_image_away(
    chromium: Browser, cloud: SeriesCloud, series: tuple[PackedSeries, PackedSeries]
) -> None:
    """The link may be taken back between the image's answer and the page's own question."""
    with open_device(chromium, PHONE) as context:
        page = context.new_page()
        held = without_pages(page)
        page.goto(f"{cloud.origin}/e#/images/{series[0].name}", wait_until="commit")
        page.locator(DRAWN).wait_for()
        page.evaluate("location.hash = '#/images'")
        for route in held:
            route.continue_()
        page.locator("main#content h1").wait_for()
        expect(page.locator(COVER)).to_have_count(0)
