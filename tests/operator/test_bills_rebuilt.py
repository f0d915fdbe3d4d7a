"""Bills over a lost table: every line, correction, price and statement stands again, and none is counted twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.adapters import bills
from functions.adapters.journal import journal_first
from functions.billing import closing, months
from functions.core.study import keys
from functions.core.study.changes import events
from functions.core.study.hospitals import Hospital
from functions.core.times import iso
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

FINANCE = "staff:0123456789abcdef"
NOTHING_IN_FLIGHT = ("--in-flight-s", "0")
TENANT_ = ("--tenant", TENANT)


def hospital(here: SmallHospital) -> Hospital:
    return Hospital.from_row(here.deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL") or {})


def take(here: SmallHospital, number: int) -> None:
    slices = Slices(number=number, count=1, accession_number=f"A{number}")
    sent = (upload(here.deps, slices), declare(here.deps, [(slices, 1)]), report(here.deps, accession_number=f"A{number}"))
    here.deliver(*map(here.confirm, sent))
    here.settle()


def exam(here: SmallHospital, number: int) -> str:
    return here.deps.naming.exam(TENANT, accession_number=f"A{number}", study_uid="")


def go_to(here: SmallHospital, moment: datetime) -> None:
    here.clock.advance((moment - here.clock.now()).total_seconds())


def of_bills(here: SmallHospital) -> list[Any]:
    return [row for row in here.rows() if row["kind"] in ("case", "correction", "prices", "statement")]


@pytest.fixture
def here() -> SmallHospital:
    """November is closed with two cases and a correction; December has one more."""
    made = SmallHospital()
    made.open()
    made.enrol("LIGHTBOX")
    take(made, 1)
    take(made, 2)
    bills.set_price(made.deps.table, TENANT, "2026-11", "3.50", by=FINANCE, now=made.clock.now())
    said = {"reason": "重复登记", "by": FINANCE, "now": made.clock.now()}
    bills.correct(made.deps.table, hospital(made), "2026-11", exam(made, 1), amount=None, **said)
    made.settle()
    go_to(made, datetime(2026, 12, 3, tzinfo=UTC))
    months.close_months(made.deps)
    made.settle()
    made.clock.advance(closing.SETTLE.total_seconds())
    months.close_months(made.deps)
    made.settle()
    take(made, 3)
    return made


@pytest.mark.req("PLUS-04", "PLUS-08", "LIFE-07")
def test_a_lost_table_gets_its_bills_back_and_no_line_twice(here: SmallHospital) -> None:
    before, made, told = here.rows(), here.deps.vault._objects.copy(), len(here.deps.bus.events)
    assert sorted(row["kind"] for row in of_bills(here)) == ["case", "case", "case", "correction", "prices", "statement"]
    here.lose_the_table()
    done = here.reconcile()["done"]
    assert {what: done[what] for what in ("cases", "corrections", "prices", "statements")} == {
        **dict.fromkeys(("corrections", "prices", "statements"), 1),
        "cases": 3,
    }
    here.settle()
    assert [one for one in differences(before, here.rows()) if "case" in one or "correction" in one or "statement" in one] == []
    news = [event for event in here.deps.bus.events[told:] if event["type"].startswith(("case_", "statement_", "price_"))]
    assert [event for event in news if not event["replayed"]] == []
    assert {key for key in here.deps.vault._objects if key[0] == "derived"} == {key for key in made if key[0] == "derived"}
    assert here.operator("bill", "check", *TENANT_, "--month", "2026-11")["differences"] == []


@pytest.mark.req("PLUS-08", "LIFE-08")
def test_check_agrees_and_adds_up(here: SmallHospital) -> None:
    for month, facts in (("2026-11", (2, 1, "3.50")), ("2026-12", (1, 0, "3.50"))):
        checked = here.operator("bill", "check", *TENANT_, "--month", month)
        assert (checked["cases"], checked["corrections"], checked["sum"]) == facts
        assert checked["differences"] == []
    listed = here.operator("bill", "list", *TENANT_)
    assert [(one["month"], one["state"], one["sum"]) for one in listed] == [
        ("2026-12", "open", "3.50"),
        ("2026-11", "closed", "3.50"),
    ]


def check(here: SmallHospital, month: str = "2026-12") -> Any:
    """Exit status 1 when something differs, so that a script sees it: read all the same."""
    import contextlib
    import io
    import json

    from iac.operator.__main__ import main

    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(["--json", "bill", "check", *TENANT_, "--month", month], lambda: here.deps)
    found = json.loads(out.getvalue())["differences"]
    assert status == (1 if found else 0)
    return [(one["code"], one["exam"]) for one in found]


@pytest.mark.req("PLUS-08")
def test_a_case_whose_message_was_lost_is_found_and_counted_by_rebuild(here: SmallHospital) -> None:
    here.bill = lambda events: None  # type: ignore[method-assign]
    take(here, 4)
    del here.bill  # type: ignore[attr-defined]
    assert check(here) == [("earned_not_counted", exam(here, 4))]
    assert here.operator("bill", "rebuild", *TENANT_)["counted"] == 1
    here.settle()
    assert check(here) == []
    assert here.deps.table.bill_cases(TENANT, "2026-12") == 2
    assert here.operator("bill", "rebuild", *TENANT_)["counted"] == 0


@pytest.mark.req("PLUS-08")
def test_a_line_that_is_lost_or_that_nobody_earned_is_found(here: SmallHospital) -> None:
    name = exam(here, 3)
    row = here.deps.table.get(keys.exam_pk(TENANT, name), "CASE")
    assert row is not None
    here.deps.table.delete(row["pk"], row["sk"], expect=row["version"])
    assert check(here) == [("row_missing", name)]
    assert here.operator("bill", "rebuild", *TENANT_)["cases"] == 1
    assert check(here) == []
    bills.count_case(here.deps.table, hospital(here), "z" * 32, "2026-12-03T00:00:00Z")
    assert check(here) == [("row_unknown", "z" * 32)]
    here.settle()
    assert check(here) == [("counted_not_earned", "z" * 32), ("images_left", "z" * 32)]


@pytest.mark.req("PLUS-08")
def test_a_bill_is_not_rebuilt_in_a_hospital_that_is_closed(here: SmallHospital) -> None:
    """Its claims may not be there again: everything would be counted anew."""
    here.operator("hospital", "close", *TENANT_)
    assert here.operator("bill", "rebuild", *TENANT_) is None


@pytest.mark.req("LIFE-07")
def test_a_resent_exam_and_a_second_audit_add_nothing(here: SmallHospital) -> None:
    before = of_bills(here)
    take(here, 3)
    here.deliver(here.confirm(report(here.deps, accession_number="A3", version=2, state="corrected")))
    here.deliver(here.confirm(report(here.deps, accession_number="A3", version=3, state="retracted")))
    here.deliver(here.confirm(report(here.deps, accession_number="A3", version=4)))
    here.settle()
    assert of_bills(here) == before


@pytest.mark.req("LIFE-07")
def test_a_study_that_moves_to_another_exam_leaves_the_line_and_a_person_is_told(here: SmallHospital) -> None:
    """Its own exam never had a report, and earns nothing; the report's exam has the images, and is the case."""
    plain = Slices(number=7, count=1, accession_number="")
    here.deliver(*map(here.confirm, (upload(here.deps, plain), declare(here.deps, [(plain, 1)]))))
    here.settle()
    listing = {"accession_number": "A7", "study_uids": [plain.study_uid]}
    here.deliver(here.confirm(report(here.deps, **listing)))
    here.settle()
    assert here.deps.table.bill_cases(TENANT, "2026-12") == 2
    assert check(here) == []
    # another report claims the same study: it is nobody's now, and the line of the first has no images any more
    here.deliver(here.confirm(report(here.deps, accession_number="A8", study_uids=[plain.study_uid])))
    here.settle()
    assert check(here) == [("images_left", exam(here, 7))]


