"""When an open page asks the cloud again by itself, and when it does not; with a stand-in for the cloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.devices import SMALL_PHONE, open_device
from tests.browser.stand_in import HOSPITAL, LINK, OPEN, StandIn, a_series, arriving_exam, exam, opened, refused

pytestmark = pytest.mark.browser

NOW = "2026-11-24T06:05:00Z"
TURN = """(state) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


@pytest.fixture
def cloud() -> StandIn:
    """In the cloud's place, with a session."""
    cloud = StandIn()
    cloud.sign_in()
    return cloud


@pytest.fixture
def page(chromium: Browser, cloud: StandIn) -> Iterator[Page]:
    """A phone whose clock the test turns."""
    with open_device(chromium, SMALL_PHONE) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.clock.install(time=NOW)
        yield page


def asked(cloud: StandIn, name: str) -> int:
    return sum(1 for one, _ in cloud.asked if one == name)


def test_a_page_that_nobody_sees_asks_nothing_until_it_is_seen_again(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A phone in a pocket for the afternoon would ask for thousands of times, on its own battery."""
    cloud.sign_in(arriving_exam())
    page.goto(f"{web_origin}/e")
    progress = page.get_by_role("progressbar")
    expect(progress).to_be_visible()
    page.evaluate(TURN, "hidden")
    before = asked(cloud, "GET /exam")
    page.clock.run_for(600_000)
    assert asked(cloud, "GET /exam") == before
    cloud.sign_in()
    page.evaluate(TURN, "visible")
    expect(progress).to_have_count(0)


def test_a_page_that_waits_for_its_exam_unseen_asks_nothing_until_it_is_seen_again(
    page: Page, cloud: StandIn, web_origin: str
) -> None:
    """As the exam's own page; and nobody looks at it again to wait half a minute more."""
    cloud.answers[OPEN] = refused(409, "exam_not_released", hospital=HOSPITAL)
    page.goto(web_origin + LINK)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("检查还没有发布")
    page.evaluate(TURN, "hidden")
    before = asked(cloud, OPEN)
    page.clock.run_for(600_000)
    assert asked(cloud, OPEN) == before
    cloud.answers[OPEN] = opened()
    page.evaluate(TURN, "visible")
    expect(heading).to_have_text("请验证身份")


def test_a_locked_link_that_nobody_sees_asks_nothing_when_its_time_is_up(page: Page, cloud: StandIn, web_origin: str) -> None:
    """It asked every five seconds from a phone in a pocket, for as long as the page was open."""
    cloud.answers[OPEN] = refused(423, "link_locked", until="2026-11-24T06:17:05Z", hospital=HOSPITAL)
    page.goto(web_origin + LINK)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("链接暂时锁定")
    page.evaluate(TURN, "hidden")
    before = asked(cloud, OPEN)
    page.clock.run_for(20 * 60_000)
    assert asked(cloud, OPEN) == before
    cloud.answers[OPEN] = opened()
    page.evaluate(TURN, "visible")
    expect(heading).to_have_text("请验证身份")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"item": ""}, "CT · 胸部检查"),
        ({"item": "；"}, "CT · 胸部检查"),
        ({"item": "", "studies": []}, "CT检查"),
        ({"item": "", "studies": [], "modalities": []}, "影像检查"),
    ],
)
def test_an_exam_without_a_name_is_called_by_what_was_imaged(
    page: Page, cloud: StandIn, web_origin: str, values: dict[str, object], name: str
) -> None:
    """An empty heading says nothing to eyes, and less to a screen reader."""
    cloud.sign_in(exam(**values))
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.goto(f"{web_origin}/e#/report")
    expect(page.get_by_text(name)).to_be_visible()


def test_a_small_picture_that_did_not_come_is_asked_for_once_more(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A cookie that lapsed meanwhile, a lift without network: over in seconds, but the grey box stayed for good."""
    tries: list[str] = []

    def lose(route: Route) -> None:
        tries.append(route.request.url)
        route.abort("connectionreset")

    page.route("**/*.thumb.jpg", lose)
    page.goto(f"{web_origin}/e#/images")
    box = page.locator(".thumbnail").first
    expect(box.locator("svg")).to_be_visible()
    with page.expect_request(tries[0]):
        page.clock.run_for(5_500)
    expect(box.locator("svg")).to_be_visible()
    page.clock.run_for(60_000)
    assert tries.count(tries[0]) == 2, "and then left alone"

    page.reload()
    expect(box.locator("svg")).to_be_visible()
    page.unroute("**/*.thumb.jpg")
    page.clock.run_for(5_500)
    expect(box.locator("img")).to_be_visible()


def test_a_small_picture_that_is_made_after_the_exam_is_whole_comes_within_seconds(
    page: Page, cloud: StandIn, web_origin: str
) -> None:
    """The exam is whole before its pictures are made: a minute is long for who looks at a grey box."""
    bare = a_series(0, "肺窗 1.25mm", 245)
    cloud.sign_in(exam([bare | {"thumbnail": None}]))
    page.goto(f"{web_origin}/e#/images")
    box = page.locator(".thumbnail").first
    expect(box.locator("svg")).to_be_visible()
    cloud.sign_in(exam([bare]))
    page.clock.run_for(16_000)
    expect(box.locator("img")).to_be_visible()


def test_a_series_without_a_picture_yet_is_named_and_offered_as_none(page: Page, cloud: StandIn, web_origin: str) -> None:
    """It is announced and on its way; the exam's picture and the viewer's strip are of what is there."""
    empty = a_series(1, "增强", 80, 0) | {"frames": 0}
    cloud.sign_in(exam([a_series(0, "平扫", 24), empty]))
    page.goto(f"{web_origin}/e")
    expect(page.locator("a.entry[href='#/images'] img")).to_be_visible()
    expect(page.locator("a.entry[href='#/images']")).to_contain_text("正在上传 24 / 104")
    page.goto(f"{web_origin}/e#/images")
    rows = page.locator("a.series-row")
    expect(rows.nth(0)).to_contain_text("平扫")
    expect(rows.nth(1)).to_contain_text("正在上传 0 / 80")
    expect(rows.nth(1).locator("img")).to_have_count(0)
    rows.nth(0).click()
    expect(page.locator(".viewer-back")).to_be_visible()
    expect(page.locator(".viewer-series")).to_have_count(0)
