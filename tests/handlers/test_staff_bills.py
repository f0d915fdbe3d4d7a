"""The finance's routes: what the hospital's bills say, and what finance changes about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.adapters import schemas
from functions.billing import closing, months
from functions.billing.counting import bill
from functions.core.access.cloudfront import CookieRefused, verify_cookies
from functions.core.study import keys
from functions.core.study.agents import Agent
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient
from functions.core.times import iso
from tests.fakes import Fakes
from tests.handlers.patient_world import PUBLIC_KEYS, fakes
from tests.handlers.staff_world import OTHER, Browser, Reply, StaffWorld
from tests.handlers.test_billing import A, B, at, earned, go_to
from tests.handlers.uploads import TENANT

MONTH = {"month": "2026-11"}
LINES = "bills/{month}"


@pytest.fixture
def deps() -> Fakes:
    made = fakes()
    for tenant, name in ((TENANT, "示例医院"), (OTHER, "同仁医院")):
        made.table.put(Hospital(tenant=tenant, name=name, created_at="2026-01-01T00:00:00Z").to_row(), expect=None)
        made.table.put(Agent(tenant, "0" * 16, "LIGHTBOX", [], "2026-01-01T00:00:00Z").to_row(), expect=None)
    exam = Exam(TENANT, A, accession_number="CT1", item="胸部CT平扫", modalities=["CT"], patient=B, imaging="viewable")
    made.table.put(exam.to_row(), expect=None)
    made.table.put(Patient(TENANT, B, id="P77", name="欧阳娜娜", phone="13800001234").to_row(), expect=None)
    bill(earned(A, at(2)), made)
    return made


@pytest.fixture
def world(deps: Fakes) -> StaffWorld:
    return StaffWorld(deps)


@pytest.fixture
def finance(world: StaffWorld) -> Browser:
    return world.browser("finance")


def answered(reply: Reply, schema: str, status: int = 200) -> Any:
    assert reply.status == status, reply.body
    schemas.check(reply.body, schema)
    return reply.body


@pytest.mark.req("LIFE-07", "LIFE-08")
def test_finance_sees_the_months_and_their_lines(finance: Browser) -> None:
    (month,) = answered(finance.call("GET", "bills"), "staff_bills_answer.v1")["months"]
    assert (month["month"], month["state"], month["price"], month["count"], month["sum"]) == (
        "2026-11",
        "open",
        "4.00",
        1,
        "4.00",
    )
    shown = answered(finance.call("GET", LINES, params=MONTH), "staff_bill_answer.v1")
    assert shown["bill"] == month
    assert shown["after"] is None
    (line,) = shown["lines"]
    assert line == {
        "kind": "case",
        "exam": A,
        "at": at(2),
        "amount": "4.00",
        "accession_number": "CT1",
        "item": "胸部CT平扫",
        "modalities": ["CT"],
        "patient": "欧阳*",
    }


@pytest.mark.req("LIFE-08")
def test_a_long_bill_comes_in_pages_without_a_gap_or_a_double(finance: Browser, deps: Fakes) -> None:
    names = ["".join(chr(ord("a") + int(digit)) for digit in f"{number:032d}") for number in range(1, 231)]
    for number, name in enumerate(names):
        bill(earned(name, at(1 + number % 28, hour=number % 24)), deps)
    seen: list[str] = []
    after: dict[str, str] | None = None
    sizes = []
    while True:
        page = answered(finance.call("GET", LINES, params=MONTH, query=after), "staff_bill_answer.v1")
        seen += [line["exam"] for line in page["lines"]]
        sizes.append(len(page["lines"]))
        if page["after"] is None:
            break
        after = {"after": page["after"]}
    assert sorted(seen) == sorted([*names, A])
    assert sizes == [100, 100, 31]


@pytest.mark.req("LIFE-07")
def test_a_correction_is_a_line_of_its_own_with_its_reason_and_author(finance: Browser) -> None:
    asked = {"exam": A, "amount": "-1.50", "reason": "协议减免"}
    made = answered(finance.call("POST", f"{LINES}/corrections", asked, params=MONTH), "staff_correction_answer.v1", 201)
    assert made["month"] == "2026-11"
    cancel = {"exam": A, "cancel": True, "reason": "患者重复登记"}
    answered(finance.call("POST", f"{LINES}/corrections", cancel, params=MONTH), "staff_correction_answer.v1", 201)
    shown = answered(finance.call("GET", LINES, params=MONTH), "staff_bill_answer.v1")
    told = [(line["kind"], line["amount"], line.get("reason"), line.get("case_month")) for line in shown["lines"]]
    assert told == [
        ("case", "4.00", None, None),
        ("correction", "-1.50", "协议减免", "2026-11"),
        ("correction", "-2.50", "患者重复登记", "2026-11"),
    ]
    assert shown["bill"]["sum"] == "0.00"
    assert shown["lines"][1]["by"].startswith("staff:")
    assert finance.call("POST", f"{LINES}/corrections", cancel, params=MONTH).code == "case_cancelled"


@pytest.mark.parametrize(
    "body",
    [
        {"exam": A, "reason": "x"},
        {"exam": A, "amount": "1.00", "cancel": True, "reason": "x"},
        {"exam": A, "amount": "1", "reason": "x"},
        {"exam": A, "amount": 1.5, "reason": "x"},
        {"exam": A, "amount": "1e3", "reason": "x"},
        {"exam": A, "amount": "1.00", "reason": "  "},
        {"exam": A, "amount": "1.00", "reason": "x" * 201},
        {"exam": A, "cancel": False, "reason": "x"},
        {"exam": "A1", "cancel": True, "reason": "x"},
    ],
)
def test_a_correction_that_says_half_is_refused(finance: Browser, body: dict[str, Any], deps: Fakes) -> None:
    before = deps.table.everything()
    assert finance.call("POST", f"{LINES}/corrections", body, params=MONTH).code == "document_invalid"
    assert [row for row in deps.table.everything() if row["kind"] == "correction"] == []
    assert len(before) == len(deps.table.everything())


@pytest.mark.parametrize(("exam", "month"), [(B, "2026-11"), (A, "2026-10")])
def test_what_stands_on_no_bill_or_another_is_not_found(finance: Browser, exam: str, month: str) -> None:
    body = {"exam": exam, "cancel": True, "reason": "x"}
    assert finance.call("POST", f"{LINES}/corrections", body, params={"month": month}).code == "not_found"


def test_another_hospitals_bill_is_as_if_there_were_none(world: StaffWorld) -> None:
    other = world.browser("finance", tenant=OTHER)
    assert other.call("GET", LINES, params=MONTH).body["lines"] == []
    body = {"exam": A, "cancel": True, "reason": "x"}
    assert other.call("POST", f"{LINES}/corrections", body, params=MONTH).code == "not_found"
    assert other.call("GET", f"{LINES}/file", params=MONTH, query={"format": "pdf"}).code == "statement_not_ready"


@pytest.mark.parametrize("month", ["2026-13", "latest", "2026-1", "..", "2026-11x"])
def test_what_is_no_month_is_not_found(finance: Browser, month: str) -> None:
    for route, query in ((LINES, None), (f"{LINES}/file", {"format": "pdf"})):
        assert finance.call("GET", route, params={"month": month}, query=query).code == "not_found"
    assert finance.call("POST", f"{LINES}/close", {}, params={"month": month}).code == "not_found"


@pytest.mark.req("LIFE-07")
def test_finance_sets_the_price_of_open_months_only(finance: Browser, deps: Fakes) -> None:
    answer = answered(finance.call("GET", "prices"), "staff_prices_answer.v1")
    assert answer == {"currency": "CNY", "default": "4.00", "closed_until": None, "prices": []}
    answer = answered(finance.call("POST", "prices", {"from_month": "2026-11", "price": "3.50"}), "staff_prices_answer.v1")
    assert [(one["from_month"], one["price"]) for one in answer["prices"]] == [("2026-11", "3.50")]
    assert finance.call("GET", "bills").body["months"][0]["sum"] == "3.50"
    for price in ("3,50", "-1", "3.55555", "", 4, "1e1", "４"):
        assert finance.call("POST", "prices", {"from_month": "2026-11", "price": price}).code == "document_invalid"
    go_to(deps, datetime(2026, 12, 2, 1, tzinfo=UTC))
    again = finance.world.browser("finance", account="second")
    again.call("POST", f"{LINES}/close", {}, params=MONTH)
    refused = again.call("POST", "prices", {"from_month": "2026-11", "price": "1.00"})
    assert (refused.status, refused.code, refused.body["closed_until"]) == (409, "month_closed", "2026-11")


@pytest.mark.req("LIFE-08")
def test_a_closed_months_files_open_by_their_own_cookie_and_no_other(world: StaffWorld, deps: Fakes) -> None:
    go_to(deps, datetime(2026, 12, 2, 1, tzinfo=UTC))
    finance = world.browser("finance")
    asked = {"params": MONTH, "query": {"format": "xlsx"}}
    assert finance.call("GET", f"{LINES}/file", **asked).code == "statement_not_ready"
    ordered = answered(finance.call("POST", f"{LINES}/close", {}, params=MONTH), "staff_bill_close_answer.v1", 202)
    assert ordered["bill"]["state"] == "ordered"
    assert finance.call("GET", f"{LINES}/file", **asked).code == "statement_not_ready"
    deps.clock.advance(closing.SETTLE.total_seconds())
    months.close_months(deps)
    assert answered(finance.call("GET", LINES, params=MONTH), "staff_bill_answer.v1")["bill"]["state"] == "closed"
    reply = finance.call("GET", f"{LINES}/file", **asked)
    file = answered(reply, "staff_bill_file_answer.v1")
    assert file["name"] == "示例医院-2026-11.xlsx"
    signed = [cookie for cookie in reply.cookies if cookie.startswith("CloudFront-")]
    assert len(signed) == 3
    assert all(f"Path={file['path']};" in cookie for cookie in signed)
    jar = dict(cookie.partition(";")[0].split("=", 1) for cookie in signed)
    now, origin = deps.clock.now().timestamp(), deps.settings.origin
    verify_cookies(jar, origin + file["path"], now=now, public_keys=PUBLIC_KEYS)
    with pytest.raises(CookieRefused):
        verify_cookies(jar, f"{origin}/derived/{TENANT}/bills/2026-10/{'0' * 64}.xlsx", now=now, public_keys=PUBLIC_KEYS)
    assert deps.vault.get("derived", file["path"].removeprefix("/derived/")).startswith(b"PK")
    assert keys.bill_prefix(TENANT, "2026-11") in file["path"]


@pytest.mark.req("SEC-04")
def test_a_files_cookies_end_with_the_session_at_the_latest(world: StaffWorld, deps: Fakes) -> None:
    go_to(deps, datetime(2026, 12, 3, 1, tzinfo=UTC))
    months.close_months(deps)
    deps.clock.advance(closing.SETTLE.total_seconds())
    months.close_months(deps)
    finance = world.browser("finance")
    ends = deps.clock.now() + timedelta(minutes=30)
    for minutes, latest in ((0, deps.clock.now() + timedelta(minutes=5)), (28, ends)):
        deps.clock.advance(minutes * 60)
        reply = finance.call("GET", f"{LINES}/file", params=MONTH, query={"format": "csv"})
        assert reply.body["expires_at"] == iso(latest)


def test_a_month_that_is_not_over_is_not_closed(finance: Browser) -> None:
    assert finance.call("POST", f"{LINES}/close", {}, params=MONTH).code == "month_not_over"


@pytest.mark.parametrize("role", ["operator", "doctor"])
def test_bills_are_finances_alone(world: StaffWorld, role: str) -> None:
    browser = world.browser(role)
    assert {
        browser.call("GET", "bills").code,
        browser.call("GET", LINES, params=MONTH).code,
        browser.call("POST", f"{LINES}/corrections", {"exam": A, "cancel": True, "reason": "x"}, params=MONTH).code,
        browser.call("POST", f"{LINES}/close", {}, params=MONTH).code,
        browser.call("GET", f"{LINES}/file", params=MONTH, query={"format": "pdf"}).code,
        browser.call("GET", "prices").code,
        browser.call("POST", "prices", {"from_month": "2026-12", "price": "1.00"}).code,
    } == {"right_missing"}
