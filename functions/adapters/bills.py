"""Reads and writes the rows of bills: one way for the function that counts, the finance pages and the operator's commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from functions.adapters import people
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row, Table
from functions.core import plain_text
from functions.core.access.masking import mask_name
from functions.core.billing import money
from functions.core.billing.bill import Price, correction_amount, undone
from functions.core.billing.months import following, may_close, month_of, preceding
from functions.core.billing.records import OPEN, Case, Correction, Prices, Statement
from functions.core.errors import CaseCancelled, MonthClosed, MonthNotOver, NotFound, VersionConflict
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam
from functions.core.times import iso

TRIES = 8


def entry_of(row: Row) -> Case | Correction:
    return Case.from_row(row) if row["kind"] == Case.kind else Correction.from_row(row)


def entries(table: Table, tenant: str, month: str, after: str = "") -> Iterator[Case | Correction]:
    return map(entry_of, table.bill_entries(tenant, month, after))


def statement(table: Table, tenant: str, month: str) -> Statement | None:
    row = table.get(keys.bills_pk(tenant), keys.statement_sk(month))
    return Statement.from_row(row) if row else None


def statements(table: Table, tenant: str) -> list[Statement]:
    """In order of their months."""
    return [Statement.from_row(row) for row in table.rows(keys.bills_pk(tenant), keys.statement_sk(""))]


def prices(table: Table, tenant: str) -> Prices:
    row = table.get(*Prices(tenant).key())
    return Prices.from_row(row) if row else Prices(tenant)


def pricing(table: Table, tenant: str) -> Price:
    """What a case of a month costs, as things stand now."""
    agreed = prices(table, tenant).prices

    @cache
    def price(month: str) -> str:
        stands = statement(table, tenant, month)
        return stands.price if stands else money.price_of(month, agreed)

    return price


# -- cases -----------------------------------------------------------------------------------------------------------------------


def count_case(table: Table, hospital: Hospital, exam: str, at: str) -> Case:
    """Put the exam on the bill of the month in which it was earned, at `at`, or on the first one that is still open.

    Twice is once. Of several times that come the first counts, as long as the bills of both are open.
    """
    tenant = hospital.tenant
    shown = shown_of(table, tenant, exam)

    def decide(row: Row | None) -> Row | None:
        old = Case.from_row(row) if row else None
        if old is not None and (at >= old.at or statement(table, tenant, old.month) is not None):
            return None
        new = Case(tenant, exam, _first_open(table, tenant, month_of(at, hospital.time_zone)), at, shown)
        return None if old is not None and new.month > old.month else new.to_row()

    row = change(table, *Case(tenant, exam, "", "").key(), decide)
    assert row is not None
    return Case.from_row(row)


def _first_open(table: Table, tenant: str, month: str) -> str:
    while statement(table, tenant, month) is not None:
        month = following(month)
    return month


def shown_of(table: Table, tenant: str, exam: str) -> dict[str, Any]:
    """What a line says of its exam: no more of the patient than a masked name [SEC-07]."""
    row = table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is None:
        return {"accession_number": "", "item": "", "modalities": [], "patient": ""}
    stands = Exam.from_row(row)
    patient = people.patient_of(table, stands)
    return {
        "accession_number": plain_text.line(stands.accession_number),
        "item": plain_text.line(stands.item),
        "modalities": stands.modalities,
        "patient": mask_name(patient.name) if patient else "",
    }


def with_words(table: Table, entry: Case | Correction) -> Case | Correction:
    """With what its line says, also where a rebuild gave the bare entry back."""
    return entry if entry.shown else replace(entry, shown=shown_of(table, entry.tenant, entry.exam))


# -- corrections -----------------------------------------------------------------------------------------------------------------


def correct(
    table: Table,
    hospital: Hospital,
    case_month: str,
    exam: str,
    *,
    amount: str | None,
    reason: str,
    by: str,
    now: datetime,
) -> Correction:
    """Add an entry to this month's bill. amount: None cancels the case.

    Raises NotFound when the exam does not stand on the bill of `case_month`, CaseCancelled.
    """
    tenant = hospital.tenant
    row = table.get(*Case(tenant, exam, "", "").key())
    if row is None or row["month"] != case_month:
        raise NotFound()
    at = iso(now)
    for _ in range(TRIES):
        earlier = [Correction.from_row(one) for one in table.rows(row["pk"], keys.CORRECTION_ENTRY)]
        if any(one.cancel for one in earlier):
            raise CaseCancelled()
        entry = Correction(
            *(tenant, exam, len(earlier) + 1, month_of(at, hospital.time_zone), case_month),
            amount=undone(earlier) if amount is None else money.text(Decimal(amount)),
            cancel=amount is None,
            at=at,
            by=by,
            reason=plain_text.line(reason).strip(),
            shown=row.get("shown") or shown_of(table, tenant, exam),
        )
        try:
            table.put(entry.to_row(), expect=None)
        except VersionConflict:  # somebody else's correction came first
            continue
        return entry
    raise VersionConflict()


# -- prices ----------------------------------------------------------------------------------------------------------------------


def set_price(table: Table, tenant: str, from_month: str, price: str, *, by: str, now: datetime) -> Prices:
    """Raises MonthClosed."""
    ends = closed_until(table, tenant)
    if ends is not None and from_month <= ends:
        raise MonthClosed(closed_until=ends)

    def decide(row: Row | None) -> Row | None:
        old = Prices.from_row(row) if row else Prices(tenant)
        if old.prices.get(from_month, {}).get("price") == price:
            return None
        serial = 1 + max((one["serial"] for one in old.prices.values()), default=0)
        said = {"price": price, "at": iso(now), "by": by, "serial": serial}
        return Prices(tenant, {**old.prices, from_month: said}).to_row()

    change(table, *Prices(tenant).key(), decide)
    return prices(table, tenant)


def closed_until(table: Table, tenant: str) -> str | None:
    return max((one.month for one in statements(table, tenant)), default=None)


# -- months ----------------------------------------------------------------------------------------------------------------------


def order_statement(table: Table, hospital: Hospital, month: str, *, by: str, now: datetime) -> Statement:
    """From now on the month takes no more lines, and its price stands. Twice is once.

    Raises MonthNotOver; NotFound for a month before the hospital was there.
    """
    tenant, zone = hospital.tenant, hospital.time_zone
    if not may_close(month, now, zone):
        raise MonthNotOver()
    if hospital.created_at and month < month_of(hospital.created_at, zone):
        raise NotFound()
    price = money.price_of(month, prices(table, tenant).prices)
    fresh = Statement(tenant, month, price, iso(now), by)
    row = change(table, *fresh.key(), lambda row: row or fresh.to_row())
    return Statement.from_row(row) if row else fresh


def summary(table: Table, hospital: Hospital, month: str, now: datetime) -> dict[str, Any]:
    """`summary` of staff_bills_answer.v1."""
    stands = statement(table, hospital.tenant, month)
    return _closed_summary(stands) if stands and stands.sum else _open_summary(table, hospital, month, stands, now)


def summaries(table: Table, hospital: Hospital, now: datetime) -> list[dict[str, Any]]:
    """Of all months from the hospital's first statement on, and of those that are open and have entries; newest first."""
    made = {one.month: one for one in statements(table, hospital.tenant)}
    this = month_of(iso(now), hospital.time_zone)
    months = {
        *made,
        this,
        *(month for month in _recent(this) if month not in made and _has_entries(table, hospital.tenant, month)),
    }
    return [
        _closed_summary(made[month])
        if month in made and made[month].sum
        else _open_summary(table, hospital, month, made.get(month), now)
        for month in sorted(months, reverse=True)
    ]


