"""States of the viewer with the real CT, for pictures and for the checks of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from iac.local.studies import real_ct
from tests.browser.devices import Device, open_device
from tests.browser.series_server import SeriesCloud, packed, serve_series
from tests.browser.viewer_page import WHOLE, everything_loaded, open_viewer, settled

# What the hospital calls exam and series.
WORDS = {"zh-CN": ("上腹部CT增强", "上腹部 门静脉期 3 mm"), "en": ("CT abdomen with contrast", "Portal venous 3 mm")}
REFUSED = ".viewer-notice[role=alert]"


@dataclass(frozen=True)
class ViewerShot:
    """One state of the viewer: what the cloud does, what is waited for, and what is done on the page."""

    name: str
    prepare: Callable[[SeriesCloud], None] = lambda cloud: None
    wait: str = WHOLE
    act: Callable[[Page], None] = lambda page: None


def _refuse(cloud: SeriesCloud) -> None:
    cloud.refuse = lambda name: 404 if name.endswith((".index", ".low", ".rest")) else None


def _archive(cloud: SeriesCloud) -> None:
    cloud.tier, cloud.archived = "recalling", True


def _more(page: Page) -> None:
    page.keyboard.press("?")
    page.locator(".viewer-panel").wait_for()


def _enlarged(page: Page) -> None:
    page.keyboard.press("z")
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("i")


VIEWER_SHOTS = (
    ViewerShot("viewer"),
    ViewerShot("viewer-more", act=_more),
    ViewerShot("viewer-enlarged-inverted", act=_enlarged),
    ViewerShot("viewer-refused", _refuse, REFUSED),
    ViewerShot("viewer-archived", _archive, ".viewer-fetching"),
)


@contextmanager
def real_series(language: str) -> Iterator[SeriesCloud]:
    """A cloud that holds the real CT, named in that language."""
    item, series = WORDS[language]
    with serve_series(packed(real_ct(), series)) as cloud:
        cloud.item = item
        yield cloud


@contextmanager
def viewing(
    browser: Browser,
    cloud: SeriesCloud,
    shot: ViewerShot,
    device: Device,
    language: str,
) -> Iterator[Page]:
    """The viewer in that state."""
    cloud.refuse = lambda name: None
    cloud.tier, cloud.archived = "online", False
    shot.prepare(cloud)
    with open_device(browser, device) as context:
        context.add_init_script(f"localStorage.setItem('lightbox.language', '{language}')")
        page = open_viewer(context, cloud, cloud.series[0], wait=shot.wait)
        if shot.wait == WHOLE:
            everything_loaded(page)
        shot.act(page)
        settled(page)
        yield page
