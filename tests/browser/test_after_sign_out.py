"""What is left on a device after signing out, in a real browser over the whole local cloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.devices import PHONE, open_device
from tests.browser.patient_page import LOADED, enter
from tests.browser.viewer_page import WHOLE
from tests.cloud_fixtures import Ran

pytestmark = [pytest.mark.cloud, pytest.mark.browser]

KINDS = ("film/*.jpg", "report/*.pdf", ".index", ".low", ".thumb.jpg")

# The answer's status, null where none came.
FETCH = """async ([url, cache]) => {
  try {
    const answer = await fetch(url, { cache, mode: "same-origin", credentials: "same-origin" });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return null;
  }
}"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A phone that somebody else will use next."""
    with open_device(chromium, PHONE) as context:
        context.set_default_timeout(30_000)
        yield context.new_page()


def look_at_everything(page: Page, journey: Ran) -> dict[str, str]:
    """Visits film, report and images. Returns one address that the pages asked for, by its kind."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter(page, journey)
    page.goto(f"{journey.cloud.origin}/e#/film")
    page.wait_for_function(LOADED, arg=".sheet-picture img")
    page.goto(f"{journey.cloud.origin}/e#/report")
    page.locator(".report-pdf").scroll_into_view_if_needed()
    page.locator("a[href^='blob:']").first.wait_for(timeout=90_000)
    page.goto(f"{journey.cloud.origin}/e#/images")
    page.wait_for_function(LOADED, arg=".thumbnail img")
    page.locator("a.series-row").first.click()
    page.locator(WHOLE).wait_for()
    return {kind: next(url for url in asked if is_of(kind, url)) for kind in KINDS}


def is_of(kind: str, url: str) -> bool:
    folder, _, ending = kind.rpartition("*")
    return folder in url and url.endswith(ending)


def statuses(page: Page, addresses: dict[str, str], cache: str) -> dict[str, int | None]:
    """What the page gets for each address. cache: as fetch() takes it."""
    return {kind: page.evaluate(FETCH, [url, cache]) for kind, url in addresses.items()}


@pytest.mark.req("SEC-04")
def test_after_signing_out_no_address_opens_and_nothing_comes_out_of_the_browsers_cache(page: Page, journey: Ran) -> None:
    """The next person at this phone may find the addresses in its history, or know them; cookies are all that opened them."""
    addresses = look_at_everything(page, journey)
    assert statuses(page, addresses, "only-if-cached") == dict.fromkeys(KINDS), "the pages leave nothing in the cache"
    opened = statuses(page, addresses, "default")  # as a tab of its own would, which keeps it
    assert opened == dict.fromkeys(KINDS, 200)
    assert statuses(page, addresses, "only-if-cached") == opened

    page.goto(f"{journey.cloud.origin}/e#/")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您已退出")
    refused = dict.fromkeys(KINDS, 403)
    assert statuses(page, addresses, "force-cache") == refused, "with whatever cookies are left"
    page.context.clear_cookies()
    assert statuses(page, addresses, "force-cache") == refused
