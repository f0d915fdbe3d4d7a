"""Inside the exam: what arrives, the report's text, film, series, both languages; with a stand-in for the cloud."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import pictures
from tests.browser.accessibility import too_wide
from tests.browser.devices import DESK, SMALL_PHONE, open_device
from tests.browser.stand_in import BASE, EXAM, HOSPITAL, PDF, REPORT_PDF, SERIES, StandIn, arriving_exam, exam, refused, report

pytestmark = pytest.mark.browser

NOW = "2026-11-24T06:05:00Z"
FETCHED_PDF = (f"GET {REPORT_PDF.rpartition('/')[2]}", {})


@pytest.fixture
def cloud() -> StandIn:
    """In the cloud's place, with a session."""
    cloud = StandIn()
    cloud.sign_in()
    return cloud


@pytest.fixture
def page(chromium: Browser, cloud: StandIn) -> Iterator[Page]:
    """The smallest phone."""
    with open_device(chromium, SMALL_PHONE) as context:
        cloud.stand_before(context)
        yield context.new_page()


def entry(page: Page, name: str) -> Locator:
    return page.locator("a.entry", has=page.get_by_text(name, exact=True))


def test_the_exam_says_what_whose_and_when(page: Page, web_origin: str) -> None:
    """Five seconds are enough to see that it is the right one; the name stays masked."""
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_have_text("胸部CT平扫")
    expect(page.get_by_text("2026年11月24日 周二 14:05")).to_be_visible()
    expect(page.get_by_text("张* · 男 · 63岁")).to_be_visible()
    expect(entry(page, "报告")).to_contain_text("已审核")
    expect(entry(page, "胶片")).to_contain_text("2 张")
    expect(entry(page, "图像")).to_contain_text("309 幅，3 个序列")


LINES = """(names) => {
  const words = document.createTreeWalker(document.querySelector("h1"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (words.nextNode()) {
    for (const name of names.filter((name) => words.currentNode.data.includes(name))) {
      const range = document.createRange();
      const start = words.currentNode.data.indexOf(name);
      range.setStart(words.currentNode, start);
      range.setEnd(words.currentNode, start + name.length);
      found.push([name, new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size]);
    }
  }
  return Object.fromEntries(found);
}"""


@pytest.mark.parametrize(
    ("between", "names"),
    [("；", ["胸部CT平扫", "上腹部CT平扫+增强", "盆腔CT平扫"]), ("; ", ["CT abdomen plain", "CT pelvis plain", "MR brain"])],
    ids=["zh-CN", "en"],
)
def test_a_title_of_several_items_breaks_between_them(
    page: Page, cloud: StandIn, web_origin: str, between: str, names: list[str]
) -> None:
    """A name broken in two reads as another examination."""
    cloud.sign_in(exam(item=between.join(names)))
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_have_text(between.join(names))
    assert page.evaluate(LINES, names) == dict.fromkeys(names, 1)
    assert page.locator("h1").evaluate("(title) => title.clientHeight > 40"), "it is longer than a line"


def test_at_a_desk_title_and_entries_have_the_whole_width_between_the_same_margins(
    chromium: Browser, cloud: StandIn, web_origin: str
) -> None:
    """A list reads as a table there; beside it the title had a third of the width, and broke in three."""
    cloud.sign_in(exam(item="胸部CT平扫；上腹部CT平扫+三期增强；盆腔CT平扫"))
    with open_device(chromium, DESK) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e")
        entry(page, "报告").wait_for()
        top, title, *rows = [
            found.evaluate("(part) => part.getBoundingClientRect().toJSON()")
            for found in (page.locator(".top-name"), page.locator("h1"), *page.locator("main li").all())
        ]
        assert title["height"] < 40, "one line"
        assert len(rows) == 3
        edges = {(round(row["left"]), round(row["right"])) for row in rows}
        assert edges == {(round(top["left"]) + 1, 1440 - round(top["left"]) - 1)}, "within the table's border"
        assert title["left"] == top["left"]
        assert [row["top"] for row in rows[1:]] == [row["bottom"] for row in rows[:-1]]


