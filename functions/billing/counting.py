"""One event about a hospital's bill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters import bills, envelopes
from functions.adapters.hospitals import open_hospital
from functions.adapters.observability import count, logger
from functions.adapters.wiring import Deps
from functions.billing.closing import close_month


def bill(message: Mapping[str, Any], deps: Deps) -> None:
    """Twice is once, and the order does not matter. What is replayed was counted when it happened.

    Raises ServiceBusy while the hospital's rows are lost or being rebuilt: a case that was counted may not be there again yet.
    """
    envelope = envelopes.opened(message)
    tenant, body = envelope["tenant"], envelope["body"]
    if envelope["replayed"] or envelope["type"] not in ("case_earned", "statement_ordered"):
        return
    hospital = open_hospital(tenant, deps)
    if envelope["type"] == "statement_ordered":
        close_month(hospital, body["month"], deps)
        return
    case = bills.count_case(deps.table, hospital, body["exam"], envelope["time"])
    logger.info("case", extra={"tenant": tenant, "exam": case.exam, "month": case.month})
    count("Case")
