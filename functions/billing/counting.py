"""One event about a hospital's bill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import bills, envelopes
from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps
from functions.billing.closing import close_month
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_closed

REBUILDING_S = 10  # before a message is looked at again; what the queue gives up meanwhile `reconcile` tells again


def bill(message: Mapping[str, Any], deps: Deps) -> None:
    """Twice is once, and the order does not matter. What is replayed was counted when it happened.

    Raises ServiceBusy while the hospital's rows are lost or being rebuilt: a case that was counted may not be there again yet.
    """
    envelope = envelopes.opened(message)
    tenant, body = envelope["tenant"], envelope["body"]
    if envelope["replayed"] or envelope["type"] not in ("case_earned", "statement_ordered"):
        return
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None or is_closed(row):
        raise ServiceBusy(service="the hospital's index", after_s=REBUILDING_S)
    hospital = Hospital.from_row(row)
    if envelope["type"] == "statement_ordered":
        close_month(hospital, body["month"], deps)
        return
    case = bills.count_case(deps.table, hospital, body["exam"], envelope["time"])
    logger.info("case", extra={"tenant": tenant, "exam": case.exam, "month": case.month})
    count("Case")
