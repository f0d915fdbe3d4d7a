"""Signing in: passwords, the first one's change, locks, and what ends a session."""

from __future__ import annotations

import pytest

from functions.adapters import accounts
from functions.core.access.staff_sessions import COOKIE
from functions.core.access.tries import FIRST_LOCK_S, MAX_TRIES
from tests.handlers.staff_world import PASSWORD, Browser, StaffWorld
from tests.handlers.uploads import TENANT

WRONG = "Wrong-1895"


@pytest.fixture
def world() -> StaffWorld:
    return StaffWorld()


def test_the_right_password_opens_a_session_that_says_who_and_what(world: StaffWorld) -> None:
    """The page shows what an account may do; the server asks again each time."""
    browser = world.browser("doctor", account="wang")
    me = browser.call("GET", "me")
    assert (me.status, me.body["account"], me.body["roles"], me.body["must_change"]) == (200, "wang", ["doctor"], False)
    assert "studies.view" in me.body["rights"]
    assert "agents.change" not in me.body["rights"]
    assert me.body["hospital"]["tenant"] == TENANT


def test_the_cookie_is_the_staffs_own_and_goes_to_nobody_else(world: StaffWorld) -> None:
    """No script reads it, no other site's link sends it, and it holds nothing but chance."""
    first = world.add("wang", "doctor")
    (cookie,) = Browser(world).sign_in("wang", first).cookies
    assert cookie.startswith(f"{COOKIE}=")
    assert cookie.partition("; ")[2] == "Path=/; Secure; HttpOnly; SameSite=Strict"


@pytest.mark.req("SEC-11")
def test_a_first_password_opens_nothing_but_its_own_change(world: StaffWorld) -> None:
    """Whoever made the account has seen it."""
    first = world.add("wang", "doctor")
    browser = Browser(world)
    assert browser.sign_in("wang", first).body["must_change"] is True
    assert browser.call("GET", "me").code == "password_must_change"
    assert browser.call("POST", "password", {"old": first, "new": PASSWORD}).status == 200
    assert browser.call("GET", "me").status == 200
    assert Browser(world).sign_in("wang", first).code == "sign_in_wrong"


@pytest.mark.req("SEC-10")
@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("Ab-1567", "too_short"),
        ("Abcdefg-", "no_digit"),
        ("abcdefg-1", "no_upper"),
        ("ABCDEFG-1", "no_lower"),
        ("Abcdefg1", "no_symbol"),
        ("1-Wang-11", "holds_account"),
        (PASSWORD, "as_before"),
    ],
)
def test_a_weak_password_is_refused_with_its_rule(world: StaffWorld, new: str, rule: str) -> None:
    browser = world.browser("doctor", account="wang")
    answer = browser.call("POST", "password", {"old": PASSWORD, "new": new})
    assert (answer.status, answer.code, answer.body["rules"]) == (400, "password_weak", [rule])


def test_five_wrong_passwords_lock_and_the_next_five_for_twice_as_long(world: StaffWorld) -> None:
    """Also for whoever then knows the right one."""
    world.browser("doctor", account="wang")
    browser = Browser(world)
    for lock_s in (FIRST_LOCK_S, 2 * FIRST_LOCK_S):
        left = [browser.sign_in("wang", WRONG).body.get("tries_left") for _ in range(MAX_TRIES - 1)]
        assert left == [4, 3, 2, 1]
        assert browser.sign_in("wang", WRONG).code == "account_locked"
        assert browser.sign_in("wang", PASSWORD).code == "account_locked"
        world.deps.clock.advance(lock_s - 1)
        assert browser.sign_in("wang", PASSWORD).code == "account_locked"
        world.deps.clock.advance(1)
    assert browser.sign_in("wang", PASSWORD).status == 201


