"""From the link to the pictures, as a patient's browser asks for them."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from functions.adapters import links as link_rows
from functions.adapters import schemas
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from functions.adapters.vault.memory import MemoryVault
from functions.core.access import links
from functions.core.access.cloudfront import CookieRefused, verify_cookies
from functions.core.access.links import Link
from functions.core.access.tokens import token_digest
from functions.core.errors import ObjectRefused
from functions.core.study import changes, keys
from functions.core.study.records import Exam, ReportVersion, Series
from functions.core.times import epoch_s
from tests.fakes import SETTINGS
from tests.handlers.patient_world import PUBLIC_KEYS, Browser, Reply, World, fakes, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world)


def enter(world: World, browser: Browser, nick: str = "a") -> None:
    assert browser.verify(world.token(nick), world.cases[nick].phone[-4:]).status == 201


@pytest.mark.req("PAT-01", "NTF-02")
def test_the_link_from_the_sms_opens_the_exam_after_the_identity_check(world, browser):
    opened = browser.call("POST", "/links/open", {"token": world.token("a")})
    assert opened.status == 200
    schemas.check(opened.body, "patient_link_answer.v1")
    assert opened.body["hospital"]["name"] == "佛山市示例医院"
    assert browser.call("GET", "/exam").status == 401, "a link alone opens nothing"
    entered = browser.verify(world.token("a"), "1234")
    assert entered.status == 201
    schemas.check(entered.body, "patient_session_answer.v1")
    exam = browser.call("GET", "/exam")
    assert exam.status == 200
    schemas.check(exam.body, "patient_exam.v1")
    assert exam.body["exam"] == world.cases["a"].exam


@pytest.mark.req("PAT-01")
def test_the_link_from_paper_opens_with_the_code_beside_it(world, browser):
    assert browser.verify(world.token("a", "paper"), world.code("a"), "code").status == 201
    assert browser.call("GET", "/exam").body["exam"] == world.cases["a"].exam


def test_a_partial_study_is_told_as_partial(world, browser):
    enter(world, browser)
    (study,) = browser.call("GET", "/exam").body["studies"]
    assert (study["received"], study["declared"], study["complete"]) == (214, 300, False)
    (series,) = study["series"]
    assert (series["pages"][0], len(series["pages"])) == (series["index"], 2)
    assert (study["series"][0]["received"], study["series"][0]["declared"]) == (214, 300)


@pytest.mark.req("SEC-07")
def test_the_exam_shows_a_masked_name_and_no_number_of_the_person(world, browser):
    enter(world, browser)
    answer = browser.call("GET", "/exam").body
    assert answer["patient"] == {"name": "张*", "sex": "M", "age": "063Y"}
    text = repr(answer)
    assert "三丰" not in text
    assert "13800001234" not in text
    assert "1963" not in text


def test_the_report_is_the_hospitals_words_and_names_its_pdf(world, browser):
    enter(world, browser)
    report = browser.call("GET", "/report")
    schemas.check(report.body, "patient_report.v1")
    assert report.body["findings"] == "所见 a"
    assert report.body["pdf"] == f"/derived/shiyi/{world.cases['a'].exam}/report/{keys.sha256_hex('a')}.pdf"


class Closed(MemoryVault):
    """As S3 is to whoever may not list its buckets."""

    def get(self, bucket: keys.Bucket, key: str) -> bytes:
        raise ObjectRefused(bucket=bucket)


@pytest.mark.parametrize(("vault", "code"), [(MemoryVault(), "object_missing"), (Closed(), "object_refused")])
def test_a_report_whose_object_is_gone_is_a_failure_of_ours_that_somebody_hears_of(world, browser, vault, code):
    """The row names it: to say that there is no report would be wrong, and no alarm would go off."""
    enter(world, browser)
    world.deps.vault = vault
    answer = browser.call("GET", "/report")
    schemas.check(answer.body, "error.v1")
    assert (answer.status, answer.body["code"], answer.body["retry"]) == (503, code, True)


def change_report(world: World, **values: object) -> None:
    case = world.cases["a"]
    world.change(ReportVersion, keys.exam_pk(case.tenant, case.exam), keys.exam_report_sk(1), **values)


@pytest.mark.parametrize("state", ["preliminary", "retracted"])
@pytest.mark.req("EDGE-07")
def test_a_report_that_is_not_audited_is_not_shown(world, browser, state):
    enter(world, browser)
    change_report(world, state=state)
    assert browser.call("GET", "/exam").body["report"] is None
    answer = browser.call("GET", "/report")
    assert (answer.status, answer.body["code"]) == (404, "not_in_exam")


@pytest.mark.parametrize("release", ["held", "hidden"])
@pytest.mark.req("EDGE-07")
def test_an_exam_that_is_not_released_opens_nothing_and_names_whom_to_call(world, browser, release):
    """Held or taken back: an open session sees nothing more either."""
    enter(world, browser)
    case = world.cases["a"]
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", release=release)
    answers = [
        browser.call("GET", "/exam"),
        browser.call("GET", "/report"),
        browser.call("POST", "/series/{series}/open", {}, series=case.series),
        browser.call("POST", "/derived/open", {"study": case.study}),
        browser.call("POST", "/links/open", {"token": world.token("a")}),
        browser.verify(world.token("a"), "1234"),
    ]
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (409, "exam_not_released")
        assert answer.body["hospital"]["phone"] == "0757-88880000"
        assert answer.cookies == []


@pytest.mark.req("SEC-04")
def test_a_series_opens_with_cookies_for_its_study_and_five_minutes(world, browser):
    enter(world, browser)
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


def jar_of(reply: Reply) -> dict[str, str]:
    return dict(cookie.split(";")[0].split("=", 1) for cookie in reply.cookies)


def test_a_hundred_series_leave_a_browser_three_cookies(world, browser):
    """Chromium keeps some 180 a site and throws out the rest: three for each series would end at sixty thumbnails."""
    enter(world, browser)
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
    enter(world, browser)
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
    enter(world, browser)
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
    enter(world, browser)
    world.deps.clock.advance(1790)
    # nothing was asked for half an hour, so the session ends in ten seconds; asking now prolongs it
    case = world.cases["a"]
    opened = browser.call("POST", "/series/{series}/open", {}, series=case.series)
    assert opened.body["expires_at"] == "2026-11-24T06:35:00Z"
    assert browser.call("GET", "/exam").status == 200


@pytest.mark.req("PAT-03")
def test_five_wrong_answers_lock_the_link_and_a_right_one_does_not_open_it_then(world, browser):
    token = world.token("a")
    for left in (4, 3, 2, 1):
        wrong = browser.verify(token, "0000")
        assert (wrong.status, wrong.body["code"], wrong.body["tries_left"]) == (403, "answer_wrong", left)
    fifth = browser.verify(token, "0000")
    assert (fifth.status, fifth.body["code"], fifth.body["until"]) == (423, "link_locked", "2026-11-24T06:20:00Z")
    assert browser.verify(token, "1234").status == 423
    assert browser.call("POST", "/links/open", {"token": token}).body["hospital"]["phone"]
    world.deps.clock.advance(15 * 60)
    assert browser.verify(token, "1234").status == 201


@pytest.mark.req("PAT-03")
def test_the_right_answer_at_the_last_try_opens_the_link_and_tells_of_no_lock(browser_with_events):
    """The try shuts the link before the answer is looked at; a journal that says locked and unlocked would tell of an attack."""
    world, browser, told = browser_with_events
    token = world.token("a")
    for _ in range(4):
        browser.verify(token, "0000")
    assert browser.verify(token, "1234").status == 201
    assert [event for event in told if event.startswith("link_") and event != "link_issued"] == []
    for _ in range(5):
        browser.verify(token, "0000")
    assert [event for event in told if event.startswith("link_") and event != "link_issued"] == ["link_locked"]
    assert browser.verify(token, "1234").status == 423


@pytest.mark.req("PAT-03")
def test_a_crash_while_the_last_answer_is_compared_leaves_the_link_shut_for_the_lock(world, browser):
    token = world.token("a")
    link = Link.from_row(world.deps.table.get(keys.link_pk(token_digest(token)), "LINK"))
    for _ in range(5):
        link = links.take_try(link, epoch_s(world.deps.clock.now()))
    world.put(link)
    assert browser.verify(token, "1234").status == 423
    world.deps.clock.advance(15 * 60)
    assert browser.verify(token, "1234").status == 201


@pytest.fixture
def browser_with_events() -> tuple[World, Browser, list[str]]:
    """With the types of all events that the table's changes make."""
    told: list[str] = []

    def watch(old: Row | None, new: Row | None) -> None:
        told.extend(event["type"] for event in changes.events(old, new, "2026-11-24T06:05:00Z"))

    deps = fakes()
    deps.table = MemoryTable(watch=watch)
    world = World(deps)
    world.hospital("shiyi", "佛山市示例医院")
    world.exam("a", "shiyi")
    return world, Browser(world), told


