"""A case was earned, a statement was ordered, or some time has passed: bills follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.wiring import production
from functions.billing.counting import bill
from functions.billing.months import close_months


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    deps = production()
    if "Records" in event:
        return per_record(event, bill, deps, deps.own_queue)
    close_months(deps)
    return None
