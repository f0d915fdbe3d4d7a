"""The signed cookies that open pixels, films and the report's PDF: of what, how long, how many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.adapters import schemas
from functions.core.access.cloudfront import CookieRefused, verify_cookies
from functions.core.study import keys
from functions.core.study.records import Exam, ReportVersion, Series
from functions.core.times import epoch_s
from tests.fakes import SETTINGS
from tests.handlers.patient_world import PUBLIC_KEYS, Browser, Reply, World, let_in, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    return let_in(world)


def jar_of(reply: Reply) -> dict[str, str]:
    return dict(cookie.split(";")[0].split("=", 1) for cookie in reply.cookies)


@pytest.mark.req("SEC-04")
def test_a_series_opens_with_cookies_for_its_study_and_five_minutes(world, browser):
    case = world.cases["a"]
    opened = browser.call("POST", "/series/{series}/open", {}, series=case.series)
    schemas.check(opened.body, "patient_series_answer.v1")
    base = f"/pixels/k1/shiyi/{case.study}/{case.series}/"
    assert opened.body["base"] == base
    assert len(opened.cookies) == 3
    whole = f"/pixels/k1/shiyi/{case.study}/"
    assert all(f"; Path={whole}; Max-Age=300; Secure; HttpOnly" in cookie for cookie in opened.cookies)
    now = epoch_s(world.deps.clock.now())
    policy = verify_cookies(jar_of(opened), f"{SETTINGS.origin}{base}x.low", now=now + 299, public_keys=PUBLIC_KEYS)
    assert policy.resource == f"{SETTINGS.origin}{whole}*"
    assert policy.expires_at == now + 300


def test_a_hundred_series_leave_a_browser_three_cookies(world, browser):
    """Chromium keeps some 180 a site and throws out the rest: three for each series would end at sixty thumbnails."""
    case = world.cases["a"]
    kept = set()
    for number in range(100):
        series = world.deps.naming.series("shiyi", f"1.2.a.{number}")
        row = world.deps.table.get(keys.study_pk("shiyi", case.study), keys.series_sk(case.series))
        world.put(replace(Series.from_row(row), series=series))
        opened = browser.call("POST", "/series/{series}/open", {}, series=series)
        kept |= {(cookie.split("=")[0], cookie.split("; ")[1]) for cookie in opened.cookies}
    assert len(kept) == 3


@pytest.mark.req("SEC-04")
def test_films_open_with_cookies_of_their_study_and_nothing_beside_them(world, browser):
    case = world.cases["a"]
    opened = browser.call("POST", "/derived/open", {"study": case.study})
    schemas.check(opened.body, "patient_derived_answer.v1")
    base = f"/derived/shiyi/{case.study}/"
    assert opened.body["base"] == base
    assert all(f"; Path={base}film/; Max-Age=300; " in cookie for cookie in opened.cookies)
    now = epoch_s(world.deps.clock.now())
    assert verify_cookies(jar_of(opened), f"{SETTINGS.origin}{base}film/x.jpg", now=now, public_keys=PUBLIC_KEYS)
    with pytest.raises(CookieRefused, match="other_resource"):
        verify_cookies(jar_of(opened), f"{SETTINGS.origin}{base}report/x.pdf", now=now, public_keys=PUBLIC_KEYS)


@pytest.mark.req("SEC-04", "EDGE-07")
def test_only_the_current_reports_pdf_opens_and_none_once_it_is_retracted(world, browser):
    """What was superseded or taken back stays in storage; nobody's cookies reach it."""
    case = world.cases["a"]
    exam_key = keys.exam_pk("shiyi", case.exam)
    first = ReportVersion.from_row(world.deps.table.get(exam_key, keys.exam_report_sk(1)))
    old = browser.call("GET", "/report").body["pdf"]
    place = {"exam": case.exam, "name": f"report/{keys.sha256_hex('corrected')}.pdf"}
    world.put(replace(first, report_version=2, state="corrected", document=place))
    world.change(Exam, exam_key, "EXAM", report_version=2)
    now = epoch_s(world.deps.clock.now())
    report, renewed = browser.call("GET", "/report"), browser.call("POST", "/derived/open", {"study": case.exam})
    schemas.check(report.body, "patient_report.v1")
    schemas.check(renewed.body, "patient_derived_answer.v1")
    new = report.body["pdf"]
    for answer in (report, renewed):
        assert all(f"; Path={new}; Max-Age=300; " in cookie for cookie in answer.cookies)
        assert verify_cookies(jar_of(answer), f"{SETTINGS.origin}{new}", now=now, public_keys=PUBLIC_KEYS)
        with pytest.raises(CookieRefused, match="other_resource"):
            verify_cookies(jar_of(answer), f"{SETTINGS.origin}{old}", now=now, public_keys=PUBLIC_KEYS)
    world.change(ReportVersion, exam_key, keys.exam_report_sk(2), state="retracted")
    assert browser.call("GET", "/report").cookies == []
    assert browser.call("POST", "/derived/open", {"study": case.exam}).cookies == []


def test_the_cookies_never_outlive_the_session(world, browser):
    world.deps.clock.advance(1790)
    # nothing was asked for half an hour, so the session ends in ten seconds; asking now prolongs it
    case = world.cases["a"]
    opened = browser.call("POST", "/series/{series}/open", {}, series=case.series)
    assert opened.body["expires_at"] == "2026-11-24T06:35:00Z"
    assert browser.call("GET", "/exam").status == 200
