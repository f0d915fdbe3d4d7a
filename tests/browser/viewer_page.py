"""The viewer as a test sees it: what stands in its corners, what is painted on its canvas, and how it is touched."""

from __future__ import annotations

import base64
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from tests.browser.series_server import PackedSeries, SeriesCloud

WHOLE = '.viewer-corners[data-quality="full"]'
PAINTED = """() => {
  const canvas = document.querySelector(".viewer-canvas");
  return canvas.toDataURL("image/png").split(",")[1];
}"""


def open_viewer(context: BrowserContext, cloud: SeriesCloud, series: PackedSeries, *, wait: str = WHOLE) -> Page:
    """The series in a new page of the context, once `wait` is there."""
    page = context.new_page()
    page.goto(f"{cloud.origin}/e#/images/{series.name}")
    page.locator(wait).wait_for()
    return page


def position(page: Page) -> int:
    """Number of the frame that is painted, from 1."""
    return int(page.get_by_test_id("position").inner_text().split("/")[0])


def go_to(page: Page, frame: int) -> None:
    """Frame from 0, by the slider, and wait until it is painted in full."""
    page.get_by_role("slider").fill(str(frame))
    expect(page.get_by_test_id("position")).to_contain_text(f"{frame + 1} /")
    page.locator(WHOLE).wait_for()


def settled(page: Page) -> None:
    """Two animation frames: whatever was asked for is painted."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def everything_loaded(page: Page) -> None:
    page.locator(".viewer-loaded[data-whole]").wait_for(state="attached", timeout=30_000)


def painted(page: Page) -> NDArray[np.uint8]:
    """The canvas as (rows, columns, 3), device pixels."""
    settled(page)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(page.evaluate(PAINTED)))).convert("RGB"))


def painted_picture(page: Page, rows: int, columns: int) -> NDArray[np.uint8]:
    """The picture at one image pixel on one CSS px (key A), cut out of the canvas: (rows, columns, 3)."""
    page.keyboard.press("a")
    stage = page.locator(".viewer-stage").bounding_box()
    assert stage is not None
    left = math.floor(stage["x"] + (stage["width"] - columns) / 2 + 0.5)
    top = math.floor(stage["y"] + (stage["height"] - rows) / 2 + 0.5)
    return painted(page)[top : top + rows, left : left + columns]


def window_shown(page: Page) -> tuple[int, int]:
    """(width, center) in the corner."""
    words = page.get_by_test_id("window").inner_text().replace("−", "-").split()
    return int(words[1]), int(words[3])


class Fingers:
    """Touches by Chromium's own input pipeline."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def move(self, *paths: tuple[tuple[float, float], tuple[float, float]], steps: int = 8) -> None:
        """Each path is a finger from one point to another, all at once."""

        def at(share: float) -> list[dict[str, Any]]:
            return [
                {"x": start[0] + (end[0] - start[0]) * share, "y": start[1] + (end[1] - start[1]) * share, "id": number}
                for number, (start, end) in enumerate(paths)
            ]

        self._send("touchStart", at(0))
        for step in range(1, steps + 1):
            self._send("touchMove", at(step / steps))
        self._send("touchEnd", [])
        settled(self._page)

    def _send(self, kind: str, points: list[dict[str, Any]]) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
