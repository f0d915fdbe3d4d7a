"""A flipped bit between storage and canvas gives the right picture after another fetch, or words; never another picture."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from iac.local.phantom import Identity, write_phantom
from tests.browser import pictures
from tests.browser.devices import DESK, open_device
from tests.browser.series_server import PackedSeries, SeriesCloud, packed, serve_series
from tests.browser.stand_in import StandIn
from tests.browser.viewer_page import WHOLE, painted, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SLICES, SIZE = 3, 96
SEED, FLIPS = 20261124, 18
ALERT = ".viewer-notice[role=alert]"
NO_PICTURE = "没有显示"

Spoil = Callable[[str, int, bytes], bytes]
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> PackedSeries:
    return packed(write_phantom(tmp_path_factory.mktemp("ct"), SLICES, size=SIZE), "肺窗")


@pytest.fixture
def cloud(series: PackedSeries) -> Iterator[SeriesCloud]:
    with serve_series(series) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def truth(chromium: Browser, series: PackedSeries) -> list[Picture]:
    """Each frame as it is painted when nothing is wrong."""
    with serve_series(series) as cloud:
        seen = look(chromium, cloud, series)
    assert all(picture is not None and picture.any() for picture in seen)
    assert not any(np.array_equal(a, b) for a, b in itertools.pairwise(seen))
    return [picture for picture in seen if picture is not None]


def look(chromium: Browser, cloud: SeriesCloud, series: PackedSeries) -> list[Picture | None]:
    """What a new visitor sees of each frame; None where there are words and a dark canvas instead."""
    with open_device(chromium, DESK) as context:
        page = context.new_page()
        page.goto(f"{cloud.origin}/e#/images/{series.name}")
        page.locator(f"{WHOLE}, {ALERT}").first.wait_for()
        if page.get_by_role("slider").count() == 0:  # the series did not open at all
            return [said(page)] * SLICES
        return [frame_of(page, place) for place in range(SLICES)]


def frame_of(page: Page, place: int) -> Picture | None:
    page.get_by_role("slider").fill(str(place))
    settled(page)
    page.locator(f'.viewer-corners[data-quality="full"]:has-text("{place + 1} / {SLICES}"), {ALERT}').first.wait_for()
    return painted(page) if page.locator(ALERT).count() == 0 else said(page)


def said(page: Page) -> None:
    """In words, with a way on; and nothing on the canvas."""
    expect(page.locator(ALERT)).to_contain_text(NO_PICTURE)
    expect(page.locator(ALERT).get_by_role("button", name="重试")).to_be_visible()
    assert not painted(page).any()


@dataclass(frozen=True)
class Flip:
    """One bit of one object. always: in each answer that holds it; else in the first only."""

    name: str
    bit: int
    always: bool

    def spoiler(self) -> Spoil:
        left = [-1 if self.always else 1]

        def spoil(name: str, start: int, data: bytes) -> bytes:
            at = self.bit // 8 - start
            if name != self.name or not 0 <= at < len(data) or not left[0]:
                return data
            left[0] -= 1
            return data[:at] + bytes([data[at] ^ 1 << self.bit % 8]) + data[at + 1 :]

        return spoil

    def frames(self, series: PackedSeries) -> set[int]:
        """Whose picture depends on this bit."""
        if self.name == series.index_name:
            return set(range(SLICES))
        byte = self.bit // 8
        return {
            place
            for place in range(SLICES)
            for name, at, size in (series.piece(place, piece) for piece in ("quarter", "half", "full"))
            if name == self.name and at <= byte < at + size
        }


def flips(series: PackedSeries) -> list[Flip]:
    """Kinds of objects in turn, places at random."""
    chance = random.Random(SEED)
    kinds = [[name for name in series.objects if name.endswith(end)] for end in (".low", ".rest", ".index")]
    return [
        Flip(name := chance.choice(kinds[number % 3]), chance.randrange(8 * len(series.objects[name])), number % 2 == 1)
        for number in range(FLIPS)
    ]


@pytest.mark.req("PLUS-03")
def test_any_flipped_bit_of_a_series_gives_the_right_picture_or_words(
    chromium: Browser, cloud: SeriesCloud, series: PackedSeries, truth: list[Picture]
) -> None:
    """The codec decodes damaged bytes to another picture without a word: nothing may reach it that was not checked."""
    for flip in flips(series):
        cloud.spoil = flip.spoiler()
        expected = flip.frames(series) if flip.always else set()
        for place, picture in enumerate(look(chromium, cloud, series)):
            assert (picture is None) == (place in expected), (flip, place)
            assert picture is None or np.array_equal(picture, truth[place]), (flip, place)


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("kind", [".low", ".rest"])
def test_what_lies_in_another_place_is_not_taken_for_what_was_asked(
    chromium: Browser, cloud: SeriesCloud, series: PackedSeries, tmp_path: Path, kind: str
) -> None:
    """Wrong ranges, told or not; another series' object under this name; a cut object: all words, no picture."""
    other = packed(write_phantom(tmp_path, SLICES, size=SIZE, seed=7, identity=Identity(study="another")), "别的")
    foreign = {name.partition(".")[2]: data for name, data in other.objects.items()}

    def moved(name: str, start: int, data: bytes) -> bytes:
        return series.objects[name][start - 1 : start - 1 + len(data)] if name.endswith(kind) else data

    def swapped(name: str, start: int, data: bytes) -> bytes:
        return foreign[kind[1:]][start : start + len(data)] if name.endswith(kind) else data

    def cut(name: str, start: int, data: bytes) -> bytes:
        return data[: len(data) // 2] if name.endswith(kind) else data

    for wrong in (moved, swapped, cut):
        cloud.spoil = wrong
        assert look(chromium, cloud, series)[SLICES // 2] is None, wrong.__name__


@pytest.mark.req("PLUS-03")
def test_an_answer_with_another_range_is_refused_and_one_with_everything_is_cut(
    chromium: Browser, cloud: SeriesCloud, series: PackedSeries, truth: list[Picture]
) -> None:
    """Caches and proxies do both."""
    cloud.shift = -1
    assert look(chromium, cloud, series) == [None] * SLICES
    cloud.shift, cloud.whole = 0, True
    assert all(map(np.array_equal, look(chromium, cloud, series), truth))


@pytest.mark.req("PLUS-03")
def test_a_bad_answer_is_fetched_again_past_the_browsers_own_cache(
    chromium: Browser, cloud: SeriesCloud, series: PackedSeries, truth: list[Picture]
) -> None:
    """The index may be cached for a year: a damaged copy there would stay damaged for a year."""
    cloud.spoil = Flip(series.index_name, 800, always=True).spoiler()
    with open_device(chromium, DESK) as context:
        page = context.new_page()
        page.goto(f"{cloud.origin}/e#/images/{series.name}")
        said_after(page)
        cloud.spoil = lambda name, start, data: data
        page.locator(ALERT).get_by_role("button").click()
        page.locator(WHOLE).wait_for()
        picture = frame_of(page, 0)
        assert picture is not None
        assert np.array_equal(picture, truth[0])


def said_after(page: Page) -> None:
    page.locator(ALERT).wait_for()
    said(page)


@pytest.mark.req("PLUS-03")
def test_a_damaged_sheet_of_film_is_fetched_again_and_else_not_shown(chromium: Browser, web_origin: str) -> None:
    """A film is read as a picture is."""
    spoilt = bytearray(pictures.sheet(0))
    spoilt[len(spoilt) // 2] ^= 1
    first = f"**/{pictures.name_of(pictures.sheet(0))}.jpg"
    with open_device(chromium, DESK) as context:
        cloud = StandIn()
        cloud.sign_in()
        page = context.new_page()
        cloud.stand_before(page)
        page.route(first, lambda route: route.fulfill(body=bytes(spoilt), content_type="image/jpeg"), times=1)
        page.goto(f"{web_origin}/e#/film")
        expect(page.locator(".sheet-picture img")).to_have_count(2)
        page.route(first, lambda route: route.fulfill(body=bytes(spoilt), content_type="image/jpeg"))
        page.reload()
        expect(page.locator(".sheet-picture img")).to_have_count(1)
        expect(page.get_by_role("alert")).to_contain_text(NO_PICTURE)
        page.unroute(first)
        page.get_by_role("alert").click()
        expect(page.locator(".sheet-picture img")).to_have_count(2)


@pytest.mark.req("PLUS-03")
def test_a_damaged_thumbnail_is_not_shown(chromium: Browser, web_origin: str) -> None:
    """It is by its picture that a series is chosen."""
    spoilt = pictures.thumbnail(0)[:-40] + b"\0" * 40
    with open_device(chromium, DESK) as context:
        cloud = StandIn()
        cloud.sign_in()
        page = context.new_page()
        cloud.stand_before(page)
        name = f"**/{pictures.name_of(pictures.thumbnail(0))}.thumb.jpg"
        page.route(name, lambda route: route.fulfill(body=spoilt, content_type="image/jpeg"))
        page.goto(f"{web_origin}/e#/images")
        expect(page.locator(".thumbnail img")).to_have_count(2)
        expect(page.locator(".thumbnail svg")).to_have_count(1)
