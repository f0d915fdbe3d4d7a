"""The viewer in Debian's Chromium over a line of 20 Mbit/s and 40 ms with a cold profile, and the weight of its pages.

First image: from the navigation until a full-quality picture is painted; page, scripts, codec, exam and signature included. Whole
series at a quarter: until the last byte of every frame's quarter is here. Design §9: a prototype took 0.59 s and 3.2 s, OHIF over
Orthanc 5.5 s to its first image.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, TimeoutError

from bench._line import line
from bench.harness import Goal, NotHere, Row, fact, measure
from iac.local.phantom import cached_phantom
from tests.browser.devices import CHROMIUM, DESK, open_chromium, open_device
from tests.browser.page_weight import compressed_bytes, scripts_of
from tests.browser.series_server import PackedSeries, packed, serve_series
from tests.browser.web_server import DIST

SLICES = 300
GIVEN_UP_MS = 30_000
MBIT_S, ROUND_TRIP_MS = 20, 40
WEIGHT_KB = 180
# 24 colours over 96 × 96 points: a picture, not an empty canvas (design §9)
WATCH = """
const look = () => {
  const canvas = document.querySelector('.viewer-canvas[data-quality="full"]');
  if (!canvas) return requestAnimationFrame(look);
  const at = performance.now();
  const small = document.createElement("canvas");
  small.width = small.height = 96;
  const context = small.getContext("2d");
  context.drawImage(canvas, 0, 0, 96, 96);
  const colours = new Set(new Uint32Array(context.getImageData(0, 0, 96, 96).data.buffer));
  if (colours.size >= 24) window.firstImageMs = at;
  else requestAnimationFrame(look);
};
performance.setResourceTimingBufferSize(2000);
requestAnimationFrame(look);
"""
QUARTERS = """(bytes) => {
  const low = performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith(".low"));
  const got = low.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
  return got >= bytes ? Math.max(...low.map((entry) => entry.responseEnd)) : 0;
}"""


def rows() -> Iterator[Row]:
    """Page weight, first image, whole series at a quarter."""
    if not Path(CHROMIUM).exists():
        raise NotHere(f"no {CHROMIUM}")
    if not (DIST / "index.html").exists():
        raise NotHere("web/dist is not built")
    kilobytes = sum(map(compressed_bytes, scripts_of(DIST))) / 1000
    yield fact("page weight, scripts with viewer", kilobytes, unit="kB gz", goal=Goal("value", "≤", WEIGHT_KB))
    series = packed(cached_phantom(SLICES), f"胸部 {SLICES}")
    with serve_series(series) as cloud, open_chromium() as browser:
        port = urlsplit(cloud.origin).port or 0
        note = f"{SLICES} slices of 512², {MBIT_S} Mbit/s, {ROUND_TRIP_MS} ms, cold profile"
        yield measure(
            "viewer, first image in full quality",
            lambda: first_image_s(browser, port, series),
            unit="s",
            goal=Goal("value", "≤", 1.0),
            note=note,
        )
        size = quarter_bytes(series)
        yield measure(
            "viewer, whole series at a quarter",
            lambda: quarters_s(browser, port, series),
            unit="s",
            goal=Goal("value", "≤", 4.0),
            note=f"{note}; {size / 1e6:.1f} MB",
        )


def quarter_bytes(series: PackedSeries) -> int:
    """Bytes of all frames' quarters."""
    return sum(series.index["columns"]["quarter"]["bytes"])


@contextmanager
def cold_page(browser: Browser, port: int, series: PackedSeries) -> Iterator[Page]:
    """The series just navigated to, in a fresh profile, over a line that carries nothing else."""
    with line(port, mbit_s=MBIT_S, round_trip_ms=ROUND_TRIP_MS) as far, open_device(browser, DESK) as context:
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{far.port}/e#/images/{series.name}")
        try:
            yield page
        except TimeoutError as error:
            raise NotHere(f"the viewer was not there within {GIVEN_UP_MS // 1000} s") from error


def first_image_s(browser: Browser, port: int, series: PackedSeries) -> float:
    """Seconds from the navigation to the first picture in full quality."""
    with cold_page(browser, port, series) as page:
        page.wait_for_function("() => window.firstImageMs", timeout=GIVEN_UP_MS)
        return float(page.evaluate("() => window.firstImageMs")) / 1000


def quarters_s(browser: Browser, port: int, series: PackedSeries) -> float:
    """Seconds from the navigation until all quarters are here."""
    size = quarter_bytes(series)
    with cold_page(browser, port, series) as page:
        page.wait_for_function(QUARTERS, arg=size, timeout=GIVEN_UP_MS, polling=100)
        return float(page.evaluate(QUARTERS, size)) / 1000