@pytest.mark.req("PAT-03")
def test_twenty_guesses_at_once_are_looked_at_five_times_at_most(world):
    """The tries are taken by conditional writes; a burst cannot slip past the count."""
    token = world.token("a")
    gate = threading.Barrier(20)
    statuses: list[int] = []

    def guess(number: int) -> None:
        own = Browser(world)
        gate.wait()
        statuses.append(own.verify(token, f"{number:04d}").status)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked_at = [status for status in statuses if status == 403]
    assert len(statuses) == 20
    assert len(looked_at) <= 4, "four wrong answers are told, the fifth says locked"
    assert set(statuses) <= {403, 409, 423}
    row = world.deps.table.get(keys.link_pk(token_digest(token)), "LINK")
    assert row["tries"] == 5
    assert row["lock_level"] == 1


def test_staff_unlock_a_link(world, browser):
    token = world.token("a")
    for _ in range(5):
        browser.verify(token, "0000")
    link_rows.unlock(world.deps.table, token_digest(token))
    assert browser.verify(token, "1234").status == 201


def test_a_lock_is_of_one_link(world, browser):
    for _ in range(5):
        browser.verify(world.token("a"), "0000")
    assert browser.verify(world.token("a", "paper"), world.code("a"), "code").status == 201
    assert browser.verify(world.token("b"), "5678").status == 201


