"""Sharing in real browsers over the whole local cloud: made on the patient's phone, opened in a stranger's, taken back; and an
anonymous visit recorded whole [SHR-01, SHR-03 to SHR-05, SHR-07, PLUS-05 to PLUS-07]."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydicom import dcmread

from functions.core.study import keys
from tests.browser.accessibility import violations
from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.recorder import Recording, recording
from tests.browser.test_patient_journey import enter
from tests.browser.viewer_page import painted
from tests.cloud_fixtures import Ran
from tests.handlers.operator_deps import operator_deps

pytestmark = [pytest.mark.cloud, pytest.mark.browser]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """The patient's phone."""
    with open_device(chromium, PHONE) as context:
        context.set_default_timeout(30_000)
        yield context.new_page()


@dataclass(frozen=True)
class Stranger:
    """On a device on which nothing was ever opened, and the words that they read there."""

    device: Device
    locale: str
    shared: str
    wrong: str
    stopped: str


AT_A_DESK = Stranger(DESK, "zh-CN", "有人分享给您一份检查", "还可以试 4 次", "分享已停止")
ABROAD = Stranger(PHONE, "en", "Somebody shares an exam with you", "you have 4 tries left", "This share was stopped")


def to_sharing(page: Page, journey: Ran) -> None:
    enter(page, journey)
    page.get_by_role("link", name="分享").click()
    page.get_by_role("button", name="生成分享").wait_for()


def choose(page: Page, *labels: str) -> None:
    for label in labels:
        page.locator("label", has_text=re.compile(f"^{label}$")).first.click()


def make(page: Page) -> tuple[str, str]:
    """The link that the new share's QR says, and its pass code."""
    page.get_by_role("button", name="生成分享").click()
    qr = page.locator(".share-qr")
    qr.wait_for()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.screenshot())))
    assert code.text == page.locator(".share-link").inner_text()
    pass_code = page.locator(".share-code")
    return code.text, pass_code.inner_text() if pass_code.count() else ""


@pytest.mark.req("SHR-01", "SHR-03", "SHR-04", "SHR-05", "SHR-07", "PLUS-06", "PLUS-07")
@pytest.mark.parametrize("stranger", [AT_A_DESK, ABROAD], ids=["desk-zh", "phone-en"])
def test_from_the_qr_of_a_share_to_its_images_until_it_is_taken_back(
    page: Page, chromium: Browser, journey: Ran, stranger: Stranger
) -> None:
    """The way that a patient goes with a second opinion: anonymously, with a pass code, and an end."""
    with open_device(chromium, stranger.device, locale=stranger.locale) as other:
        other.set_default_timeout(30_000)
        share_and_take_back(page, other, journey, stranger)


def share_and_take_back(page: Page, other: BrowserContext, journey: Ran, stranger: Stranger) -> None:
    to_sharing(page, journey)
    assert violations(page) == []
    choose(page, "匿名", "生成口令", "1 天")
    link, code = make(page)
    assert re.fullmatch("[0-9]{6}", code)
    assert violations(page) == []

    guest = other.new_page()
    asked: list[str] = []
    guest.on("request", lambda request: asked.append(request.url))
    guest.goto(link)
    expect(guest.get_by_role("heading", level=1)).to_have_text(stranger.shared)
    assert violations(guest) == []
    guest.get_by_role("textbox").fill("000000" if code != "000000" else "111111")
    guest.locator("button[type=submit]").click()
    expect(guest.get_by_role("alert")).to_contain_text(stranger.wrong)
    guest.get_by_role("textbox").fill(code)
    guest.locator("button[type=submit]").click()
    guest.locator("a.entry").first.wait_for()
    assert guest.url == f"{journey.cloud.origin}/s"
    assert violations(guest) == []
    guest.locator("a.entry[href='#/report']").click()
    expect(guest.locator(".report-part").first).to_contain_text("右肺上叶")
    guest.goto(f"{journey.cloud.origin}/s#/images")
    guest.locator("a.series-row").first.click()
    guest.locator('.viewer-corners[data-quality="full"]').wait_for()
    assert painted(guest).max() > 100
    token = link.partition("#t=")[2]
    assert asked
    assert [url for url in asked if token in url.partition("#")[0]] == []

    card = page.locator(".share-card").first
    expect(card).to_contain_text("已打开 1 次", timeout=20_000)
    card.get_by_role("button", name="停止分享").click()
    card.get_by_role("button", name="停止分享").click()
    expect(card).to_contain_text("已停止")
    guest.goto(f"{journey.cloud.origin}/s#/report")
    guest.reload()
    expect(guest.get_by_role("heading", level=1)).to_have_text(stranger.stopped)
    guest.goto("about:blank")
    guest.goto(link)
    expect(guest.get_by_role("heading", level=1)).to_have_text(stranger.stopped)
    log = (journey.cloud.state_dir / "logs").rglob("*")
    assert [one.name for one in log if one.is_file() and token.encode() in one.read_bytes()] == []


