"""Signing out: what the cloud forgets, and what it takes back from the browser."""

from __future__ import annotations

import pytest

from tests.handlers.patient_world import Browser, World, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    browser = Browser(world)
    assert browser.verify(world.token("a"), world.cases["a"].phone[-4:]).status == 201
    return browser


def test_signing_out_forgets_the_session_everywhere(browser):
    stolen = browser.session
    gone = browser.call("DELETE", "/sessions")
    assert gone.status == 204
    assert "Max-Age=0" in gone.cookies[0]
    assert gone.headers["Clear-Site-Data"] == '"cache"'
    browser.session = stolen
    assert browser.call("GET", "/exam").status == 401
    assert browser.call("DELETE", "/sessions").status == 204


def test_signing_out_takes_back_every_cookie_that_opens_pictures(browser):
    """The next person at the device must not open the film by its address; the session's end alone does not stop the CDN."""

    def named(reply):
        return {
            (line.split("=")[0], line.split("Path=")[1].split(";")[0]) for line in reply.cookies if line.startswith("CloudFront")
        }

    exam = browser.call("GET", "/exam").body
    study = exam["studies"][0]
    given = named(browser.call("POST", f"/series/{study['series'][0]['series']}/open", {}))
    given |= named(browser.call("POST", "/derived/open", {"study": study["study"]})) | named(browser.call("GET", "/report"))
    gone = browser.call("DELETE", "/sessions")
    assert given
    assert given <= named(gone)
    assert all("Max-Age=0" in line for line in gone.cookies)