def test_nothing_tells_whether_a_phone_is_known(world, browser):
    """An exam without a phone answers as one with a phone that was mistyped."""
    known = world.token("b")
    world.exam("d", "shiyi", phone="")
    unknown = world.token("d")
    strip = {"request_id"}
    for body in ({"token": known}, {"token": unknown}):
        opened = browser.call("POST", "/links/open", body)
        assert opened.body["modes"] == ["phone_tail", "code"]
        assert opened.body["phone_hint"] is None
    first, second = browser.verify(known, "0000"), browser.verify(unknown, "0000")
    assert {k: v for k, v in first.body.items() if k not in strip} == {k: v for k, v in second.body.items() if k not in strip}


@pytest.mark.parametrize("token", ["x", "0" * 27, "'; DROP TABLE", "ü" * 27])
def test_what_is_no_link_is_unknown_whatever_its_form(browser, token):
    for answer in (browser.call("POST", "/links/open", {"token": token}), browser.verify(token, "1234")):
        assert (answer.status, answer.body["code"]) == (404, "link_unknown")


def test_a_link_ends_and_says_so_for_a_month(world, browser):
    token = world.token("a")
    world.deps.clock.advance(180 * 86400)
    ended = browser.call("POST", "/links/open", {"token": token})
    assert (ended.status, ended.body["code"]) == (410, "link_expired")
    assert ended.body["hospital"]["name"] == "佛山市示例医院"
    world.deps.clock.advance(30 * 86400)
    assert browser.call("POST", "/links/open", {"token": token}).body["code"] == "link_unknown"


def test_a_revoked_link_ends_its_sessions_at_once(world, browser):
    token = world.token("a")
    enter(world, browser)
    row = world.deps.table.get(keys.link_pk(token_digest(token)), "LINK")
    world.deps.table.put({**row, "revoked": True}, expect=row["version"])
    assert browser.call("GET", "/exam").status == 401
    assert browser.verify(token, "1234").body["code"] == "link_revoked"
    assert world.token("a") != token, "a new SMS carries the next serial"


def test_a_session_ends_after_half_an_hour_of_silence(world, browser):
    enter(world, browser)
    world.deps.clock.advance(1799)
    assert browser.call("GET", "/exam").status == 200
    world.deps.clock.advance(1799)
    assert browser.call("GET", "/exam").status == 200, "use prolongs it"
    world.deps.clock.advance(1800)
    ended = browser.call("GET", "/exam")
    assert (ended.status, ended.body["code"]) == (401, "session_missing")


def test_polling_writes_nothing(world, browser):
    """A waiting page asks every few seconds."""
    enter(world, browser)
    before = world.deps.table.everything()
    for _ in range(3):
        assert browser.call("GET", "/exam").status == 200
    assert world.deps.table.everything() == before


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403, "origin_wrong"),
        ({"Content-Type": "application/json"}, 403, "origin_wrong"),
        ({"Content-Type": "text/plain", "Origin": SETTINGS.origin}, 415, "content_type_wrong"),
    ],
)
def test_a_change_needs_json_and_our_own_origin(world, browser, headers, status, code):
    """A form on another site can send neither."""
    token = world.token("a")
    answer = browser.call("POST", "/sessions", {"token": token, "mode": "phone_tail", "answer": "1234"}, headers=headers)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.cookies == []


@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": "x", "more": 1}, {"token": "x" * 129}, [], None])
def test_a_body_of_another_form_is_refused_without_being_repeated(browser, body):
    answer = browser.call("POST", "/links/open", body)
    assert (answer.status, answer.body["code"]) == (400, "document_invalid")
