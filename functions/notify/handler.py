"""An exam was released: one SMS to its patient."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.sms.providers import provider
from functions.adapters.wiring import production
from functions.notify.notifying import Notifier, notify_released


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    deps = production()
    notifier = Notifier(deps, provider(deps.secrets.values().sms, deps.clock), pause=time.sleep)
    return per_record(event, notify_released, notifier, deps.own_queue)
