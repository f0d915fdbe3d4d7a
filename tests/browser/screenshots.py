"""Every patient page in every state, size and language, to be looked at side by side.

`python -m tests.browser.screenshots [--only NAME] [--device NAME]` writes PNG files to build/screenshots (not committed) from
the built web app and the stand-in cloud.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.devices import DESK, DEVICES, PHONE, Device, open_chromium, open_device
from tests.browser.stand_in import HOSPITAL, LINK, OPEN, StandIn, arriving_exam, empty_exam, exam, refused, report
from tests.browser.web_server import serve_web

OUT = Path("build/screenshots")


# As a browser's own setting does it: the size of the root.
TEXT_SIZE = "(percent) => { document.documentElement.style.fontSize = `${percent}%` }"


@dataclass(frozen=True)
class Shot:
    """One state of one page: how to bring the stand-in there, and what to do on the page."""

    name: str
    path: str
    prepare: Callable[[StandIn], None] = lambda cloud: None
    act: Callable[[Page], None] = lambda page: None


def _answering(name: str, status: int, code: str, **details: object) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.answers[name] = refused(status, code, **details)

    return prepare


def _signed_in(make: Callable[[], dict[str, object]] = exam) -> Callable[[StandIn], None]:
    return lambda cloud: cloud.sign_in(make())


def _silent(cloud: StandIn) -> None:
    cloud.answers["POST /links/open"] = None


def _wrong(cloud: StandIn) -> None:
    cloud.answers["POST /sessions"] = refused(403, "answer_wrong", tries_left=3)


def _answer(page: Page) -> None:
    page.get_by_role("textbox").fill("1234")
    page.locator("button[type=submit]").click()
    page.get_by_role("alert").wait_for()


def _corrected(cloud: StandIn) -> None:
    cloud.sign_in(exam(report={"state": "corrected", "version": 2}))
    cloud.answers["GET /report"] = (200, report(state="corrected", version=2))


def _enlarge_text(page: Page) -> None:
    page.get_by_role("slider").fill("200")


def _enlarge_film(page: Page) -> None:
    page.locator(".sheet-picture").first.click()
    page.locator(".zoom-tool").nth(1).click()


def _sign_out(page: Page) -> None:
    page.locator(".top-end button").nth(1).click()
    page.locator(".state-icon").wait_for()


def _code(page: Page) -> None:
    page.locator(".button-quiet").click()
    page.get_by_role("textbox").fill("123")


UNTIL = "2026-11-24T06:17:05Z"
SHOTS = (
    Shot("landing", "/"),
    Shot("verify", LINK),
    Shot("verify-code", LINK, act=_code),
    Shot("verify-wrong", LINK, _wrong, _answer),
    Shot("locked", LINK, _answering(OPEN, 423, "link_locked", until=UNTIL, hospital=HOSPITAL)),
    Shot("expired", LINK, _answering(OPEN, 410, "link_expired", hospital=HOSPITAL)),
    Shot("revoked", LINK, _answering(OPEN, 410, "link_revoked", hospital=HOSPITAL)),
    Shot("waiting", LINK, _answering(OPEN, 409, "exam_not_released", hospital=HOSPITAL)),
    Shot("unknown", LINK, _answering(OPEN, 404, "link_unknown")),
    Shot("offline", LINK, _silent),
    Shot("failed", LINK, _answering(OPEN, 503, "service_busy")),
    Shot("reopen", "/e"),
    Shot("exam", "/e", _signed_in()),
    Shot("exam-arriving", "/e", _signed_in(arriving_exam)),
    Shot("exam-empty", "/e", _signed_in(empty_exam)),
    Shot("report", "/e#/report", _signed_in()),
    Shot("report-200", "/e#/report", _signed_in(), _enlarge_text),
    Shot("report-corrected", "/e#/report", _corrected),
    Shot("report-missing", "/e#/report", _signed_in(empty_exam)),
    Shot("film", "/e#/film", _signed_in()),
    Shot("film-enlarged", "/e#/film", _signed_in(), _enlarge_film),
    Shot("film-missing", "/e#/film", _signed_in(arriving_exam)),
    Shot("images", "/e#/images", _signed_in()),
    Shot("images-arriving", "/e#/images", _signed_in(arriving_exam)),
    Shot("images-missing", "/e#/images", _signed_in(empty_exam)),
    Shot("left", "/e", _signed_in(), _sign_out),
)


# Nothing is on its way any more: no skeleton, no picture without its pixels (a lazy one far below stays unloaded).
_SETTLED = """() => document.querySelector('h1')
  && !document.querySelector('.skeleton, [aria-busy=true], .button[aria-disabled=true]')
  && [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > 2 * innerHeight)
  && [...document.querySelectorAll('.thumbnail, .entry-picture')].every((box) => box.firstElementChild
    || box.getBoundingClientRect().top > innerHeight)"""


@contextmanager
def showing(
    browser: Browser,
    origin: str,
    shot: Shot,
    device: Device,
    language: str,
    *,
    text_percent: int = 100,
    before: Callable[[Page], Any] = lambda page: None,
) -> Iterator[tuple[Page, Any]]:
    """The page in that state, and what `before` made of it while it was still empty.

    text_percent: the reader's own text size in the browser.
    """
    with open_device(browser, device) as context:
        cloud = StandIn()
        shot.prepare(cloud)
        cloud.stand_before(context)
        context.add_init_script(f"localStorage.setItem('lightbox.language', '{language}')")
        page = context.new_page()
        if text_percent != 100:
            page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => ({TEXT_SIZE})({text_percent}))")
        made = before(page)
        page.goto(origin + shot.path)
        page.wait_for_function(_SETTLED)
        shot.act(page)
        page.wait_for_function(_SETTLED)
        yield page, made


def take(browser: Browser, origin: str, shot: Shot, device: Device, language: str, out: Path, text_percent: int = 100) -> None:
    """One picture."""
    suffix = "" if text_percent == 100 else f"-text{text_percent}"
    with showing(browser, origin, shot, device, language, text_percent=text_percent) as (page, _):
        page.screenshot(path=out / f"{shot.name}-{device.name}-{language}{suffix}.png", full_page=shot.name != "film-enlarged")


def main(out: Path, only: str, devices: Sequence[Device]) -> None:
    """Take those whose name contains `only`."""
    out.mkdir(parents=True, exist_ok=True)
    with serve_web() as origin, open_chromium() as browser:
        for shot in SHOTS:
            if only not in shot.name:
                continue
            for device in devices:
                for language in ("zh-CN", "en"):
                    take(browser, origin, shot, device, language, out)
                if device in (PHONE, DESK):
                    take(browser, origin, shot, device, "zh-CN", out, text_percent=200)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--device", default="")
    options = parser.parse_args()
    main(OUT, options.only, [device for device in DEVICES if options.device in device.name])
