"""The patient's pages as a visitor uses them, over the whole local cloud."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.cloud_fixtures import Ran

# Whether the picture that the selector names is drawn; for `wait_for_function`.
LOADED = "(selector) => { const found = document.querySelector(selector); return found?.complete && found.naturalWidth > 0 }"


def answer(page: Page, digits: str) -> None:
    """The visitor's answer to the page's question."""
    page.get_by_role("textbox").fill(digits)
    page.locator("button[type=submit]").click()


def enter(page: Page, journey: Ran) -> None:
    """From the link to the exam's page."""
    page.goto(journey.outcome.link)
    answer(page, journey.outcome.phone_tail)
    page.locator("a.entry").first.wait_for()
