"""One visit: a fresh browser, one address, one line; what both viewers are asked in the same words."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

from bench._line import line
from tests.browser.devices import ARGUMENTS, CHROMIUM, DESK, open_device

MBIT_S, ROUND_TRIP_MS = 20, 40
VISIT_S = 120
# The same for both viewers: OHIF draws with WebGL and must have it, in software where there is no graphics card.
_ARGUMENTS = [
    *(argument for argument in ARGUMENTS if argument != "--disable-gpu"),
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
# First image: the first animation frame in which a canvas on the page holds 24 colours over 96 × 96 points (design §9). Only
# frames in which such a canvas was drawn on are looked at: reading a canvas takes time from whoever draws it.
_WATCH = """
(() => {
  const small = document.createElement("canvas");
  small.width = small.height = 96;
  const context = small.getContext("2d", { willReadFrequently: true });
  const drawn = new Set();
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    if (this.canvas.isConnected && this.canvas.clientWidth >= 256) drawn.add(this.canvas);
    return draw.apply(this, args);
  };
  const holdsPicture = (canvas) => {
    draw.call(context, canvas, 0, 0, 96, 96);
    return new Set(new Uint32Array(context.getImageData(0, 0, 96, 96).data.buffer)).size >= 24;
  };
  const sharp = () => %(sharp)s;
  const all = () => %(all)s;
  const seen = { first: 0, sharp: 0, all: 0 };
  window.seen = seen;
  performance.setResourceTimingBufferSize(4000);
  const look = () => {
    const at = performance.now(); // before the canvas is read: what that takes is not the viewer's
    if (!seen.sharp && [...drawn].some(holdsPicture)) {
      seen.first ||= at;
      if (sharp()) seen.sharp = at;
    }
    drawn.clear();
    if (seen.sharp && !seen.all && all()) seen.all = performance.now();
    if (!seen.all) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


class TooSlow(Exception):
    """A viewer did not get there in time; the message says which, and where it stood."""


@dataclass(frozen=True)
class Viewer:
    """port: of its server. address: path with query and fragment. sharp, all: JavaScript expressions, true once the picture on
    the canvas has its full quality, and once every slice is there. extra_s: what only this viewer has, since the navigation.
    prepare: what the browser needs before it goes there.
    """

    port: int
    address: str
    sharp: str
    all: str
    extra_s: Callable[[Page], float] = lambda page: 0.0
    prepare: Callable[[BrowserContext], None] = lambda context: None

    @property
    def url(self) -> str:
        """What the browser is told, with a line in between and without: a server may know itself by its own port only."""
        return f"http://127.0.0.1:{self.port}{self.address}"


@dataclass(frozen=True)
class Visit:
    """Seconds from the navigation, MB over the line until then, memory in MB beside a blank page. sharp: the first image in its
    full quality.
    """

    first_s: float
    first_mb: float
    sharp_s: float
    sharp_mb: float
    all_s: float
    all_mb: float
    memory_mb: float
    extra_s: float


def visit(viewer: Viewer) -> Visit:
    """Open the viewer and wait until every slice is there. Raises TooSlow after 120 s."""
    until = time.monotonic() + VISIT_S
    with (
        line(viewer.port, mbit_s=MBIT_S, round_trip_ms=ROUND_TRIP_MS) as far,
        _fresh_browser(f"--host-resolver-rules=MAP 127.0.0.1:{viewer.port} 127.0.0.1:{far.port}") as browser,
        open_device(browser, DESK) as context,
    ):
        page = _watched(context, viewer)
        page.goto("about:blank")
        time.sleep(1)  # a new renderer settles
        blank = _memory_mb(browser)
        page.goto(viewer.url, wait_until="commit")
        first, sharp, last = (_when(page, what, until) for what in ("first", "sharp", "all"))
        time.sleep(1)  # memory that nobody holds any more is given back
        memory = _memory_mb(browser) - blank
        return Visit(
            first_s=first.after_s,
            first_mb=far.carried_bytes(first.at) / 1e6,
            sharp_s=sharp.after_s,
            sharp_mb=far.carried_bytes(sharp.at) / 1e6,
            all_s=last.after_s,
            all_mb=far.carried_bytes(last.at) / 1e6,
            memory_mb=memory,
            extra_s=viewer.extra_s(page),
        )


def screenshot(viewer: Viewer, path: Path) -> None:
    """The first image in full, as seen on a visit that ends there and warms the server up. Raises TooSlow after 120 s."""
    until = time.monotonic() + VISIT_S
    with _fresh_browser() as browser, open_device(browser, DESK) as context:
        page = _watched(context, viewer)
        page.goto(viewer.url, wait_until="commit")
        _when(page, "sharp", until)
        page.screenshot(path=path, type="jpeg", quality=80)


def _watched(context: BrowserContext, viewer: Viewer) -> Page:
    viewer.prepare(context)
    context.add_init_script(_WATCH % {"sharp": viewer.sharp, "all": viewer.all})
    return context.new_page()


@dataclass(frozen=True)
class _Moment:
    """after_s: since the navigation. at: epoch seconds."""

    after_s: float
    at: float


def _when(page: Page, what: str, until: float) -> _Moment:
    left_ms = max(1.0, (until - time.monotonic()) * 1000)
    try:
        page.wait_for_function(f"() => window.seen && window.seen.{what} > 0", timeout=left_ms, polling=250)
    except TimeoutError as error:
        raise TooSlow(f"{re.split('[?#]', page.url)[0]}: no '{what}' within {VISIT_S} s") from error
    after, origin = page.evaluate(f"() => [window.seen.{what}, performance.timeOrigin]")
    return _Moment(after / 1000, (origin + after) / 1000)


@contextmanager
def _fresh_browser(*more: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS, *more], headless=True)
        try:
            yield browser
        finally:
            browser.close()


def _memory_mb(browser: Browser) -> float:
    """PSS of the browser's renderer and GPU processes."""
    session = browser.new_browser_cdp_session()
    found: list[dict[str, Any]] = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(_pss_kb(one["id"]) for one in found if one["type"] in ("renderer", "GPU")) * 1024 / 1e6


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0
