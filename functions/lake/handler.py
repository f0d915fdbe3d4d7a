"""Something changed that a list shows, or some time has passed: lines follow, and go into files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.wiring import production
from functions.lake.following import compact_all, follow


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    deps = production()
    if "Records" in event:
        return per_record(event, follow, deps, deps.own_queue)
    compact_all(deps)
    return None
