"""Fixtures of tests that drive Debian's Chromium; tests/conftest.py loads this module through `pytest_plugins`.

`chromium` (session): one browser for all tests of a run; each test opens contexts of its own (`tests.browser.devices`).
`web_origin` (session): the built web app on a free loopback port, with the gateway's own headers and nothing behind it. It is for
states that a live cloud cannot be brought to cheaply, with `tests.browser.stand_in` in the cloud's place.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.devices import open_chromium
from tests.browser.web_server import serve_web


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless, without any traffic of its own."""
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def web_origin() -> Iterator[str]:
    """`http://127.0.0.1:…` of the built pages."""
    with serve_web() as origin:
        yield origin
