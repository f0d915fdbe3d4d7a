"""The finance's routes: bills, their lines and files, corrections, prices, and closing a month."""

from __future__ import annotations

from itertools import islice
from typing import Any

from functions.adapters import bills, signing
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.access.sessions import signature_times
from functions.core.billing import money
from functions.core.billing.bill import Line, line_of
from functions.core.billing.months import is_month
from functions.core.billing.records import CLOSED, Case
from functions.core.errors import CaseCancelled, MonthClosed, MonthNotOver, NotFound, StatementNotReady
from functions.core.study import keys
from functions.core.times import epoch_s, iso_at
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller

PAGE = 100  # lines of one answer


def list_bills(caller: Caller, request: Request, deps: Deps) -> Answer:
    """Every month with its cases and sum, the newest first."""
    months = bills.summaries(deps.table, caller.hospital, deps.clock.now())
    return Answer({"currency": money.CURRENCY, "months": months})


def show_bill(caller: Caller, request: Request, deps: Deps) -> Answer:
    """One page of a month's lines."""
    month = _month(request)
    found = list(islice(deps.table.bill_entries(caller.tenant, month, request.query.get("after", "")), PAGE + 1))
    price = bills.pricing(deps.table, caller.tenant)
    entries = [bills.with_words(deps.table, bills.entry_of(row)) for row in found[:PAGE]]
    after = found[PAGE - 1]["day_sk"] if len(found) > PAGE else None
    summary = bills.summary(deps.table, caller.hospital, month, deps.clock.now())
    return Answer({"bill": summary, "lines": [_line_view(line_of(entry, price)) for entry in entries], "after": after})


def correct_case(caller: Caller, request: Request, deps: Deps) -> Answer:
    """An entry of its own on this month's bill; the line that it corrects stays."""
    asked = request.json
    request.note(exam=asked["exam"])
    entry = bills.correct(
        deps.table,
        caller.hospital,
        _month(request),
        asked["exam"],
        amount=asked.get("amount"),
        reason=asked["reason"],
        by=caller.by,
        now=deps.clock.now(),
    )
    line = line_of(entry, bills.pricing(deps.table, caller.tenant))
    return Answer({"month": entry.month, "line": _line_view(line)}, status=201)


def close_bill(caller: Caller, request: Request, deps: Deps) -> Answer:
    """The month takes no more lines; its statement is made in a few minutes. Twice is once."""
    month, now = _month(request), deps.clock.now()
    bills.order_statement(deps.table, caller.hospital, month, by=caller.by, now=now)
    return Answer({"bill": bills.summary(deps.table, caller.hospital, month, now)}, status=202)


def open_file(caller: Caller, request: Request, deps: Deps) -> Answer:
    """The address of a statement's file, and cookies that open it and nothing else."""
    month, ending = _month(request), request.query["format"]
    made = bills.statement(deps.table, caller.tenant, month)
    if made is None or made.state != CLOSED:
        raise StatementNotReady()
    path = f"/derived/{keys.bill_prefix(caller.tenant, month)}{made.files[ending]}"
    now = epoch_s(deps.clock.now())
    expires_at = min(signature_times(now)[0], caller.session.expires_at)
    cookies = signing.cookies_for(path, origin=deps.settings.origin, secrets=deps.secrets, now=now, expires_at=expires_at)
    name = f"{caller.hospital.name}-{month}.{ending}"
    return Answer({"path": path, "name": name, "expires_at": iso_at(expires_at)}, cookies=cookies)


def list_prices(caller: Caller, request: Request, deps: Deps) -> Answer:
    """What a case costs, by the month from which on."""
    return Answer(_prices_view(caller, deps))


def set_price(caller: Caller, request: Request, deps: Deps) -> Answer:
    """From a month on that is not closed. Of several for one month the last counts."""
    asked = request.json
    bills.set_price(deps.table, caller.tenant, asked["from_month"], asked["price"], by=caller.by, now=deps.clock.now())
    return Answer(_prices_view(caller, deps))


def _month(request: Request) -> str:
    """Of the path. Raises NotFound."""
    month = request.params["month"]
    if not is_month(month):
        raise NotFound()
    return month


def _prices_view(caller: Caller, deps: Deps) -> dict[str, Any]:
    agreed = bills.prices(deps.table, caller.tenant).prices
    names = ("price", "at", "by")
    newest_first = sorted(agreed, reverse=True)
    return {
        "currency": money.CURRENCY,
        "default": money.DEFAULT_PRICE,
        "closed_until": bills.closed_until(deps.table, caller.tenant),
        "prices": [{"from_month": month, **{name: agreed[month][name] for name in names}} for month in newest_first],
    }


def _line_view(line: Line) -> dict[str, Any]:
    view = {"kind": line.kind, "exam": line.exam, "at": line.at, "amount": money.text(line.amount), **(line.shown or {})}
    return view if line.kind == Case.kind else {**view, "reason": line.reason, "by": line.by, "case_month": line.case_month}


ROUTES = (
    StaffRoute("GET", "/staff/v1/bills", list_bills, "bills.read", answer="staff_bills_answer.v1"),
    StaffRoute(
        *("GET", "/staff/v1/bills/{month}", show_bill, "bills.read"),
        query="staff_bill_query.v1",
        answer="staff_bill_answer.v1",
        refusals=(NotFound,),
    ),
    StaffRoute(
        *("POST", "/staff/v1/bills/{month}/corrections", correct_case, "bills.change"),
        schema="staff_correction_request.v1",
        answer="staff_correction_answer.v1",
        status=201,
        refusals=(NotFound, CaseCancelled),
    ),
    StaffRoute(
        *("POST", "/staff/v1/bills/{month}/close", close_bill, "bills.change"),
        schema="staff_bill_close_request.v1",
        answer="staff_bill_close_answer.v1",
        status=202,
        refusals=(NotFound, MonthNotOver),
    ),
    StaffRoute(
        *("GET", "/staff/v1/bills/{month}/file", open_file, "bills.read"),
        query="staff_bill_file_query.v1",
        answer="staff_bill_file_answer.v1",
        refusals=(NotFound, StatementNotReady),
    ),
    StaffRoute("GET", "/staff/v1/prices", list_prices, "bills.read", answer="staff_prices_answer.v1"),
    StaffRoute(
        *("POST", "/staff/v1/prices", set_price, "prices.change"),
        schema="staff_price_request.v1",
        answer="staff_prices_answer.v1",
        refusals=(MonthClosed,),
    ),
)