@pytest.mark.req("PLUS-04")
def test_what_billing_never_heard_of_is_told_by_reconcile(here: SmallHospital) -> None:
    """The stream forgot it over a restart: the row says that it is earned, the journal does not."""
    here.stream.records.clear()
    slices = Slices(number=5, count=1, accession_number="A5")
    here.deliver(*map(here.confirm, (upload(here.deps, slices), report(here.deps, accession_number="A5"))))
    here.stream.records.clear()
    assert check(here) == []  # the journal has never heard of the exam
    here.reconcile(*NOTHING_IN_FLIGHT)
    here.settle()
    assert here.deps.table.bill_cases(TENANT, "2026-12") == 2
    assert check(here) == []


@pytest.mark.req("LIFE-07", "PLUS-08")
@pytest.mark.parametrize(("day", "cases"), [("", 2), ("2026-11-24", 2), ("2026-11-25", 1)])
def test_an_exam_from_before_its_hospital_was_billed_is_nobodys_case(here: SmallHospital, day: str, cases: int) -> None:
    """The first reconcile of an installation older than its bills would put all that it ever did on this month's."""
    old = Slices(number=6, count=1, accession_number="A6")  # of the 24th of November, by its own documents
    here.deliver(*map(here.confirm, (upload(here.deps, old), report(here.deps, accession_number="A6"))))
    journal_without_bills(here)
    if day:
        here.operator("hospital", "set", *TENANT_, "--billed-from", day)
    assert check(here) == ([("not_told", exam(here, 6))] if cases == 2 else [])
    assert here.reconcile(*NOTHING_IN_FLIGHT)["done"].get("before billing", 0) == 2 - cases
    here.settle()
    assert here.deps.table.bill_cases(TENANT, "2026-12") == cases
    assert check(here) == []


def journal_without_bills(here: SmallHospital) -> None:
    """As a version that knew no bills told it."""
    here.stream.records.clear()
    for row in here.rows():
        for event in events(None, row, iso(here.clock.now())):
            if event["type"] != "case_earned":
                journal_first(event, here.deps)


@pytest.mark.req("LIFE-07")
def test_what_is_earned_after_that_day_is_billed_though_its_exam_is_older(here: SmallHospital) -> None:
    """Its images lay there for a week when its report was signed."""
    here.operator("hospital", "set", *TENANT_, "--billed-from", "2026-11-25")
    old = Slices(number=6, count=1, accession_number="A6")
    signed = report(here.deps, accession_number="A6", audited_at="2026-12-03T01:00:00Z")
    here.deliver(*map(here.confirm, (upload(here.deps, old), signed)))
    here.stream.records.clear()
    here.reconcile(*NOTHING_IN_FLIGHT)
    here.settle()
    assert here.deps.table.bill_cases(TENANT, "2026-12") == 2
