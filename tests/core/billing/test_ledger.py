"""Bills are a function of the journal: whatever its order, however often its entries come, wherever reading was broken off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.billing import money
from functions.core.billing.ledger import Ledger, differences, fold
from functions.core.billing.records import Case, Correction, Prices, Statement
from functions.core.study.changes import events
from functions.core.study.records import Exam

T = "xiehe"
NAMES = [letter * 32 for letter in "abcdefgh"]
MONTHS = ["2026-09", "2026-10", "2026-11"]
TIMES = st.builds("2026-{:02d}-{:02d}T{:02d}:05:00Z".format, st.integers(9, 11), st.integers(1, 28), st.integers(0, 23))
SIGNED = {"1": {"state": "audited", "patient": "p", "sha256": "", "doubted": False}}
PRICES = st.sampled_from(["4.00", "3.50", "3.995", "0"])


def told(old: Any, new: Any, time: str) -> list[dict[str, Any]]:
    return events(old.to_row() if old else None, new.to_row(), time)


def exam(name: str, **fields: Any) -> Exam:
    return Exam(T, name, rule="report_and_images", **{"imaging": "viewable", "reporting": "audited", "reports": SIGNED, **fields})


@st.composite
def journals(draw: Any) -> list[dict[str, Any]]:
    """What a hospital's rows tell over three months."""
    found: list[dict[str, Any]] = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        for at in draw(st.lists(TIMES, min_size=1, max_size=3)):
            found += told(exam(name, imaging="none"), exam(name), at)
        standing: Case | None = None  # what came late and is earlier takes its place, as long as its bill is open
        for at in sorted(draw(st.lists(TIMES, min_size=1, max_size=2, unique=True)), reverse=True):
            case = Case(T, name, at[:7], at)
            found += told(standing, case, at)
            standing = case
        for serial in range(1, draw(st.integers(0, 3)) + 1):
            amount = money.text(draw(st.decimals(-9, 9, places=2, allow_nan=False)))
            month = draw(st.sampled_from(MONTHS))
            entry = Correction(T, name, serial, month, at[:7], amount, draw(st.booleans()), draw(TIMES), "staff:a", "why")
            found += told(None, entry, entry.at)
    agreed = Prices(T)
    for serial, month in enumerate(draw(st.lists(st.sampled_from(MONTHS), max_size=4)), 1):
        said = {"price": draw(PRICES), "at": draw(TIMES), "by": "staff:a", "serial": serial}
        after = Prices(T, {**agreed.prices, month: said})
        found += told(agreed, after, said["at"])
        agreed = after
    for month in draw(st.lists(st.sampled_from(MONTHS), unique=True)):
        ordered = Statement(T, month, draw(PRICES), "2026-12-02T16:00:00Z", "billing")
        files = {ending: f"{'0' * 64}.{ending}" for ending in ("xlsx", "csv", "pdf")}
        closed = replace(ordered, state="closed", closed_at="2026-12-02T16:07:00Z", sum="0.00", files=files)
        found += told(None, ordered, ordered.ordered_at) + told(ordered, closed, closed.closed_at)
    return found


def bills(ledger: Ledger) -> Any:
    """All that anybody can see of it."""
    months = [ledger.bill(month) for month in MONTHS]
    return [
        *[
            (one.month, one.price, one.sum, [(line.exam, line.kind, line.at, line.amount) for line in one.lines])
            for one in months
        ],
        ledger.statements,
        ledger.earned,
    ]


@pytest.mark.req("PLUS-08", "LIFE-07")
@settings(max_examples=200, deadline=None)
@given(journals(), st.data())
def test_shuffled_doubled_replayed_and_broken_off_the_bills_are_the_same(journal: list[dict[str, Any]], data: Any) -> None:
    shuffled = data.draw(st.permutations(journal))
    doubled = data.draw(st.lists(st.sampled_from(journal), max_size=9)) if journal else []
    replayed = [{**event, "replayed": True, "time": "2020-01-01T00:00:00Z"} for event in doubled]
    given_ = data.draw(st.permutations([*shuffled, *doubled, *replayed]))
    cut = data.draw(st.integers(0, len(given_)))
    ledger = fold(T, given_[:cut])
    for event in given_[cut:]:
        ledger.add(event)
    assert bills(ledger) == bills(fold(T, journal))


@pytest.mark.req("LIFE-07")
@given(st.lists(TIMES, min_size=1, max_size=5))
def test_an_exam_is_one_case_however_often_it_is_earned(times: list[str]) -> None:
    """A report sent again, audited again, retracted and audited once more."""
    ledger = fold(T, [event for at in times for event in told(exam("a" * 32, imaging="none"), exam("a" * 32), at)])
    assert ledger.earned == {"a" * 32: min(times)}


