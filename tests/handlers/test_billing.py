"""Cases onto bills, prices, corrections: whatever is delivered twice, late or shuffled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from functions.adapters import bills
from functions.adapters.queues import per_record
from functions.billing.counting import bill
from functions.core.billing import money
from functions.core.billing.bill import bill as made_of
from functions.core.billing.ledger import fold
from functions.core.billing.records import Case
from functions.core.errors import CaseCancelled, MonthClosed, MonthNotOver, NotFound, ServiceBusy
from functions.core.study import keys
from functions.core.study.event import event
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient
from tests.fakes import Fakes, sqs_event
from tests.handlers.deliveries import deliveries, state_of
from tests.handlers.uploads import TENANT, add_hospital

BILLED = ("case_earned", "statement_ordered")
A, B, C = ("a" * 32, "b" * 32, "c" * 32)
FINANCE = "staff:0123456789abcdef"


def at(day: int, month: int = 11, hour: int = 6) -> str:
    return f"2026-{month:02d}-{day:02d}T{hour:02d}:05:00Z"


def earned(exam: str, time: str, **changes: Any) -> dict[str, Any]:
    told = event("case_earned", TENANT, f"exam/{exam}", "1", time, {"exam": exam})
    return {"detail-type": "case_earned", "detail": {**told, **changes}}


@pytest.fixture
def deps() -> Fakes:
    return hospital()


def hospital(**fields: Any) -> Fakes:
    made = Fakes()
    add_hospital(made, created_at="2026-01-01T00:00:00Z", **fields)
    return made


def stands(deps: Fakes) -> Hospital:
    return Hospital.from_row(deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL") or {})


def lines(deps: Fakes, month: str = "2026-11") -> list[str]:
    return [entry.exam[0] for entry in bills.entries(deps.table, TENANT, month)]


def total(deps: Fakes, month: str = "2026-11") -> str:
    made = made_of(month, bills.entries(deps.table, TENANT, month), bills.pricing(deps.table, TENANT))
    assert bills.summary(deps.table, stands(deps), month, deps.clock.now())["sum"] == money.text(made.sum)
    return money.text(made.sum)


def go_to(deps: Fakes, moment: datetime) -> None:
    deps.clock.advance((moment - deps.clock.now()).total_seconds())


def order(deps: Fakes, month: str = "2026-11") -> Any:
    return bills.order_statement(deps.table, stands(deps), month, by=FINANCE, now=deps.clock.now())


# -- cases -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-07")
def test_an_earned_case_stands_on_its_months_bill_once(deps: Fakes) -> None:
    for message in (earned(A, at(2)), earned(A, at(2)), earned(B, at(1)), earned(A, at(20))):
        bill(message, deps)
    assert lines(deps) == ["b", "a"]
    assert total(deps) == "8.00"
    assert deps.table.bill_cases(TENANT, "2026-11") == 2


@pytest.mark.req("LIFE-08")
def test_the_month_is_that_of_the_hospitals_calendar() -> None:
    """In Shanghai it is December already."""
    deps = hospital()
    bill(earned(A, "2026-11-30T16:00:00Z"), deps)
    assert (lines(deps, "2026-11"), lines(deps, "2026-12")) == ([], ["a"])


@pytest.mark.req("PLUS-08", "LIFE-07")
def test_what_is_replayed_counts_nothing(deps: Fakes) -> None:
    bill(earned(A, at(2), replayed=True), deps)
    assert lines(deps) == []


SAMPLES = Path(__file__).resolve().parents[2] / "events" / "samples"
TOLD = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))]
OTHERS = [one for one in TOLD if isinstance(one, dict) and "replayed" in one and one["type"] not in BILLED]


@pytest.mark.req("LIFE-02", "LIFE-07")
@pytest.mark.parametrize("told", OTHERS, ids=lambda one: one["type"])
def test_no_other_event_makes_a_line_however_often_it_comes(deps: Fakes, told: dict[str, Any]) -> None:
    """Five hundred views, or a report sent five hundred times: free for ever."""
    before = deps.table.everything()
    for _ in range(500 if "opened" in told["type"] else 5):
        bill(told, deps)
    assert deps.table.everything() == before


@pytest.mark.req("PLUS-04", "LIFE-07")
@pytest.mark.parametrize("closed", [{"rebuilding": "2026-11-24T06:00:00Z"}, None])
def test_while_the_rows_are_being_rebuilt_nothing_is_counted(closed: dict[str, str] | None) -> None:
    """The case may have been counted, and its row not be there again yet."""
    deps = hospital(**closed) if closed else Fakes()
    with pytest.raises(ServiceBusy):
        bill(earned(A, at(2)), deps)
    assert lines(deps) == []


@pytest.mark.req("LIFE-07", "LIFE-08")
def test_what_comes_after_its_month_was_closed_stands_on_the_next_open_bill(deps: Fakes) -> None:
    go_to(deps, datetime(2026, 12, 2, 1, tzinfo=UTC))
    order(deps)
    bill(earned(A, at(30, hour=15)), deps)
    assert (lines(deps, "2026-11"), lines(deps, "2026-12")) == ([], ["a"])


@pytest.mark.req("SEC-07")
def test_a_line_shows_the_exam_and_no_more_of_the_patient_than_a_masked_name(deps: Fakes) -> None:
    exam = Exam(TENANT, A, accession_number="CT1", item="胸部CT平扫", modalities=["CT"], patient=B, imaging="viewable")
    deps.table.put(exam.to_row(), expect=None)
    deps.table.put(Patient(TENANT, B, id="P77", name="欧阳娜娜", phone="13800001234").to_row(), expect=None)
    bill(earned(A, at(2)), deps)
    (row,) = [row for row in deps.table.everything() if row["kind"] == "case"]
    assert row["shown"] == {"accession_number": "CT1", "item": "胸部CT平扫", "modalities": ["CT"], "patient": "欧阳*"}
    assert not {"P77", "13800001234", "欧阳娜娜"} & set(str(row).replace("'", " ").split())


MESSAGES = [earned(exam, at(day, month)) for exam in (A, B, C) for day, month in ((3, 11), (28, 10), (29, 10), (1, 12))]


@pytest.mark.req("PLUS-08", "LIFE-07")
@settings(max_examples=60, deadline=None)
@given(deliveries([*MESSAGES, earned(A, at(1, 9), replayed=True)]))
def test_any_delivery_makes_the_bills_that_the_journal_makes(batches: list[list[dict[str, Any]]]) -> None:
    deps = hospital()
    for batch in batches:
        answer = per_record(sqs_event(*map(json.dumps, batch)), bill, deps, deps.own_queue)
        assert answer == {"batchItemFailures": []}
    once = hospital()
    for message in sorted(MESSAGES, key=lambda one: str(one["detail"]["time"])):
        bill(message, once)
    assert state_of(deps.table) == state_of(once.table)
    earliest = fold(TENANT, [one["detail"] for one in MESSAGES]).earned
    assert {row["exam"]: row["at"] for row in deps.table.everything() if row["kind"] == "case"} == earliest


# -- corrections -----------------------------------------------------------------------------------------------------------------


def correct(deps: Fakes, exam: str = A, amount: str | None = None, month: str = "2026-11", reason: str = "重复登记") -> Any:
    now = deps.clock.now()
    return bills.correct(deps.table, stands(deps), month, exam, amount=amount, reason=reason, by=FINANCE, now=now)


@pytest.mark.req("LIFE-07")
def test_a_correction_stands_on_the_bill_of_the_month_in_which_it_is_made(deps: Fakes) -> None:
    bill(earned(A, at(28, 10)), deps)
    correct(deps, amount="-1.50", month="2026-10")
    assert (total(deps, "2026-10"), total(deps, "2026-11")) == ("4.00", "-1.50")


@pytest.mark.req("LIFE-07")
def test_a_cancelled_case_costs_nothing_and_is_corrected_no_more(deps: Fakes) -> None:
    """Also when the price changes afterwards: the month is open."""
    bill(earned(A, at(2)), deps)
    correct(deps, amount="-1.25")
    correct(deps, amount="0.30")
    correct(deps)
    assert total(deps) == "0.00"
    bills.set_price(deps.table, TENANT, "2026-11", "3.10", by=FINANCE, now=deps.clock.now())
    assert total(deps) == "0.00"
    for amount in (None, "1.00"):
        with pytest.raises(CaseCancelled):
            correct(deps, amount=amount)


@pytest.mark.parametrize(("exam", "month"), [(B, "2026-11"), (A, "2026-10")])
def test_only_what_stands_on_that_bill_is_corrected(deps: Fakes, exam: str, month: str) -> None:
    bill(earned(A, at(2)), deps)
    with pytest.raises(NotFound):
        correct(deps, exam, month=month)


def test_of_two_corrections_at_once_both_stand(deps: Fakes) -> None:
    """The second takes the next serial: neither is lost, and a cancelled case is not cancelled twice."""
    bill(earned(A, at(2)), deps)
    rows: Callable[..., Any] = deps.table.rows
    raced: list[bool] = []

    def late(pk: str, sk_prefix: str = "") -> Any:
        found = list(rows(pk, sk_prefix))
        if not raced:
            raced.append(True)
            correct(deps, amount="-0.50")
        return iter(found)

    deps.table.rows = late  # type: ignore[method-assign]
    correct(deps, amount="-0.25")
    assert total(deps) == "3.25"


# -- prices ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-07")
def test_a_price_holds_from_its_month_on_and_never_for_closed_ones(deps: Fakes) -> None:
    for exam, month in ((A, 9), (B, 10), (C, 11)):
        bill(earned(exam, at(2, month)), deps)
    order(deps, "2026-09")
    for month in ("2026-09", "2026-08"):
        with pytest.raises(MonthClosed):
            bills.set_price(deps.table, TENANT, month, "1.00", by=FINANCE, now=deps.clock.now())
    bills.set_price(deps.table, TENANT, "2026-11", "3.50", by=FINANCE, now=deps.clock.now())
    assert [total(deps, month) for month in ("2026-09", "2026-10", "2026-11")] == ["4.00", "4.00", "3.50"]
    bills.set_price(deps.table, TENANT, "2026-10", "3.75", by=FINANCE, now=deps.clock.now())
    assert [total(deps, month) for month in ("2026-09", "2026-10", "2026-11")] == ["4.00", "3.75", "3.50"]
    bills.set_price(deps.table, TENANT, "2026-11", "3.00", by=FINANCE, now=deps.clock.now())
    assert total(deps) == "3.00"


def test_setting_the_same_price_again_tells_nothing(deps: Fakes) -> None:
    bills.set_price(deps.table, TENANT, "2026-11", "3.50", by=FINANCE, now=deps.clock.now())
    before = deps.table.everything()
    deps.clock.advance(60)
    bills.set_price(deps.table, TENANT, "2026-11", "3.50", by=FINANCE, now=deps.clock.now())
    assert deps.table.everything() == before


# -- months ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-08")
def test_a_month_that_is_not_over_for_a_day_is_not_closed(deps: Fakes) -> None:
    for moment in (datetime(2026, 11, 30, 15, tzinfo=UTC), datetime(2026, 12, 1, 15, 59, tzinfo=UTC)):
        go_to(deps, moment)
        with pytest.raises(MonthNotOver):
            order(deps)
    go_to(deps, datetime(2026, 12, 1, 16, tzinfo=UTC))
    assert order(deps).state == "ordered"


def test_a_month_before_the_hospital_was_there_has_no_bill(deps: Fakes) -> None:
    with pytest.raises(NotFound):
        order(deps, "2025-12")


def test_the_list_has_this_month_the_statements_and_what_is_open_with_lines(deps: Fakes) -> None:
    bill(earned(A, at(2, 9)), deps)
    order(deps, "2026-09")
    bill(earned(B, at(2, 10)), deps)
    found = bills.summaries(deps.table, stands(deps), deps.clock.now())
    assert [(one["month"], one["state"], one["count"], one["may_close"]) for one in found] == [
        ("2026-11", "open", 0, False),
        ("2026-10", "open", 1, True),
        ("2026-09", "ordered", 1, False),
    ]


def test_a_case_counts_with_its_row_alone_after_a_rebuild(deps: Fakes) -> None:
    """A bare row, as the journal gives it back, is the same line."""
    deps.table.put(Case(TENANT, A, "2026-11", at(2)).to_row(), expect=None)
    bill(earned(A, at(2)), deps)
    assert lines(deps) == ["a"]
    assert total(deps) == "4.00"
