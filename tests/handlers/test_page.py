"""In China a function answers the app's page: with every header that the CDN adds elsewhere, and when storage is away."""

from __future__ import annotations

import io
from typing import Any

import pytest

from functions.adapters.web_page import FRESH_S, WebBucket
from functions.core.page_headers import CONTENT_SECURITY_POLICY
from functions.page.handler import answer


class Storage:
    def __init__(self, page: str) -> None:
        self.page, self.away, self.asked = page, False, 0

    def get_object(self, **_: Any) -> dict[str, Any]:
        self.asked += 1
        if self.away:
            raise ConnectionError
        return {"Body": io.BytesIO(self.page.encode())}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_page_comes_with_every_header_of_the_cdn():
    """Without them a page in China could be framed, and would run what another site sends."""
    given = answer(lambda: "<!doctype html>")
    assert given["headers"]["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert given["headers"]["x-frame-options"] == "DENY"
    assert given["headers"]["strict-transport-security"].startswith("max-age=31536000")
    assert (given["statusCode"], given["body"]) == (200, "<!doctype html>")


def test_a_new_page_is_served_within_a_minute_and_the_old_one_while_storage_is_away():
    storage, clock = Storage("one"), Clock()
    bucket = WebBucket("web", lambda: storage, clock)
    assert [bucket.page(), bucket.page()] == ["one", "one"]
    assert storage.asked == 1
    storage.page, clock.now = "two", FRESH_S
    assert bucket.page() == "two"
    storage.away, clock.now = True, 3 * FRESH_S
    assert bucket.page() == "two"


def test_without_any_page_the_failure_is_seen():
    storage = Storage("")
    storage.away = True
    with pytest.raises(ConnectionError):
        WebBucket("web", lambda: storage, Clock()).page()
