"""What the viewer asks for, in which order, and what it does when the answer is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from iac.local.phantom import write_phantom
from tests.browser.devices import PHONE, open_device
from tests.browser.series_server import PackedSeries, SeriesCloud, packed, serve_series
from tests.browser.viewer_page import everything_loaded, go_to, open_viewer, painted, position

pytestmark = pytest.mark.browser
SLICES = 40
MIDDLE = SLICES // 2


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> PackedSeries:
    return packed(write_phantom(tmp_path_factory.mktemp("ct"), SLICES, size=256), "肺窗 1 mm")


@pytest.fixture
def cloud(series: PackedSeries) -> Iterator[SeriesCloud]:
    with serve_series(series) as cloud:
        yield cloud


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    with open_device(chromium, PHONE) as context:
        yield context


def flip_a_bit(series: PackedSeries, frame: int, piece: str, times: int) -> Any:
    """A spoiler that flips one bit in that piece in the first `times` answers that hold it."""
    name, offset, size = series.piece(frame, piece)
    left = [times]

    def spoil(read: str, start: int, data: bytes) -> bytes:
        at = offset + size // 2 - start
        if read != name or not 0 <= at < len(data) or not left[0]:
            return data
        left[0] -= 1
        return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]

    return spoil


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("piece", ["quarter", "half", "full"])
def test_a_flipped_bit_is_fetched_again_and_then_shown(
    phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries, piece: str
) -> None:
    """A damaged answer is a passing thing: the patient should not even notice."""
    cloud.spoil = flip_a_bit(series, MIDDLE, piece, times=1)
    page = open_viewer(phone, cloud, series)
    assert position(page) == MIDDLE + 1
    name, offset, size = series.piece(MIDDLE, piece)
    holding = [read for read in cloud.reads if read[0] == name and read[1] <= offset and offset + size <= read[1] + read[2]]
    assert len(holding) >= 2
    assert page.get_by_role("alert").count() == 0


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("piece", ["quarter", "half", "full"])
def test_a_bit_flipped_for_good_is_an_error_in_words_and_never_a_picture(
    phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries, piece: str
) -> None:
    """A wrong picture that looks right is the worst thing that a viewer can show."""
    cloud.spoil = flip_a_bit(series, MIDDLE, piece, times=99)
    page = open_viewer(phone, cloud, series, wait=".viewer-notice[role=alert]")
    expect(page.get_by_role("alert")).to_contain_text("损坏")
    assert not painted(page).any()
    cloud.spoil = lambda name, start, data: data
    page.get_by_role("alert").get_by_role("button").click()
    page.locator('.viewer-corners[data-quality="full"]').wait_for()


@pytest.mark.req("PLUS-03")
def test_other_frames_are_shown_beside_a_damaged_one(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """One bad slice must not cost the patient the series."""
    cloud.spoil = flip_a_bit(series, MIDDLE, "full", times=99)
    page = open_viewer(phone, cloud, series, wait=".viewer-notice[role=alert]")
    go_to(page, MIDDLE + 3)
    assert painted(page).any()


@pytest.mark.req("VIEW-10")
def test_opening_a_series_again_downloads_no_image(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """Mobile data costs money, and the second look should be at once."""
    page = open_viewer(phone, cloud, series)
    everything_loaded(page)
    page.wait_for_load_state("networkidle")
    page.close()
    before = len(cloud.image_reads())
    again = open_viewer(phone, cloud, series)
    go_to(again, 3)
    everything_loaded(again)
    assert cloud.image_reads()[before:] == []


@pytest.mark.req("PLUS-03")
def test_what_an_earlier_visit_left_is_checked_as_well(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """A disk can rot: pieces kept on the device go through the same check as those from the network."""
    page = open_viewer(phone, cloud, series)
    everything_loaded(page)
    right = painted(page)
    page.wait_for_load_state("networkidle")
    page.evaluate(SPOIL_STORE)
    page.close()
    before = len(cloud.image_reads())
    again = open_viewer(phone, cloud, series)
    assert position(again) == MIDDLE + 1
    assert np.array_equal(painted(again), right)
    assert len(cloud.image_reads()) > before
    assert again.get_by_role("alert").count() == 0


SPOIL_STORE = """async () => {
  const db = await new Promise((done) => { const r = indexedDB.open("lightbox-pixels"); r.onsuccess = () => done(r.result) });
  const store = db.transaction("ranges", "readwrite").objectStore("ranges");
  const keys = await new Promise((done) => { const r = store.getAllKeys(); r.onsuccess = () => done(r.result) });
  for (const key of keys) {
    const buffer = await new Promise((done) => { const r = store.get(key); r.onsuccess = () => done(r.result) });
    new Uint8Array(buffer).forEach((byte, i, all) => { if (i % 1000 === 0) all[i] = byte ^ 1 });
    store.put(buffer, key);
  }
  await new Promise((done) => { store.transaction.oncomplete = done });
}"""


def test_signing_out_leaves_no_image_on_the_device(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """The phone may be lent to somebody else."""
    page = open_viewer(phone, cloud, series)
    everything_loaded(page)
    page.goto(f"{cloud.origin}/e#/")
    page.locator(".top-end button").nth(1).click()
    page.locator(".state-icon").wait_for()
    count = """async () => {
      const db = await new Promise((done) => { const r = indexedDB.open("lightbox-pixels"); r.onsuccess = () => done(r.result) });
      if (!db.objectStoreNames.contains("ranges")) return 0;
      return new Promise((done) => {
        const r = db.transaction("ranges").objectStore("ranges").count();
        r.onsuccess = () => done(r.result);
      });
    }"""
    page.wait_for_function(f"async () => (await ({count})()) === 0")


@pytest.mark.req("PLUS-02")
def test_the_first_image_comes_first_then_the_whole_series_at_a_quarter(
    phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries
) -> None:
    """A patient sees something at once and can page through all of it before it is all there."""
    page = open_viewer(phone, cloud, series)
    everything_loaded(page)
    reads = [read for read in cloud.reads if read[0].endswith((".low", ".rest"))]
    quarter, half, full = (series.piece(MIDDLE, piece) for piece in ("quarter", "half", "full"))
    first = {quarter, (half[0], half[1], half[2] + full[2])}
    assert set(reads[:2]) == first
    kinds = [name.split(".")[1] for name, _, _ in reads[2:]]
    assert kinds == sorted(kinds)  # low before rest
    assert kinds.count("low") <= 3
    assert sum(size for _, _, size in reads) == sum(one["bytes"] - 16 for one in series.index["objects"])


def test_an_expired_signature_is_renewed_without_a_word(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """Signatures live for minutes, a look at images lasts longer."""
    page = open_viewer(phone, cloud, series)
    everything_loaded(page)
    page.evaluate("() => indexedDB.deleteDatabase('lightbox-pixels')")
    page.close()
    cloud.refuse = lambda name: 503 if name.endswith(".rest") and cloud.signature == "first" else None
    page = open_viewer(phone, cloud, series, wait='.viewer-corners[data-quality="quarter"]')
    cloud.signature = "second"
    everything_loaded(page)
    assert page.get_by_role("alert").count() == 0
    assert cloud.opened.count(series.name) >= 3


def test_the_signature_is_renewed_before_it_expires(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """No reader should ever run into a refusal that was to be foreseen."""
    cloud.signed_for = timedelta(seconds=-60)  # the device's clock is a minute ahead
    cloud.refuse = lambda name: 503 if name.endswith(".rest") else None  # some images are still to be read
    phone.clock.install()
    page = open_viewer(phone, cloud, series, wait='.viewer-corners[data-quality="quarter"]')
    assert cloud.opened.count(series.name) == 1
    phone.clock.fast_forward(20_000)
    cloud.refuse = lambda name: None
    everything_loaded(page)
    assert page.get_by_role("alert").count() == 0
    assert cloud.opened.count(series.name) == 2


def test_a_series_that_is_still_arriving_says_so(chromium: Browser, tmp_path: Path) -> None:
    """A part must never be taken for the whole."""
    part = packed(write_phantom(tmp_path, 6, size=128), "到了一部分", declared=9)
    with serve_series(part) as cloud, open_device(chromium, PHONE) as context:
        page = open_viewer(context, cloud, part)
        expect(page.locator(".viewer-partial")).to_have_text("图像还在上传：已到 6 / 9 幅")


def test_a_format_that_cannot_be_shown_says_so_and_is_not_downloaded(chromium: Browser, tmp_path: Path) -> None:
    """Better a sentence than a black screen."""

    def as_jpeg_ls(page: dict[str, Any]) -> None:
        page["formats"][0]["codec"] = "jpeg-ls"
        for name in ("quarter", "half"):
            page["columns"][name]["object"] = [-1] * page["page"]["count"]

    odd = packed(write_phantom(tmp_path, 3, size=128), "另一种压缩", change=as_jpeg_ls)
    with serve_series(odd) as cloud, open_device(chromium, PHONE) as context:
        page = open_viewer(context, cloud, odd, wait=".viewer-notice[role=alert]")
        expect(page.get_by_role("alert")).to_contain_text("暂不支持预览")
        assert not [read for read in cloud.reads if read[0].endswith(".rest")]


def test_a_series_whose_access_ended_shows_the_way_back(phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries) -> None:
    """No dead end."""
    cloud.refuse = lambda name: 403
    page = open_viewer(phone, cloud, series, wait=".viewer-notice[role=alert]")
    cloud.refuse = lambda name: None
    page.get_by_role("alert").get_by_role("button", name="重试").click()
    page.locator('.viewer-corners[data-quality="full"]').wait_for()


def test_a_series_whose_index_has_several_pages_is_read_to_its_end(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Above 4096 frames an index has pages; here one has ten frames. No image may be missing, nor any count be wrong."""
    paths = write_phantom(tmp_path_factory.mktemp("paged"), 24, size=64)
    series = packed(paths, "多页", page_frames=10)
    assert len(series.row["pages"]) == 3
    with serve_series(series) as cloud, open_device(chromium, PHONE) as context:
        page = open_viewer(context, cloud, series)
        expect(page.get_by_test_id("position")).to_have_text("13 / 24")
        everything_loaded(page)
        for frame in (9, 10, 23):
            go_to(page, frame)
            assert painted(page).any()
        read = [name for name, _, _ in cloud.reads if name.endswith(".index")]
        assert read[0] == series.index_name
        assert sorted(read) == sorted(series.row["pages"])


def test_exam_series_and_index_are_asked_for_before_the_code_is_there(
    phone: BrowserContext, cloud: SeriesCloud, series: PackedSeries
) -> None:
    """On a phone's line each answer that waits for another costs the reader a round trip; and nothing is asked for twice."""
    page = phone.new_page()
    held: list[Route] = []
    page.route("**/assets/main-*.js", lambda route: held.append(route))
    with page.expect_response("**/*.index"):
        page.goto(f"{cloud.origin}/e#/images/{series.name}", wait_until="commit")
    assert held
    assert page.locator("#root > *").count() == 0
    for route in held:
        route.continue_()
    page.locator(".viewer-corners[data-quality=full]").wait_for()
    assert cloud.opened == [series.name]
    assert [name for name, _, _ in cloud.reads].count(series.index_name) == 1
