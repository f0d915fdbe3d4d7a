"""What an SMS provider is asked for, and what its answers mean.

Contract: `send` either returns (the provider took the message), or raises
- SmsRefused: it will never take this message (a wrong number, a blocked template);
- SmsBusy: it surely took nothing; the same message may be sent again;
- SmsFateUnknown: nobody knows; `look_up` must tell before anything is sent again.
`look_up` finds a message by the request id that it was sent with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from functions.core.errors import LightboxError


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
    """request_id: 1–64 characters [0-9A-Za-z_-], the same whenever the same message is sent again."""

    request_id: str
    phone: str = field(repr=False)
    text: str = field(repr=False)


class SmsProvider(Protocol):
    def send(self, message: SmsMessage) -> None: ...

    def look_up(self, request_id: str) -> Fate:
        """Raises SmsBusy when the provider cannot tell now."""
