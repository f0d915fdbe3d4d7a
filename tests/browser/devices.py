"""Chromium and the four sizes at which every page is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Device:
    """Size in CSS pixels; `touch` is a phone or tablet."""

    name: str
    width: int
    height: int
    touch: bool


SMALL_PHONE = Device("360x640", 360, 640, touch=True)
PHONE = Device("390x844", 390, 844, touch=True)
TABLET = Device("820x1180", 820, 1180, touch=True)
DESK = Device("1440x900", 1440, 900, touch=False)
DEVICES = (SMALL_PHONE, PHONE, TABLET, DESK)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """One headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, headless=True)
        try:
            yield browser
        finally:
            browser.close()


def open_device(browser: Browser, device: Device = PHONE, **options: Any) -> BrowserContext:
    """A fresh profile of that size, in the hospital's time zone unless told otherwise."""
    context = browser.new_context(
        viewport={"width": device.width, "height": device.height},
        has_touch=device.touch,
        is_mobile=device.touch,
        **{"timezone_id": "Asia/Shanghai", "locale": "zh-CN", "reduced_motion": "reduce", **options},
    )
    context.set_default_timeout(10_000)
    return context
