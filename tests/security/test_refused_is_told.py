"""What is refused is told: staff's in the journal, a stranger's in the log and a metric, never with what they gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters import schemas
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from functions.core.access.accounts import SignInTries
from functions.core.access.tries import MAX_TRIES
from functions.core.study import changes
from functions.core.times import iso
from tests.fakes import Fakes
from tests.handlers.patient_world import Browser, World, fakes, share, world_of_three
from tests.handlers.staff_world import PASSWORD, StaffWorld
from tests.handlers.staff_world import Browser as StaffBrowser
from tests.handlers.uploads import TENANT

STRANGE = "A" * 27  # a token that nobody was given
FORGED = {"Origin": "https://evil.example", "Content-Type": "application/json"}


def journal(deps: Fakes, kind: str) -> list[dict[str, Any]]:
    told = [json.loads(deps.vault.get("originals", key)) for key in deps.vault.keys("originals", f"journal/{TENANT}/")]
    return [one for one in told if one["type"] == kind]


def metrics(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Since the last look, as CloudWatch gets them."""
    text = "".join(capfd.readouterr())
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"_aws"')]


def served(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The one request's log line."""
    (line,) = [vars(record) for record in caplog.records if record.getMessage() == "served"]
    return line


def test_an_account_that_guesses_have_locked_is_told_by_its_row_and_no_answer_waits_for_that() -> None:
    """A write that only the names of accounts cause would tell them apart by its time, and by its failure. What is no account's
    name stands nowhere."""
    world, told = StaffWorld(), {}
    world.browser("doctor", account="wang")
    for name in ("wang", "nobody"):
        written = set(world.deps.vault.keys("originals", "journal/"))
        before: Row | None = None
        told[name] = []
        for _ in range(MAX_TRIES):
            StaffBrowser(world).sign_in(name, "Wrong-1895")
            row = world.deps.table.get(*SignInTries(TENANT, name).key())
            told[name] += changes.events(before, row, iso(world.deps.clock.now()))
            before = row
        assert set(world.deps.vault.keys("originals", "journal/")) == written
    (event,) = told["wang"]
    schemas.check(event["body"], "account_locked.v1")
    assert (event["type"], event["subject"]) == ("account_locked", "account/wang")
    assert (event["body"]["account"], event["body"]["level"], event["cause"]) == ("wang", 1, None)
    assert told["nobody"] == []


@pytest.mark.req("OPS-02")
def test_who_gave_dead_letters_to_their_function_again_stands_in_the_journal() -> None:
    world = StaffWorld()
    world.deps.dead_letters.dead["ingest"] = ["{}", "{}"]
    platform = world.browser("operator", account="root-li", platform=True)
    for _ in range(2):  # the second finds none, and tells of none
        assert platform.call("POST", "queues/{queue}/redrive", {}, params={"queue": "ingest"}).status == 200
    (told,) = journal(world.deps, "queue_redriven")
    assert (told["cause"], told["body"]) == ("staff:root-li", {"queue": "ingest", "moved": 2})


@pytest.mark.req("SHR-04")
def test_a_share_that_guesses_have_locked_is_told_once() -> None:
    told: list[dict[str, Any]] = []

    def watch(old: Row | None, new: Row | None) -> None:
        told.extend(changes.events(old, new, "2026-11-24T06:05:00Z"))

    deps = fakes()
    deps.table = MemoryTable(watch=watch)
    world = World(deps)
    world.hospital("shiyi", "佛山市示例医院")
    world.exam("a", "shiyi")
    shared = share(world, "a", code="135790")
    for _ in range(MAX_TRIES + 2):
        Browser(world, guest=True).call("POST", "/sessions", {"token": shared["token"], "code": "000000"})
    (locked,) = [one for one in told if one["type"] == "share_locked"]
    assert (locked["body"]["exam"], locked["body"]["level"]) == (world.cases["a"].exam, 1)


@pytest.mark.req("SEC-07")
@pytest.mark.parametrize(
    ("guest", "route", "body", "code"),
    [
        (False, "/links/open", {"token": STRANGE}, "link_unknown"),
        (True, "/links/open", {"token": STRANGE}, "link_unknown"),
        (False, "/sessions", {"token": STRANGE, "mode": "phone_tail", "answer": "9753"}, "link_unknown"),
        (True, "/sessions", {"token": STRANGE, "code": "975310"}, "link_unknown"),
    ],
)
def test_a_wrong_token_stands_in_the_log_by_its_code_alone(
    caplog: pytest.LogCaptureFixture, guest: bool, route: str, body: dict[str, str], code: str
) -> None:
    browser = Browser(world_of_three(), guest=guest)
    status = browser.call("POST", route, body).status
    line = served(caplog)
    assert (line["code"], line["status"], line["route"]) == (code, status, f"POST {browser.base}{route}")
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert not [value for name, value in body.items() if name != "mode" and value in told]


@pytest.mark.parametrize(
    ("mode", "metric"), [("phone", {"Verification": [1.0]}), ("code", {"PassCode": [1.0]}), ("staff", {"StaffSignIn": [1.0]})]
)
def test_a_wrong_answer_is_counted(capfd: pytest.CaptureFixture[str], mode: str, metric: dict[str, list[float]]) -> None:
    """An alarm looks at the sum: many wrong ones are somebody who tries."""
    world, staff = world_of_three(), StaffWorld()
    staff.browser("doctor", account="wang")
    shared = share(world, "a", code="135790")
    token = world.token("b")
    metrics(capfd)
    if mode == "phone":
        Browser(world).verify(token, "0000")
    elif mode == "code":
        Browser(world, guest=True).call("POST", "/sessions", {"token": shared["token"], "code": "000000"})
    else:
        StaffBrowser(staff).sign_in("wang", "Wrong-1895")
    (counted,) = [one for one in metrics(capfd) if one.get("result") == "wrong"]
    assert metric.items() <= counted.items()


@pytest.mark.parametrize("whose", ["patient", "guest", "staff"])
def test_a_request_of_another_site_stands_in_the_log(caplog: pytest.LogCaptureFixture, whose: str) -> None:
    world, staff = world_of_three(), StaffWorld()
    if whose == "staff":
        StaffBrowser(staff).call(
            *("POST", "sessions", {"hospital": TENANT, "account": "wang", "password": PASSWORD}), headers=FORGED
        )
        route = "POST /staff/v1/sessions"
    else:
        Browser(world, guest=whose == "guest").call("POST", "/links/open", {"token": STRANGE}, FORGED)
        route = f"POST /{whose}/v1/links/open"
    line = served(caplog)
    assert (line["code"], line["status"], line["route"]) == ("origin_wrong", 403, route)


@pytest.mark.parametrize("whose", ["patient", "guest", "staff"])
def test_a_forged_session_stands_in_the_log(caplog: pytest.LogCaptureFixture, whose: str) -> None:
    world, staff = world_of_three(), StaffWorld()
    if whose == "staff":
        StaffBrowser(staff, STRANGE).call("GET", "me")
    else:
        browser = Browser(world, guest=whose == "guest")
        browser.session = STRANGE
        browser.call("GET", "/exam")
    assert served(caplog)["code"] == "session_missing"
    assert STRANGE not in str([vars(record) for record in caplog.records])
