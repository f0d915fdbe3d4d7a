"""Makes a month's statement: the same lines as page, workbook, CSV and PDF."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.adapters import bills, fonts
from functions.adapters.observability import count, logger
from functions.adapters.pdf import pdf
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.billing.workbook import workbook
from functions.core.billing import money
from functions.core.billing.bill import Bill, bill
from functions.core.billing.csv_text import csv_text
from functions.core.billing.records import CLOSED, Statement
from functions.core.billing.statement import StatementDocument, document
from functions.core.billing.statement_page import lay_out
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso, parse

SETTLE = timedelta(minutes=7)  # longer than this function may run, and than the index may lag: who saw the month open has written
CONTENT = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}


def is_settled(ordered: Statement, now: datetime) -> bool:
    return now - parse(ordered.ordered_at) >= SETTLE


def close_month(hospital: Hospital, month: str, deps: Deps) -> None:
    """Twice is once: the same lines make the same files.

    Raises ServiceBusy while lines may still be on their way.
    """
    ordered, now = bills.statement(deps.table, hospital.tenant, month), deps.clock.now()
    if ordered is None or ordered.state == CLOSED:
        return
    if not is_settled(ordered, now):
        left = epoch_s(parse(ordered.ordered_at) + SETTLE) - epoch_s(now)
        raise ServiceBusy(service="the month's last lines", after_s=left)
    made = _made(hospital, ordered, deps)
    closed = replace(
        ordered,
        state=CLOSED,
        closed_at=iso(now),
        count=made.count,
        corrections=made.corrections,
        sum=money.text(made.sum),
        files=_stored(hospital.tenant, _document(hospital, ordered, made), deps),
    )

    def decide(row: Row | None) -> Row | None:
        return None if row is None or row["state"] == CLOSED else closed.to_row()

    change(deps.table, *closed.key(), decide)
    logger.info("month closed", extra={"tenant": hospital.tenant, "month": month, "cases": made.count})
    count("StatementClosed")


def _made(hospital: Hospital, ordered: Statement, deps: Deps) -> Bill:
    table, tenant = deps.table, hospital.tenant
    entries = (bills.with_words(table, entry) for entry in bills.entries(table, tenant, ordered.month))
    return bill(ordered.month, entries, bills.pricing(table, tenant))


def _document(hospital: Hospital, ordered: Statement, made: Bill) -> StatementDocument:
    return document(
        made,
        hospital=hospital.name,
        time_zone=hospital.time_zone,
        language=hospital.sms.get("language", "zh-CN"),
        ordered_at=ordered.ordered_at,
    )


def files(made: StatementDocument) -> Iterable[tuple[str, bytes]]:
    """(ending, body) of each form of the statement."""
    face = fonts.face()
    created = made.made_at.replace(tzinfo=UTC)
    yield "xlsx", workbook(made)
    yield "csv", csv_text(made)
    title = f"{made.words.title} {made.period}"
    yield "pdf", pdf(lay_out(made, face), face, fonts.path(), title=title, created=created, language=made.language)


def _stored(tenant: str, made: StatementDocument, deps: Deps) -> dict[str, str]:
    names = {}
    for ending, body in files(made):
        names[ending] = f"{keys.sha256_hex(body)}.{ending}"
        key = keys.bill_prefix(tenant, made.month) + names[ending]
        deps.vault.put("derived", key, body, content_type=CONTENT[ending])
    return names
