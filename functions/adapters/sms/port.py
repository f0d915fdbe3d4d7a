"""What a provider of messages is asked for, and what its answers mean. SMS platforms and WeChat's official account keep to it.

Contract: `send` either returns (the provider took the message) with the provider's own id of it, or raises
- SmsRefused: it will never take this message (a wrong number, a blocked template, nobody who follows the account);
- SmsBusy: it surely took nothing; the same message may be sent again;
- SmsFateUnknown: nobody knows; `look_up` must tell before anything is sent again.
`look_up` finds a message by the request id that it was sent with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from functions.core.errors import LightboxError
from functions.core.notice.receipts import Delivery


class SmsRefused(LightboxError):
    message = "The SMS provider refused the message: {reason}."
    hint = "Check the number in the report and the provider's account."
    status = 422


class SmsBusy(LightboxError):
    message = "The SMS provider took nothing: {reason}."
    hint = "It is sent again by itself; if this lasts, ask the provider."
    retry = True
    status = 503


class SmsFateUnknown(LightboxError):
    message = "The SMS provider's answer was lost: {reason}."
    hint = "It is looked up by its request id before anything is sent again."
    retry = True
    status = 504


class Fate(Enum):
    TAKEN = "taken"
    REFUSED = "refused"
    NEVER_ARRIVED = "never_arrived"


@dataclass(frozen=True)
class SmsMessage:
    """request_id: 1–64 characters [0-9A-Za-z_-], the same whenever the same message is sent again.

    phone: the number, or an open id of WeChat. text: the whole words, for a provider that takes such; the others fill
    `parameters` into `template`, the id under which they approved the words. They allow no address in a parameter: the address
    stands in the approved words, and `code` is what follows it.
    """

    request_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)
    occasion: str = "released"
    language: str = "zh-CN"
    template: str = ""
    sign: str = ""
    url: str = field(repr=False, default="")
    parameters: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What the carrier said of a message that the provider took. code: its own word for it, where it gives one."""

    delivery: Delivery
    code: str = ""


@dataclass(frozen=True)
class Taken:
    """vendor_id: the provider's id of the message; empty where it gives none. parts: how many it counts; 0: it does not say."""

    vendor_id: str = ""
    parts: int = 0


class SmsProvider(Protocol):
    def send(self, message: SmsMessage) -> Taken: ...

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        """tried_at: epoch seconds of the attempt whose answer was lost. Raises SmsBusy when the provider cannot tell now."""

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        """What the carrier said; None as long as nothing is known. Raises SmsBusy when the provider cannot tell now."""