@pytest.mark.req("LIFE-02", "LIFE-07")
def test_what_people_look_at_makes_no_line() -> None:
    """Five hundred views, the links for them and their locks: views are free for ever."""
    name = "a" * 32
    about = {"tenant": T, "cause": None, "replayed": False, "subject": f"exam/{name}"}
    seen = [
        {**about, "id": f"{number:064x}", "type": kind, "time": f"2026-11-24T06:{number % 60:02d}:00Z", "body": {"exam": name}}
        for number in range(500)
        for kind in ("exam_opened", "link_issued", "link_locked", "exam_released", "exam_decided")
    ]
    assert fold(T, seen) == Ledger(T)


def test_another_hospitals_entries_are_not_on_the_bill() -> None:
    (event,) = told(None, Case(T, "a" * 32, "2026-11", "2026-11-24T06:05:00Z"), "2026-11-24T06:05:00Z")
    assert fold("tongren", [event]) == Ledger("tongren")


# -- when an exam is a case ------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-07")
@pytest.mark.parametrize(
    ("fields", "is_one"),
    [
        ({}, True),
        ({"imaging": "complete"}, True),
        ({"imaging": "receiving"}, False),
        ({"imaging": "none"}, False),
        ({"reports": {}}, False),
        ({"reports": {"1": {**SIGNED["1"], "state": "preliminary"}}}, False),
        ({"reports": {"1": {**SIGNED["1"], "state": "corrected"}}}, True),
        ({"reports": {**SIGNED, "2": {**SIGNED["1"], "state": "retracted"}}}, True),
        ({"release": "held", "reasons": ["patient_differs"]}, True),
    ],
)
def test_a_case_has_images_and_a_report_that_was_signed(fields: dict[str, Any], is_one: bool) -> None:
    kinds = [event["type"] for event in told(None, exam("a" * 32, **fields), "2026-11-24T06:05:00Z")]
    assert ("case_earned" in kinds) is is_one


@pytest.mark.req("LIFE-07")
def test_hiding_showing_and_another_version_tell_of_no_case() -> None:
    before = exam("a" * 32)
    decision = {"action": "hide", "serial": 1, "at": "2026-11-24T07:00:00Z", "by": "staff:a", "covers": 0}
    for after in (
        replace(before, release="hidden", release_serial=1, decision=decision),
        replace(before, reports={**SIGNED, "2": SIGNED["1"]}, report_version=2),
        replace(before, reports={**SIGNED, "2": {**SIGNED["1"], "state": "retracted"}}, reporting="retracted", report_version=2),
    ):
        for old, new in ((before, after), (after, before)):
            assert "case_earned" not in [event["type"] for event in told(old, new, "2026-11-24T07:00:00Z")]


# -- what does not agree ---------------------------------------------------------------------------------------------------------


AT = "2026-11-24T06:05:00Z"
CASE = Case(T, "a" * 32, "2026-11", AT)
EARNED = told(None, exam("a" * 32), AT)
COUNTED = told(None, CASE, AT)


def found(journal: list[dict[str, Any]], rows: list[Case | Correction], exams: list[Exam]) -> list[tuple[str, str]]:
    return differences(fold(T, journal), "2026-11", rows, [one.to_row() for one in exams])


@pytest.mark.req("PLUS-08", "LIFE-08")
def test_a_bill_that_agrees_shows_no_difference() -> None:
    assert found(EARNED + COUNTED, [CASE], [exam("a" * 32)]) == []


@pytest.mark.req("PLUS-08", "LIFE-08")
@pytest.mark.parametrize(
    ("journal", "rows", "exams", "code"),
    [
        (EARNED + COUNTED, [], [exam("a" * 32)], "row_missing"),
        (EARNED, [], [exam("a" * 32)], "earned_not_counted"),
        ([], [], [exam("a" * 32)], "not_told"),
        (EARNED + COUNTED, [CASE], [exam("a" * 32, imaging="none")], "images_left"),
        (EARNED + COUNTED, [CASE], [], "images_left"),
        (COUNTED, [CASE], [exam("a" * 32)], "counted_not_earned"),
        (EARNED, [CASE], [exam("a" * 32)], "row_unknown"),
    ],
)
def test_each_kind_of_difference_is_named(journal: Any, rows: Any, exams: Any, code: str) -> None:
    assert (code, "a" * 32) in found(journal, rows, exams)


@pytest.mark.req("PLUS-08")
def test_a_statement_that_is_not_what_the_journal_makes_is_named() -> None:
    files = {ending: f"{'0' * 64}.{ending}" for ending in ("xlsx", "csv", "pdf")}
    closed = Statement(T, "2026-11", "4.00", AT, "billing", "closed", AT, count=1, sum="4.00", files=files)
    assert found(EARNED + COUNTED + told(None, closed, AT), [CASE], [exam("a" * 32)]) == []
    wrong = told(None, replace(closed, sum="8.00"), AT)
    assert found(EARNED + COUNTED + wrong, [CASE], [exam("a" * 32)]) == [("sum_differs", "")]
