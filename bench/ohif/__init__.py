"""Our viewer beside OHIF 3.13.2 over Debian's Orthanc: same study, browser, line and detector, in turns, a fresh profile each.

Ours is what a patient gets: the local cloud with all its checks behind the gateway, a session of its own each time, a study
that came by C-STORE. OHIF is served as well as it can be: npm's scripts minified, text compressed as our gateway does it,
Orthanc's gzip on, no wait of 40 ms in its sockets, no login; with the requests and workers that its own configuration names.

First image: the first frame in which a canvas holds one, whatever its resolution; ours is a quarter then, so the first in full
stands beside it. All slices: OHIF has them decoded in its cache; ours has every byte of them here and checked, and decodes those
around the one on screen. So another row adds what our workers take to decode all of them, as if none had been decoded while the
line was busy.

Seven rounds, none begun after a quarter of an hour or once a visit took over two minutes: a busy machine gives fewer; then the
table says how many, and gives no verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Error, Page

from bench.harness import FEWEST, Goal, NotHere, Row, paired
from bench.ohif.app import ohif_app
from bench.ohif.decode import decode_s
from bench.ohif.orthanc import orthanc_with
from bench.ohif.patient import SentStudy, sent_study
from bench.ohif.server import serve_ohif
from bench.ohif.visit import MBIT_S, ROUND_TRIP_MS, TooSlow, Viewer, Visit, screenshot, visit
from tests.browser.devices import CHROMIUM
from tests.browser.web_server import DIST

SLICES = 300
RUNS = FEWEST
ROUNDS_S = 900
SCREENSHOTS = Path("build")
_OHIF_ALL = f"(window.cornerstone?.cache?._imageCache?.size ?? 0) >= {SLICES}"
_OURS_SHARP = """document.querySelector('.viewer-canvas[data-quality="full"]')"""
_OURS_ALL = "document.querySelector('.viewer-loaded[data-whole]')"
_QUARTERS = """() => Math.max(...performance.getEntriesByType("resource")
  .filter((entry) => entry.name.endsWith(".low")).map((entry) => entry.responseEnd))"""


def rows() -> Iterator[Row]:
    """Raises NotHere without Chromium, Orthanc or OHIF's package."""
    if not Path(CHROMIUM).exists():
        raise NotHere(f"no {CHROMIUM}")
    if not (DIST / "index.html").exists():
        raise NotHere("web/dist is not built")
    app = ohif_app()
    with sent_study(SLICES) as sent, orthanc_with(sent.files) as orthanc, serve_ohif(app, orthanc) as ohif_port:
        ohif = Viewer(ohif_port, f"/viewer?StudyInstanceUIDs={sent.study_uid}", sharp="true", all=_OHIF_ALL)
        ours = _ours(sent)
        SCREENSHOTS.mkdir(exist_ok=True)
        rounds: list[tuple[Visit, Visit, float]] = []
        try:
            screenshot(ours, SCREENSHOTS / "first_image_lightbox.jpg")
            screenshot(ohif, SCREENSHOTS / "first_image_ohif.jpg")
            begun = time.monotonic()
            while len(rounds) < RUNS and time.monotonic() - begun < ROUNDS_S:
                rounds.append((visit(ours), visit(ohif), decode_s(sent)))
        except (TooSlow, Error) as error:
            if not rounds:
                raise NotHere(f"no round came to its end: {error}") from error
    mine, theirs = [one[0] for one in rounds], [one[1] for one in rounds]
    yield from _compared(mine, theirs)
    yield paired(
        "viewer / OHIF, all slices, decoded after that",
        [one.all_s + decoding for one, _, decoding in rounds],
        [one.all_s for one in theirs],
        unit="s",
        goal=Goal("ratio", "≤", 0.65),
        note="all slices and then what the viewer's own workers take for every one of them, bytes in memory",
    )
    yield paired(
        "viewer, decode all / load all",
        [one[2] for one in rounds],
        [one.all_s for one in mine],
        unit="s",
        goal=Goal("ratio", "≤", 1 / 2),
        note="the viewer's own workers on every slice, bytes in memory, beside what the line takes to bring them",
    )


def _ours(sent: SentStudy) -> Viewer:
    address = f"/e#/images/{sent.series}"
    return Viewer(sent.port, address, sharp=_OURS_SHARP, all=_OURS_ALL, extra_s=_quarters_s, prepare=sent.sign_in)


def _quarters_s(page: Page) -> float:
    """When the last quarter had come."""
    return float(page.evaluate(_QUARTERS)) / 1000


def _compared(ours: list[Visit], ohif: list[Visit]) -> Iterator[Row]:
    note = f"{SLICES} slices of 512², {MBIT_S} Mbit/s, {ROUND_TRIP_MS} ms; OHIF 3.13.2 over Orthanc"

    def row(name: str, mine: Callable[[Visit], float], theirs: Callable[[Visit], float], unit: str, bound: float | None) -> Row:
        figures = [mine(one) for one in ours], [theirs(one) for one in ohif]
        goal = None if bound is None else Goal("ratio", "≤", bound)
        return paired(f"viewer / OHIF, {name}", *figures, unit=unit, goal=goal, note=note)

    yield row("first image", lambda one: one.first_s, lambda one: one.first_s, "s", 1 / 7)
    yield row("bytes to first image", lambda one: one.first_mb, lambda one: one.first_mb, "MB", 1 / 10)
    yield row("first image in full", lambda one: one.sharp_s, lambda one: one.sharp_s, "s", None)
    yield row("bytes to first in full", lambda one: one.sharp_mb, lambda one: one.sharp_mb, "MB", None)
    yield row("series at 1/4 / its first", lambda one: one.extra_s, lambda one: one.first_s, "s", 1)
    yield row("all slices", lambda one: one.all_s, lambda one: one.all_s, "s", 0.65)
    yield row("memory", lambda one: one.memory_mb, lambda one: one.memory_mb, "MB", 2 / 5)
