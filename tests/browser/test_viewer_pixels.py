"""What is painted is what the file says: compared with Python's own display of the very same file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, expect
from pydicom import Dataset, dcmread

from functions.core.imaging import display, frame_facts, luts
from functions.core.imaging.pixel_format import image_format
from functions.core.imaging.pixels import Decoded
from iac.local.phantom import write_phantom
from tests.browser.devices import DESK, open_device
from tests.browser.series_server import PackedSeries, packed, serve_series
from tests.browser.viewer_page import everything_loaded, go_to, open_viewer, painted_picture, settled
from tests.data import modalities

pytestmark = pytest.mark.browser
PRESETS = {"2": (40, 80), "3": (50, 400), "4": (-600, 1500), "5": (500, 2000), "6": (40, 350)}


@pytest.fixture
def desk(chromium: Browser) -> Iterator[BrowserContext]:
    with open_device(chromium, DESK) as context:
        yield context


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> PackedSeries:
    return packed(write_phantom(tmp_path_factory.mktemp("ct"), 5, size=256), "胸部")


def shown(ds: Dataset, chosen: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """(rows, columns, 3) as Python shows the first frame of the file."""
    form = image_format(ds)
    values = ds.pixel_array
    if int(ds.get("NumberOfFrames", 1) or 1) > 1:
        values = values[0]
    facts = frame_facts.facts_of(ds, range(1), form.signed)[0]
    palette = luts.read_palette(ds) if form.photometric == "PALETTE COLOR" else None
    grey = display.shown(Decoded(values, form.photometric), form, facts, palette, chosen)
    return grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=2)


def furthest(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> int:
    assert a.shape == b.shape
    return int(np.abs(a.astype(int) - b).max())


@pytest.mark.req("VIEW-01")
def test_every_pixel_of_a_ct_is_that_of_the_file(desk: BrowserContext, ct: PackedSeries) -> None:
    """A picture of a picture is not a diagnosis."""
    with serve_series(ct) as cloud:
        page = open_viewer(desk, cloud, ct)
        for frame in (0, 4):
            go_to(page, frame)
            assert furthest(painted_picture(page, 256, 256), shown(dcmread(ct.sources[frame]))) <= 1
        assert {name.split(".")[-1] for name, _, _ in cloud.reads} == {"index", "low", "rest"}


@pytest.mark.req("VIEW-16")
@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_s_key_windows_as_the_standard_says(desk: BrowserContext, ct: PackedSeries, key: str) -> None:
    """Radiologists press 4 without looking."""
    with serve_series(ct) as cloud:
        page = open_viewer(desk, cloud, ct)
        page.keyboard.press(key)
        expected = shown(dcmread(ct.sources[2]), PRESETS[key])
        assert furthest(painted_picture(page, 256, 256), expected) <= 1
        page.keyboard.press("1")
        assert furthest(painted_picture(page, 256, 256), shown(dcmread(ct.sources[2]))) <= 1


@pytest.mark.req("VIEW-01")
def test_the_value_under_the_pointer_is_the_file_s_own(desk: BrowserContext, ct: PackedSeries) -> None:
    """Hounsfield units are read off by hand."""
    with serve_series(ct) as cloud:
        page = open_viewer(desk, cloud, ct)
        everything_loaded(page)
        page.keyboard.press("a")
        settled(page)
        ds = dcmread(ct.sources[2])
        stage = page.locator(".viewer-stage").bounding_box()
        assert stage is not None
        for row, column in ((128, 128), (100, 60), (140, 190)):
            x = stage["x"] + (stage["width"] - 256) / 2 + column + 0.5
            y = stage["y"] + (stage["height"] - 256) / 2 + row + 0.5
            page.mouse.move(x, y)
            value = float(ds.pixel_array[row, column] * ds.RescaleSlope + ds.RescaleIntercept)
            expect(page.get_by_test_id("value")).to_have_text(f"{value:.0f} HU".replace("-", "−"))


@pytest.mark.req("VIEW-11")
@pytest.mark.parametrize("kind", ["MR", "CR", "DX", "MG", "RF", "US", "NM", "PT", "ES"])
def test_each_modality_looks_as_python_shows_it(desk: BrowserContext, tmp_path: Path, kind: str) -> None:
    """Grey and colour, signed and not, inverted, with and without a window."""
    ds = modalities.instance(kind)
    path = tmp_path / f"{kind}.dcm"
    ds.save_as(path, enforce_file_format=True)
    series = packed([path], f"检查 {kind}")
    with serve_series(series) as cloud:
        page = open_viewer(desk, cloud, series)
        rows, columns = ds.Rows, ds.Columns
        assert furthest(painted_picture(page, rows, columns), shown(dcmread(path))) <= 1
