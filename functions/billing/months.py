"""Some time has passed: months that are over are closed, and statements that were ordered are made."""

from __future__ import annotations

from functions.adapters import bills
from functions.adapters.rounds import each_hospital
from functions.adapters.wiring import Deps
from functions.billing.closing import close_month, is_settled
from functions.core.billing.months import is_due
from functions.core.billing.records import ORDERED
from functions.core.study.hospitals import Hospital

BY = "billing"


def close_months(deps: Deps) -> None:
    each_hospital(deps, _close, failed="StatementFailed")


def _close(hospital: Hospital, deps: Deps) -> None:
    now = deps.clock.now()
    for month in bills.unclosed(deps.table, hospital, now, is_due):
        bills.order_statement(deps.table, hospital, month, by=BY, now=now)
    for stands in bills.statements(deps.table, hospital.tenant):
        if stands.state == ORDERED and is_settled(stands, now):
            close_month(hospital, stands.month, deps)
