"""Chooses the provider that the deployment's secret names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from functions.adapters.clock import Clock
from functions.adapters.sms.generic_http import GenericHttp
from functions.adapters.sms.port import SmsProvider

PROVIDERS: Mapping[str, Callable[[Mapping[str, Any], Clock], SmsProvider]] = {
    "generic_http": GenericHttp,
}


def provider(settings: Mapping[str, Any], clock: Clock) -> SmsProvider | None:
    """settings: the secret's `sms`: `{"provider": "generic_http", …}`; empty means that this deployment sends none.

    Raises KeyError on a provider that does not exist.
    """
    if not settings:
        return None
    return PROVIDERS[settings["provider"]](settings, clock)
