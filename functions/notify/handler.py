"""An exam was registered, was released, or ends soon: one message to its patient."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.queues import per_record
from functions.adapters.sms.providers import provider
from functions.adapters.wechat.official_account import account_of
from functions.adapters.wiring import production
from functions.notify.notifying import Notifier, notify


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    deps = production()
    secrets = deps.secrets.values()
    notifier = Notifier(
        deps,
        provider(secrets.sms, deps.clock),
        pause=time.sleep,
        wechat=lambda tenant: account_of(secrets.wechat, tenant, deps.clock, deps.table),
    )
    return per_record(event, notify, notifier, deps.own_queue)
