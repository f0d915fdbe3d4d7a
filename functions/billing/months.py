"""Some time has passed: months that are over are closed, and statements that were ordered are made."""

from __future__ import annotations

from functions.adapters import bills
from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps
from functions.billing.closing import close_month, is_settled
from functions.core.billing.months import is_due
from functions.core.billing.records import ORDERED
from functions.core.errors import LightboxError
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_closed

BY = "billing"


def close_months(deps: Deps) -> None:
    """Of every hospital that has an agent: without one no case was earned. What fails is tried again at the next time."""
    failed = 0
    for tenant in sorted({row["tenant"] for row in deps.table.agents()}):
        row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
        if row is None or is_closed(row):
            continue
        try:
            _close(Hospital.from_row(row), deps)
        except Exception as error:  # of one hospital: the others have their statements all the same
            failed += 1
            code = error.code if isinstance(error, LightboxError) else type(error).__name__
            logger.warning("month not closed", extra={"tenant": tenant, "code": code})
    count("StatementFailed", failed)


def _close(hospital: Hospital, deps: Deps) -> None:
    now = deps.clock.now()
    for month in bills.unclosed(deps.table, hospital, now, is_due):
        bills.order_statement(deps.table, hospital, month, by=BY, now=now)
    for stands in bills.statements(deps.table, hospital.tenant):
        if stands.state == ORDERED and is_settled(stands, now):
            close_month(hospital, stands.month, deps)