RECENT = 3  # months before this one that are looked at although nobody closed them: longer no schedule stands still unnoticed


def _recent(this: str) -> Iterator[str]:
    for _ in range(RECENT):
        this = preceding(this)
        yield this


def _has_entries(table: Table, tenant: str, month: str) -> bool:
    return next(iter(table.bill_entries(tenant, month)), None) is not None


def unclosed(table: Table, hospital: Hospital, now: datetime, is_over: Callable[[str, datetime, str], bool]) -> list[str]:
    """Months that are over and have no statement: the last one, and those before it that have entries."""
    this = month_of(iso(now), hospital.time_zone)
    since = month_of(hospital.created_at, hospital.time_zone) if hospital.created_at else ""
    return [
        month
        for month in _recent(this)
        if month >= since
        and is_over(month, now, hospital.time_zone)
        and statement(table, hospital.tenant, month) is None
        and (month == preceding(this) or _has_entries(table, hospital.tenant, month))
    ]


def _closed_summary(made: Statement) -> dict[str, Any]:
    return {
        "month": made.month,
        "state": made.state,
        "price": made.price,
        "count": made.count,
        "corrections": made.corrections,
        "sum": made.sum,
        "closed_at": made.closed_at,
        "may_close": False,
    }


def _open_summary(table: Table, hospital: Hospital, month: str, stands: Statement | None, now: datetime) -> dict[str, Any]:
    price = pricing(table, hospital.tenant)
    count = table.bill_cases(hospital.tenant, month)
    corrections = [one for one in entries(table, hospital.tenant, month, keys.CORRECTION_ENTRY) if isinstance(one, Correction)]
    added = money.total(correction_amount(one, price) for one in corrections)
    return {
        "month": month,
        "state": stands.state if stands else OPEN,
        "price": price(month),
        "count": count,
        "corrections": len(corrections),
        "sum": money.text(money.case_amount(price(month)) * count + added),
        "closed_at": None,
        "may_close": stands is None and may_close(month, now, hospital.time_zone),
    }
