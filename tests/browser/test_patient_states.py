"""The pages and the viewer in their states: no barriers. The pages are readable at twice the text size on the smallest phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.accessibility import Complaints, small_targets, too_wide, violations
from tests.browser.devices import DESK, PHONE, SMALL_PHONE, Device, open_device
from tests.browser.screenshots import SETTLED, SHOTS, TEXT_SIZE, Shot, showing
from tests.browser.series_server import SeriesCloud
from tests.browser.viewer_shots import VIEWER_SHOTS, ViewerShot, real_series, viewing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASES = [(PHONE, "zh-CN"), (DESK, "en")]


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
@pytest.mark.parametrize(("device", "language"), CASES, ids=["phone-zh-CN", "desk-en"])
def test_a_page_has_no_barrier(chromium: Browser, web_origin: str, shot: Shot, device: Device, language: str) -> None:
    """axe-core finds nothing, a thumb hits each target, the console stays empty; who sets large text loses nothing."""
    with showing(chromium, web_origin, shot, device, language, before=Complaints) as (page, complaints):
        headless = shot.ready != SETTLED  # what is still on its way has no heading yet
        assert [line for line in violations(page) if not (headless and line.startswith("page-has-heading-one"))] == []
        if device.touch:
            assert small_targets(page) == []
        assert page.evaluate("document.documentElement.lang") == language

        page.set_viewport_size({"width": SMALL_PHONE.width, "height": SMALL_PHONE.height})
        page.evaluate(TEXT_SIZE, 200)
        assert too_wide(page) == []
        assert complaints.lines == []


@pytest.fixture(scope="module")
def real_ct(request: pytest.FixtureRequest) -> Iterator[SeriesCloud]:
    with real_series(request.param) as cloud:
        yield cloud


@pytest.mark.parametrize("shot", VIEWER_SHOTS, ids=lambda shot: shot.name)
@pytest.mark.parametrize(
    ("real_ct", "device", "language"),
    [(language, device, language) for language in ("zh-CN", "en") for device in (PHONE, DESK)],
    ids=lambda value: value.name if isinstance(value, Device) else value,
    indirect=["real_ct"],
)
def test_the_viewer_has_no_barrier(
    chromium: Browser, real_ct: SeriesCloud, shot: ViewerShot, device: Device, language: str
) -> None:
    """axe-core finds nothing around the real CT in either language, and a thumb hits each target."""
    with viewing(chromium, real_ct, shot, device, language) as page:
        assert violations(page) == []
        if device.touch:
            assert small_targets(page) == []
        assert page.evaluate("document.documentElement.lang") == language


def test_the_checks_find_barriers(chromium: Browser) -> None:
    """A check that never fails shows nothing."""
    with open_device(chromium) as context:
        page = context.new_page()
        complaints = Complaints(page)
        page.set_content("<main><h1>A</h1><img src='data:,'><button>x</button><div style='width: 9px'>Unbreakable</div></main>")
        page.evaluate("console.error('broken')")
        assert any("image-alt" in line for line in violations(page))
        assert small_targets(page)
        assert too_wide(page)
        assert complaints.lines == ["broken"]
