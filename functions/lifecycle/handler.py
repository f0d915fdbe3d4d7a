"""A day has passed, or a study has to be looked at: warn, end, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.wiring import production
from functions.lifecycle.ending import settle
from functions.lifecycle.walking import walk


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any] | None:
    deps = production()
    if "Records" in event:
        return per_record(event, settle, deps, deps.own_queue)
    walk(deps)
    return None