def test_a_name_that_there_is_not_answers_as_one_that_there_is(world: StaffWorld) -> None:
    """Answers, locks and all: nobody learns which accounts or hospitals there are."""
    world.browser("doctor", account="wang")
    browser = Browser(world)

    def course(account: str, hospital: str) -> list[object]:
        replies = [browser.sign_in(account, WRONG, hospital) for _ in range(MAX_TRIES + 1)]
        return [{**reply.body, "status": reply.status} for reply in replies]

    assert course("wang", TENANT) == course("nobody", TENANT) == course("wang", "nowhere")


def test_a_strangers_guesses_leave_no_trace_that_looks_like_a_hospital(world: StaffWorld) -> None:
    """The journal's folders say which hospitals there are."""
    for _ in range(MAX_TRIES):
        Browser(world).sign_in("wang", WRONG, "nowhere")
    assert not list(world.deps.vault.keys("originals", "journal/nowhere/"))


@pytest.mark.req("SEC-13")
def test_a_disabled_accounts_sessions_end_at_once(world: StaffWorld) -> None:
    browser = world.browser("doctor", account="wang")
    accounts.amend(world.deps, TENANT, "wang", by="operator:test", disabled=True)
    assert browser.call("GET", "me").code == "session_missing"
    assert browser.sign_in("wang", PASSWORD).code == "sign_in_wrong"


def test_a_new_password_ends_every_other_session(world: StaffWorld) -> None:
    """Who changes it does so because somebody else may know it."""
    here, there = world.browser("doctor", account="wang"), Browser(world)
    there.sign_in("wang", PASSWORD)
    assert here.call("POST", "password", {"old": PASSWORD, "new": "Curie-1903!"}).status == 200
    assert there.call("GET", "me").code == "session_missing"
    assert here.call("GET", "me").status == 200


def test_signing_in_makes_a_session_that_nobody_could_have_put_there(world: StaffWorld) -> None:
    """The cookie that a browser brought along opens nothing afterwards (session fixation)."""
    browser = world.browser("doctor", account="wang")
    before = browser.token
    browser.sign_in("wang", PASSWORD)
    assert browser.token != before
    assert Browser(world, before).call("GET", "me").code == "session_missing"


def test_a_session_ends_after_half_an_hour_without_a_request_and_after_eight_hours_anyway(world: StaffWorld) -> None:
    browser = world.browser("doctor", account="wang")
    for _ in range(8 * 60 // 25):
        world.deps.clock.advance(25 * 60)
        assert browser.call("GET", "me").status == 200
    world.deps.clock.advance(25 * 60)
    assert browser.call("GET", "me").code == "session_missing"
    browser.sign_in("wang", PASSWORD)
    world.deps.clock.advance(30 * 60)
    assert browser.call("GET", "me").code == "session_missing"


def test_signing_out_ends_the_session_and_empties_the_browser(world: StaffWorld) -> None:
    browser = world.browser("doctor", account="wang")
    before = browser.token
    answer = browser.call("DELETE", "sessions")
    assert (answer.status, "Max-Age=0" in answer.cookies[0]) == (204, True)
    assert Browser(world, before).call("GET", "me").code == "session_missing"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_another_site_cannot_sign_anybody_in_or_out(world: StaffWorld, headers: dict[str, str]) -> None:
    """A form of another site could make a session of its own choice, or end one."""
    browser = world.browser("doctor", account="wang")
    sent = {**headers, "Content-Type": "application/json"}
    body = {"hospital": TENANT, "account": "wang", "password": PASSWORD}
    assert browser.call("POST", "sessions", body, headers=sent).code == "origin_wrong"
    assert browser.call("DELETE", "sessions", headers=sent).code == "origin_wrong"
    assert browser.call("GET", "me").status == 200


def test_a_forms_body_is_refused(world: StaffWorld) -> None:
    form = {"Origin": world.deps.settings.origin, "Content-Type": "application/x-www-form-urlencoded"}
    assert Browser(world).call("POST", "sessions", {"hospital": TENANT}, headers=form).code == "content_type_wrong"
