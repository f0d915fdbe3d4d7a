"""Chooses the provider that the deployment's secret names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters.clock import Clock
from functions.adapters.sms.aliyun import Aliyun
from functions.adapters.sms.generic_http import GenericHttp
from functions.adapters.sms.port import SmsProvider
from functions.adapters.sms.tencent import Tencent

PROVIDERS: Mapping[str, Callable[[Mapping[str, Any], Clock], SmsProvider]] = {
    "generic_http": GenericHttp,
    "aliyun": Aliyun,
    "tencent": Tencent,
}


def provider(settings: Mapping[str, Any], clock: Clock) -> SmsProvider | None:
    """settings: the secret's `sms`: `{"provider": "generic_http", …}`; empty means that this deployment sends none.

    Raises KeyError on a provider that does not exist.
    """
    if not settings:
        return None
    return PROVIDERS[settings["provider"]](settings, clock)
