"""The patient pages and the viewer in their states, sizes and languages, to be looked at side by side.

`python -m tests.browser.screenshots [--only NAME] [--device NAME]` writes PNG files to build/screenshots (not committed) from
the built web app: patient pages with the stand-in cloud and drawn images, the viewer with the real CT.
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
from tests.browser.stand_in import (
    HOSPITAL,
    LINK,
    OPEN,
    SERIES,
    StandIn,
    arriving_exam,
    empty_exam,
    exam,
    opened,
    progress,
    refused,
    report,
)
from tests.browser.viewer_shots import VIEWER_SHOTS, real_series, viewing
from tests.browser.web_server import serve_web

OUT = Path("build/screenshots")


# Nothing is on its way any more: no skeleton, no picture without its pixels, no link without its file (what is far below waits).
SETTLED = """() => document.querySelector('h1')
  && !document.querySelector('.skeleton, [aria-busy=true]')
  && [...document.querySelectorAll('.button[aria-disabled=true]')].every((link) => link.getBoundingClientRect().top > innerHeight)
  && [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > 2 * innerHeight)
  && [...document.querySelectorAll('.thumbnail, .entry-picture')].every((box) => box.firstElementChild
    || box.getBoundingClientRect().top > innerHeight)"""

# As a browser's own setting does it: the size of the root.
TEXT_SIZE = "(percent) => { document.documentElement.style.fontSize = `${percent}%` }"


@dataclass(frozen=True)
class Shot:
    """One state of one page: how to bring the stand-in there, and what to do on the page."""

    name: str
    path: str
    prepare: Callable[[StandIn], None] = lambda cloud: None
    act: Callable[[Page], None] = lambda page: None
    ready: str = SETTLED
    agent: str | None = None  # what the browser says it is


def _answering(name: str, status: int, code: str, **details: object) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.answers[name] = refused(status, code, **details)

    return prepare


def _asking(*modes: str) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.answers[OPEN] = opened(modes=list(modes))

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


def _verify(page: Page) -> None:
    page.get_by_role("textbox").fill("1234")
    page.locator("button[type=submit]").click()
    page.locator(".entry-picture.skeleton").first.wait_for()


def _corrected(cloud: StandIn) -> None:
    cloud.sign_in(exam(report={"state": "corrected", "version": 2}))
    cloud.answers["GET /report"] = (200, report(state="corrected", version=2))


def _refusing(name: str) -> Callable[[StandIn], None]:
    """Signed in, and that one request is refused for good."""

    def prepare(cloud: StandIn) -> None:
        cloud.sign_in()
        cloud.answers[name] = refused(400, "invalid_request")

    return prepare


def _holding(name: str) -> Callable[[StandIn], None]:
    return lambda cloud: cloud.held.add(name)


def _losing(address: str) -> Callable[[StandIn], None]:
    def prepare(cloud: StandIn) -> None:
        cloud.sign_in()
        cloud.lost.append(address)

    return prepare


def _no_sign_out(cloud: StandIn) -> None:
    cloud.sign_in()
    cloud.answers["DELETE /sessions"] = None


def _no_thumbnails(cloud: StandIn) -> None:
    cloud.sign_in()
    cloud.answers |= {f"POST /series/{name}/open": refused(403, "not_in_exam") for name in SERIES}


def _try_to_sign_out(page: Page) -> None:
    page.locator(".top-end button").nth(1).click()
    page.get_by_role("alert").wait_for()


def _go_offline(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("status").first.wait_for()


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


def seen(selector: str) -> str:
    """A page that is ready once that is there."""
    return f"() => document.querySelector('{selector}')"


WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
UNTIL = "2026-11-24T06:17:05Z"


def _under_way(state: str) -> Callable[[StandIn], None]:
    """A registered exam that is not published yet."""

    def prepare(cloud: StandIn) -> None:
        cloud.answers["GET /exam"] = refused(409, "exam_not_released", hospital=HOSPITAL, progress=True)
        cloud.answers["GET /progress"] = 200, progress(state)

    return prepare


SHOTS = (
    Shot("landing", "/"),
    Shot("verify", LINK),
    Shot("verify-code", LINK, act=_code),
    Shot("verify-id", LINK, _asking("id_tail", "code")),
    Shot("verify-wrong", LINK, _wrong, _answer),
    Shot("locked", LINK, _answering(OPEN, 423, "link_locked", until=UNTIL, hospital=HOSPITAL)),
    Shot("expired", LINK, _answering(OPEN, 410, "link_expired", hospital=HOSPITAL)),
    Shot("revoked", LINK, _answering(OPEN, 410, "link_revoked", hospital=HOSPITAL)),
    Shot("removed", LINK, _answering(OPEN, 410, "exam_expired", hospital=HOSPITAL)),
    Shot("waiting", LINK, _answering(OPEN, 409, "exam_not_released", hospital=HOSPITAL)),
    Shot("rebuilding", LINK, _answering(OPEN, 503, "hospital_rebuilding", hospital=HOSPITAL)),
    Shot("unknown", LINK, _answering(OPEN, 404, "link_unknown")),
    Shot("offline", LINK, _silent),
    Shot("failed", LINK, _answering(OPEN, 503, "service_busy")),
    Shot("reopen", "/e"),
    Shot("wechat-choice", "/#/wechat"),
    Shot("wechat-refused", "/#/wechat/refused"),
    Shot("wechat-over", "/#/wechat", _answering("GET /wechat/exams", 401, "session_missing")),
    Shot("wechat-failed", "/#/wechat", _answering("GET /wechat/exams", 500, "internal")),
    Shot("exam", "/e", _signed_in()),
    Shot("exam-ending", "/e", _signed_in(lambda: exam(kept_until="2026-12-20"))),
    Shot("exam-unnamed", "/e", _signed_in(lambda: exam(item="；"))),
    Shot("exam-arriving", "/e", _signed_in(arriving_exam)),
    Shot("exam-empty", "/e", _signed_in(empty_exam)),
    *(Shot(f"progress-{state}", "/e", _under_way(state)) for state in ("registered", "imaging", "reporting", "cancelled")),
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
    Shot("checking", LINK, _holding(OPEN), ready=seen(".checking-title")),
    Shot("exam-skeleton", LINK, _holding("GET /exam"), _verify, ready=seen("h1, .entry-picture.skeleton")),
    Shot("exam-failed", "/e", _refusing("GET /exam")),
    Shot("exam-offline", "/e", _signed_in(), _go_offline),
    Shot("sign-out-failed", "/e", _no_sign_out, _try_to_sign_out),
    Shot("report-failed", "/e#/report", _refusing("GET /report")),
    Shot("report-wechat", "/e#/report", _signed_in(), agent=WECHAT),
    Shot("exam-wechat", "/e", _signed_in(), agent=WECHAT),
    Shot("film-broken", "/e#/film", _losing("**/film/*.jpg")),
    Shot("images-no-thumbnails", "/e#/images", _no_thumbnails),
    Shot("series-no-code", f"/e#/images/{SERIES[1]}", _losing("**/assets/viewer-*.js")),
)


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
    agent = {} if shot.agent is None else {"user_agent": shot.agent}
    with open_device(browser, device, **agent) as context:
        cloud = StandIn()
        shot.prepare(cloud)
        cloud.stand_before(context)
        context.add_init_script(f"localStorage.setItem('lightbox.language', '{language}')")
        page = context.new_page()
        if text_percent != 100:
            page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => ({TEXT_SIZE})({text_percent}))")
        made = before(page)
        page.goto(origin + shot.path)
        page.wait_for_function(shot.ready)
        shot.act(page)
        page.wait_for_function(shot.ready)
        yield page, made


def take(browser: Browser, origin: str, shot: Shot, device: Device, language: str, out: Path, text_percent: int = 100) -> None:
    """One picture."""
    suffix = "" if text_percent == 100 else f"-text{text_percent}"
    with showing(browser, origin, shot, device, language, text_percent=text_percent) as (page, _):
        page.screenshot(path=out / f"{shot.name}-{device.name}-{language}{suffix}.png", full_page=shot.name != "film-enlarged")


def take_viewer(browser: Browser, language: str, only: str, devices: Sequence[Device], out: Path) -> None:
    """The viewer's pictures in one language."""
    shots = [shot for shot in VIEWER_SHOTS if only in shot.name]
    if not shots:
        return
    with real_series(language) as cloud:
        for shot in shots:
            for device in devices:
                with viewing(browser, cloud, shot, device, language) as page:
                    page.screenshot(path=out / f"{shot.name}-{device.name}-{language}.png")


def main(out: Path, only: str, devices: Sequence[Device]) -> None:
    """Take those whose name contains `only`."""
    from tests.browser.sharing_shots import SHARING_SHOTS  # which is made of this module's parts

    out.mkdir(parents=True, exist_ok=True)
    with serve_web() as origin, open_chromium() as browser:
        for shot in (*SHOTS, *SHARING_SHOTS):
            if only not in shot.name:
                continue
            for device in devices:
                for language in ("zh-CN", "en"):
                    take(browser, origin, shot, device, language, out)
                if device in (PHONE, DESK):
                    take(browser, origin, shot, device, "zh-CN", out, text_percent=200)
        for language in ("zh-CN", "en"):
            take_viewer(browser, language, only, [device for device in devices if device in (PHONE, DESK)], out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--device", default="")
    options = parser.parse_args()
    main(OUT, options.only, [device for device in DEVICES if options.device in device.name])