def test_a_partial_exam_is_never_shown_as_whole_and_fills_by_itself(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A missing slice may be the one with the finding."""
    page.clock.install(time=NOW)
    cloud.sign_in(arriving_exam())
    page.goto(f"{web_origin}/e")
    expect(entry(page, "图像")).to_contain_text("正在上传 214 / 300")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "71")
    entry(page, "图像").click()
    expect(page.get_by_text("正在上传 212 / 298")).to_be_visible()
    expect(page.get_by_text("298 幅", exact=True)).to_have_count(0)
    cloud.sign_in()
    page.clock.run_for(5_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text("245 幅")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "code", "heading"),
    [(409, "exam_not_released", "检查还没有发布"), (410, "exam_expired", "检查的保存期已满")],
)
def test_an_open_page_of_a_whole_exam_closes_when_the_hospital_takes_it_back(
    page: Page, cloud: StandIn, web_origin: str, status: int, code: str, heading: str
) -> None:
    """ "At once, open pages included" is what the hospital is promised of hiding, and no less of what it does not keep."""
    page.clock.install(time=NOW)
    page.goto(f"{web_origin}/e")
    expect(entry(page, "图像")).to_contain_text("309 幅")
    cloud.answers["GET /exam"] = refused(status, code, hospital=HOSPITAL)
    page.clock.run_for(61_000)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text("胸部CT平扫")).to_have_count(0)


def test_a_corrected_report_says_so(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Somebody may have read the first one."""
    cloud.sign_in(exam(report={"state": "corrected", "version": 2}))
    cloud.answers["GET /report"] = (200, report(state="corrected", version=2))
    page.goto(f"{web_origin}/e#/report")
    expect(page.get_by_text("这份报告更正过。请以这一版为准。")).to_be_visible()


@pytest.mark.req("PAT-09")
def test_the_reports_text_grows_smoothly_to_twice_its_size_without_a_cut(page: Page, web_origin: str) -> None:
    """Slider and buttons; at every size the text reflows within the smallest phone, and no line covers another."""
    page.goto(f"{web_origin}/e#/report")
    slider = page.get_by_role("slider", name="字号")
    text = page.locator(".report-part p").last
    expect(text).to_contain_text("双侧胸廓对称")
    sizes = []
    for percent in range(100, 201, 5):
        slider.fill(str(percent))
        sizes.append(float(text.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)")))
        assert too_wide(page) == []
        assert not text.evaluate("(element) => element.scrollHeight > element.clientHeight + 1")
        assert page.evaluate(OVERLAPS) == []
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    assert sizes[-1] == pytest.approx(2 * sizes[0], rel=0.01)
    assert max(steps) == pytest.approx(min(steps), abs=0.02), "no jump on the way"

    page.get_by_role("button", name="字小一点").click()
    expect(slider).to_have_value("190")
    slider.press("ArrowRight")
    expect(slider).to_have_value("191")


OVERLAPS = """() => {
  const lines = document.querySelectorAll('.report-part h2, .report-part p, .report-people div');
  const boxes = [...lines].map((element) => element.getBoundingClientRect());
  return boxes.slice(1).filter((box, place) => box.top < boxes[place].bottom - 1).map((box) => box.top);
}"""


def test_the_report_pdf_opens_under_its_exams_cookie(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The address alone opens nothing, so the page asks for the cookie first and keeps it alive."""
    page.clock.install(time=NOW)
    page.goto(f"{web_origin}/e#/report")
    page.locator(".report-pdf").scroll_into_view_if_needed()
    link = page.get_by_role("link", name="打开 PDF")
    expect(link).to_have_attribute("href", re.compile("^blob:"))
    expect(page.get_by_role("link", name="下载 PDF")).to_have_attribute("download", "检查报告.pdf")
    asked = ("POST /derived/open", {"study": EXAM})
    assert cloud.asked.count(asked) == 1
    page.clock.run_for(245_000)
    expect(link).to_have_attribute("href", re.compile("^blob:"))
    assert cloud.asked.count(asked) == 2
    assert cloud.asked.count(FETCHED_PDF) == 1


def saved(page: Page, role: Literal["link", "button"], name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role(role, name=name).click()
    return download.value.path().read_bytes()


@pytest.mark.req("PLUS-03")
def test_a_report_pdf_damaged_on_its_way_is_fetched_again_and_else_neither_opened_nor_saved(
    page: Page, cloud: StandIn, web_origin: str
) -> None:
    """A wrong figure in a report is worse than no report: its address carries its SHA-256, so every page can tell."""
    cloud.damaged_pdfs = 1
    page.goto(f"{web_origin}/e#/report")
    page.locator(".report-pdf").scroll_into_view_if_needed()
    assert saved(page, "link", "下载 PDF") == PDF
    assert cloud.asked.count(FETCHED_PDF) == 2

    cloud.damaged_pdfs = 2
    page.reload()
    page.locator(".report-pdf").scroll_into_view_if_needed()
    expect(page.get_by_role("alert")).to_have_text("这个 PDF 在传输中损坏，没有打开，也没有保存。")
    expect(page.get_by_text("双侧胸廓对称")).to_be_visible()
    expect(page.get_by_role("link", name="PDF")).to_have_count(0)
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("alert")).to_have_text("This PDF was damaged on its way. It was neither opened nor saved.")
    page.get_by_role("button", name="Try again").click()
    assert saved(page, "link", "Download PDF") == PDF


@pytest.mark.req("PLUS-03")
def test_a_film_pdf_is_fetched_by_a_tap_and_saved_only_if_it_is_whole(page: Page, cloud: StandIn, web_origin: str) -> None:
    """It is as large as all sheets together: nobody's data plan should pay for it unasked."""
    page.goto(f"{web_origin}/e#/film")
    page.get_by_role("button", name="下载胶片 PDF").scroll_into_view_if_needed()
    assert cloud.asked.count(FETCHED_PDF) == 0
    cloud.damaged_pdfs = 2
    page.get_by_role("button", name="下载胶片 PDF").click()
    expect(page.get_by_role("alert")).to_have_text("这个 PDF 在传输中损坏，没有打开，也没有保存。")
    cloud.damaged_pdfs = 1
    assert saved(page, "button", "重试") == PDF
    assert saved(page, "link", "下载胶片 PDF") == PDF
    assert cloud.asked.count(FETCHED_PDF) == 4


def test_a_report_that_does_not_come_leaves_the_rest_usable(page: Page, cloud: StandIn, web_origin: str) -> None:
    cloud.answers["GET /report"] = refused(503, "service_busy")
    page.clock.install(time=NOW)
    page.goto(f"{web_origin}/e#/report")
    page.clock.run_for(10_000)
    expect(page.get_by_role("heading", name="现在打不开")).to_be_visible()
    cloud.answers["GET /report"] = (200, report())
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_text("双侧胸廓对称")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    expect(entry(page, "胶片")).to_be_visible()


def test_a_sheet_of_film_is_enlarged_by_wheel_keys_and_buttons_and_closes(page: Page, web_origin: str) -> None:
    """As on a light box: lean closer, step back."""
    page.goto(f"{web_origin}/e#/film")
    page.get_by_role("button", name="放大看第 1 张").click()
    sheet = page.get_by_role("dialog", name="第 1 张，共 2 张")
    expect(sheet).to_be_visible()
    picture = sheet.locator("img")
    scale = "(element) => new DOMMatrix(getComputedStyle(element).transform).a"
    assert picture.evaluate(scale) == 1
    sheet.get_by_role("button", name="放大").click()
    assert picture.evaluate(scale) == pytest.approx(1.5)
    page.keyboard.press("-")
    assert picture.evaluate(scale) == pytest.approx(1)
    sheet.locator(".zoom-frame").hover()
    page.mouse.wheel(0, -400)
    assert picture.evaluate(scale) > 2
    sheet.get_by_role("button", name="看整张").click()
    assert picture.evaluate(scale) == 1
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_sheet_that_does_not_load_says_so_and_comes_when_asked_again(page: Page, cloud: StandIn, web_origin: str) -> None:
    page.route("**/film/*.jpg", lambda route: route.abort())
    page.goto(f"{web_origin}/e#/film")
    broken = page.get_by_role("alert").filter(has_text="这一张没有加载出来").first
    expect(broken).to_be_visible()
    page.unroute("**/film/*.jpg")
    broken.click()
    expect(page.locator(".sheet-picture img").first).to_be_visible()


def test_each_series_shows_its_own_picture_under_its_own_cookie(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A series' cookie opens that series and nothing else."""
    shown: list[str] = []
    page.on("request", lambda request: shown.append(request.url))
    page.goto(f"{web_origin}/e#/images")
    for place, (name, words) in enumerate([("定位像", "2 幅"), ("肺窗 1.25mm", "245 幅"), ("纵隔窗 5mm", "62 幅")]):
        row = page.locator("a.series-row", has_text=name)
        expect(row).to_contain_text(words)
        row.scroll_into_view_if_needed()
        expect(row.locator("img")).to_be_visible()
        picture = pictures.name_of(pictures.thumbnail(place))
        assert f"{web_origin}{BASE}{SERIES[place]}/{picture}.thumb.jpg" in shown
    assert {f"POST /series/{name}/open" for name in SERIES} <= {name for name, _ in cloud.asked}


def test_one_tap_on_a_series_opens_the_viewer_and_back_leads_back(page: Page, web_origin: str) -> None:
    page.goto(f"{web_origin}/e")
    entry(page, "图像").click()
    page.locator("a.series-row", has_text="肺窗").click()
    expect(page).to_have_url(f"{web_origin}/e#/images/{SERIES[1]}")
    expect(page.locator("[data-room=dark]").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("图像")


@pytest.mark.req("PAT-20")
@pytest.mark.parametrize(
    ("path", "chinese", "english"),
    [
        ("/", "在手机上看您的影像检查", "Your scans, on your phone"),
        ("/e", "胸部CT平扫", "胸部CT平扫"),
        ("/e#/report", "报告", "Report"),
        ("/e#/film", "胶片", "Film"),
        ("/e#/images", "图像", "Images"),
    ],
)
def test_one_tap_changes_the_language_of_a_page_and_it_stays(
    page: Page, web_origin: str, path: str, chinese: str, english: str
) -> None:
    """Words, title and the language that a screen reader speaks change together."""
    page.goto(web_origin + path)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(chinese)
    expect(page).to_have_title(re.compile("云灯箱"))
    page.get_by_role("button", name="Switch to English").click()
    expect(heading).to_have_text(english)
    expect(page).to_have_title(re.compile("Lightbox"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(heading).to_have_text(english)


@pytest.mark.req("PAT-20")
@pytest.mark.parametrize(("locale", "words"), [("en-GB", "Report"), ("zh-CN", "报告"), ("de-DE", "报告")])
def test_a_first_visit_is_in_the_browsers_language_where_there_is_one(
    chromium: Browser, cloud: StandIn, web_origin: str, locale: str, words: str
) -> None:
    """Who has set the phone to English should not have to find the switch among signs that they cannot read."""
    with open_device(chromium, SMALL_PHONE, locale=locale) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e#/report")
        expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_the_keyboard_alone_reads_a_report(page: Page, web_origin: str) -> None:
    """Tab, Enter, and a ring that shows where one is."""
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    for _ in range(10):
        page.keyboard.press("Tab")
        if entry(page, "报告").evaluate("(element) => element === document.activeElement"):
            break
    expect(entry(page, "报告")).to_be_focused()
    assert entry(page, "报告").evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("报告")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_nothing_is_asked_of_another_origin(page: Page, web_origin: str) -> None:
    """No font, no script, no counter: who has an exam is nobody else's business."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    for path in ("/", "/e", "/e#/report", "/e#/film", "/e#/images"):
        page.goto("about:blank")
        page.goto(web_origin + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert hosts - {"about:"} <= {web_origin}


def test_the_report_is_one_tap_from_the_images_and_back_leads_to_them(page: Page, web_origin: str) -> None:
    """Whoever reads the images reads them with the report."""
    page.goto(f"{web_origin}/e#/images/{SERIES[1]}")
    page.locator(".viewer").get_by_role("link", name="报告").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("报告")
    page.get_by_role("link", name="返回").tap()
    expect(page.locator(".viewer")).to_be_visible()


def test_images_without_a_report_offer_none(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A way to a page that is not there yet leads nowhere."""
    cloud.sign_in(exam(report=None))
    page.goto(f"{web_origin}/e#/images/{SERIES[1]}")
    expect(page.locator(".viewer-back")).to_be_visible()
    expect(page.locator(".viewer").get_by_role("link")).to_have_count(0)