@contextmanager
def recorded(chromium: Browser) -> Iterator[tuple[BrowserContext, Recording]]:
    """A stranger's desk whose every byte is kept."""
    with recording() as kept, open_device(chromium, DESK, proxy={"server": kept.address, "bypass": "<-loopback>"}) as context:
        context.set_default_timeout(30_000)
        yield context, kept


def words_of_the_patient(journey: Ran) -> set[str]:
    """Whatever names the patient or the study, from the files that the scanner sent and from the rows that stand for them."""
    words: set[str] = set()
    for file in journey.images.files:
        ds = dcmread(file, stop_before_pixels=True)
        words |= {str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID), str(ds.FrameOfReferenceUID)}
        words |= {str(ds.PatientID), str(ds.AccessionNumber), str(ds.PatientBirthDate)}
        for group in str(ds.PatientName).split("="):
            words |= {group, group.replace("^", ""), group.replace("^", " ")}
    for deps in operator_deps(journey.cloud):
        exam = deps.table.get(keys.exam_pk(journey.outcome.tenant, journey.outcome.exam), "EXAM")
        assert exam is not None
        patient = deps.table.get(keys.patient_pk(journey.outcome.tenant, exam["patient"]), "PATIENT")
        assert patient is not None
        assert patient["phone"].endswith(journey.outcome.phone_tail)
        words |= {patient[name] for name in ("name", "phone", "id", "birth_date")} | {exam["patient"]}
    return {word for word in words if len(word) > 1}


@pytest.mark.req("SHR-03", "PLUS-05")
def test_nothing_that_reaches_an_anonymous_guest_tells_who_it_is(page: Page, chromium: Browser, journey: Ran) -> None:
    """Every byte of a whole visit: pages, report, thumbnails, index, every slice, and the way out."""
    to_sharing(page, journey)
    choose(page, "匿名")
    link, _ = make(page)
    words = words_of_the_patient(journey)
    assert len(words) > 24
    with recorded(chromium) as (context, kept):
        guest = context.new_page()
        guest.goto(link)
        guest.locator("button[type=submit]").click()
        guest.locator("a.entry").first.wait_for()
        assert guest.locator("a.entry[href='#/film']").count() == 0
        guest.locator("a.entry[href='#/report']").click()
        expect(guest.locator(".report-part").first).to_contain_text("右肺上叶")
        assert guest.get_by_role("link", name="下载 PDF").count() == 0
        guest.goto(f"{journey.cloud.origin}/s#/images")
        guest.locator(".thumbnail img").first.wait_for()
        guest.locator("a.series-row").first.click()
        guest.locator('.viewer-corners[data-quality="full"]').wait_for()
        guest.wait_for_load_state("networkidle")
        guest.goto(f"{journey.cloud.origin}/s#/")
        guest.get_by_role("button", name="退出").click()
        expect(guest.get_by_role("heading", level=1)).to_have_text("您已退出")
    asked = " ".join(url for url, _ in kept.parts)
    assert [kind for kind in (".low", ".rest", ".index", ".thumb.jpg", "/exam", "/report") if kind not in asked] == []
    assert kept.found(words) == []

    # The same search finds the patient in a share by name.
    page.get_by_role("button", name="再分享一次").click()
    choose(page, "显示姓名")
    link, _ = make(page)
    with recorded(chromium) as (context, kept):
        guest = context.new_page()
        guest.goto(link)
        guest.locator("button[type=submit]").click()
        guest.locator("a.entry").first.wait_for()
    assert kept.found(words) != []
