"""The patient's way in a real browser over the whole local cloud: SMS and QR, verification, report, film, images, sign-out."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Literal

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.devices import PHONE, open_device
from tests.browser.patient_page import LOADED, answer, enter
from tests.browser.viewer_page import painted
from tests.cloud_fixtures import Ran

pytestmark = [pytest.mark.cloud, pytest.mark.browser]

DRAWN = """
async (image) => {
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A phone of its own."""
    with open_device(chromium, PHONE) as context:
        context.set_default_timeout(30_000)
        yield context.new_page()


def shown(image: Locator) -> Image.Image:
    """The picture that stands in the page, in all its pixels, whether it came over the network or out of a cache."""
    return Image.open(io.BytesIO(base64.b64decode(image.evaluate(DRAWN))))


def wrong(journey: Ran) -> str:
    """Four digits that are not the phone's last."""
    return f"{(int(journey.outcome.phone_tail) + 1) % 10_000:04d}"


def saved(page: Page, role: Literal["link", "button"], label: str, name: str) -> bytes:
    """The file that a tap there saves. The cloud may still be making it: the page shows it by itself."""
    page.locator(".button", has_text=label).wait_for(timeout=90_000)
    page.locator(".button", has_text=label).scroll_into_view_if_needed()
    with page.expect_download() as download:
        page.get_by_role(role, name=label).click()
    assert download.value.suggested_filename == name
    return download.value.path().read_bytes()


@pytest.mark.req("PAT-01", "PAT-03", "PLUS-06")
def test_from_the_sms_to_report_film_and_images(page: Page, journey: Ran) -> None:
    """Nothing stands between: the link, four digits, and everything of the exam; the token in no address that a server sees."""
    token = journey.outcome.link.partition("#t=")[2]
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url.partition("#")[0]))
    page.goto(journey.outcome.link)
    answer(page, wrong(journey))
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    answer(page, journey.outcome.phone_tail)
    expect(page.get_by_role("heading", level=1)).to_contain_text("胸部CT平扫")
    expect(page.get_by_text("张* · 男")).to_be_visible()
    assert page.url == f"{journey.cloud.origin}/e"

    page.locator("a.entry[href='#/report']").click()
    expect(page.locator(".report-part").first).to_contain_text("右肺上叶")
    assert saved(page, "link", "下载 PDF", "检查报告.pdf").startswith(b"%PDF-")
    page.get_by_role("link", name="返回").click()

    page.locator("a.entry[href='#/film']").click()
    page.wait_for_function(LOADED, arg=".sheet-picture img")
    assert saved(page, "button", "下载胶片 PDF", "胶片.pdf").startswith(b"%PDF-")
    page.get_by_role("link", name="返回").click()

    page.locator("a.entry[href='#/images']").click()
    series = page.locator("a.series-row").first
    expect(series).to_contain_text("24 幅")
    page.wait_for_function(LOADED, arg=".thumbnail img")
    series.click()
    page.locator('.viewer-corners[data-quality="full"]').wait_for()
    assert painted(page).max() > 100
    assert requested
    assert [url for url in requested if token in url] == []


@pytest.mark.req("PAT-01", "PAT-03")
def test_the_qr_of_the_film_opens_the_same_exam_and_five_wrong_tries_lock_it(page: Page, journey: Ran, chromium: Browser) -> None:
    """The paper lies about in corridors: who finds it has five guesses, and the SMS's own link goes on working."""
    enter(page, journey)
    item = page.get_by_role("heading", level=1).inner_text()
    page.locator("a.entry[href='#/film']").click()
    (code,) = zxingcpp.read_barcodes(shown(page.locator(".sheet-picture img").first))
    assert code.text.startswith(f"{journey.cloud.origin}/e#t=")
    assert code.text != journey.outcome.link

    with open_device(chromium, PHONE) as context:
        finder = context.new_page()
        finder.goto(code.text)
        finder.get_by_role("button", name="改用 6 位验证码").click()
        answer(finder, journey.outcome.code)
        expect(finder.get_by_role("heading", level=1)).to_have_text(item)

    with open_device(chromium, PHONE) as context:
        finder = context.new_page()
        finder.goto(code.text)
        for left in (4, 3, 2):
            answer(finder, wrong(journey))
            expect(finder.get_by_role("alert")).to_contain_text(f"还可以试 {left} 次")
        answer(finder, wrong(journey))
        expect(finder.get_by_role("alert")).to_contain_text("再输错 1 次")
        answer(finder, wrong(journey))
        expect(finder.get_by_role("heading", level=1)).to_have_text("链接暂时锁定")
        expect(finder.locator(".locked-left")).to_contain_text(":")
        finder.reload()
        expect(finder.get_by_role("heading", level=1)).to_have_text("链接暂时锁定")
        enter(finder, journey)


def test_signing_out_ends_the_session_in_the_cloud_and_on_the_device(page: Page, journey: Ran) -> None:
    """The next person at this phone sees nothing, with whatever address."""
    enter(page, journey)
    page.locator("a.entry[href='#/images']").click()
    page.locator("a.series-row").first.click()
    page.locator('.viewer-corners[data-quality="full"]').wait_for()
    page.goto(f"{journey.cloud.origin}/e#/")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您已退出")
    assert [cookie for cookie in page.context.cookies() if cookie["name"] == "__Host-lightbox"] == []
    page.goto(f"{journey.cloud.origin}/")
    page.goto(f"{journey.cloud.origin}/e#/report")
    expect(page.get_by_role("heading", level=1)).to_have_text("请重新打开链接")


def test_a_session_lives_over_a_reload_and_in_a_second_tab(page: Page, journey: Ran) -> None:
    """Phones throw pages away; the cookie is kept until the browser closes."""
    enter(page, journey)
    page.locator("a.entry[href='#/report']").click()
    page.reload()
    expect(page.locator(".report-part").first).to_contain_text("右肺上叶")
    second = page.context.new_page()
    second.goto(f"{journey.cloud.origin}/e")
    expect(second.locator("a.entry").first).to_be_visible()
