"""What every page must pass: axe-core's rules, no sideways scrolling, targets for a thumb, an empty console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TARGET_PX = 48
REFUSED = ("Failed to load resource", "Failed to fetch dynamically imported module")

_RUN = "() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
_SMALL = """(least) => [...document.querySelectorAll('a[href], button, input')]
  .map((element) => ({ element, box: element.getBoundingClientRect() }))
  .filter(({ element, box }) => box.width > 0 && box.bottom > 0 && !element.closest('dialog:not([open])'))
  .filter(({ box }) => Math.round(box.width) < least || Math.round(box.height) < least)
  .map(({ element, box }) => `${element.outerHTML.slice(0, 90)} is ${box.width} x ${box.height}`)"""
_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline')
  .filter((element) => !element.closest('.hidden, .zoom-frame, svg') && element.clientWidth > 0)
  .map((element) => `${element.outerHTML.slice(0, 90)}: ${element.scrollWidth} in ${element.clientWidth}`)"""


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line each; empty is good."""
    page.evaluate(AXE.read_text())  # by the debugger: the page's own policy lets no foreign script in
    found: dict[str, Any] = page.evaluate(_RUN)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


def small_targets(page: Page) -> list[str]:
    """Links, buttons and fields smaller than 48 x 48 px."""
    small: list[str] = page.evaluate(_SMALL, TARGET_PX)
    return small


def too_wide(page: Page) -> list[str]:
    """Elements whose content does not fit their width: text that is cut or pushes the page sideways."""
    wide: list[str] = page.evaluate(_WIDE)
    return wide


class Complaints:
    """What the browser's console says while a page is used, but for requests that the test itself refuses."""

    def __init__(self, page: Page) -> None:
        self.lines: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._said(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._said(message.text)

    def _said(self, text: str) -> None:
        if not any(refused in text for refused in REFUSED):
            self.lines.append(text)
