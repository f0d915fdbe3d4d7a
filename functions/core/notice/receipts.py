"""What carriers say of messages that providers took: when to ask, for how long, and what is kept of the answer.

Carriers answer within seconds, of a phone that is off within three days; the providers say nothing of older messages.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum

from functions.core.notice.notices import Notice
from functions.core.notice.states import State

HOUR_S = 3600
ASKED_AFTER_S = (30, 300, 1800, 2 * HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 48 * HOUR_S, 72 * HOUR_S)
CODE = re.compile(r"[A-Za-z0-9:._-]{1,64}")
NUMBER = re.compile(r"\d{7}")  # no code is so long a number; a phone is


class Delivery(StrEnum):
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    UNKNOWN = "unknown"  # nobody said anything as long as it could be asked


def is_awaited(notice: Notice) -> bool:
    """Whether the carrier's answer is still to come, and can be asked for: WeChat's cannot."""
    return notice.channel == "sms" and notice.state == State.SENT and not notice.delivery


def is_early(notice: Notice, now: int) -> bool:
    """Whether it went out just now, so that no carrier can have answered."""
    return now < notice.changed_at + ASKED_AFTER_S[0]


def next_ask(notice: Notice, now: int) -> int | None:
    """When to ask next, epoch seconds, after it was asked now; None when the time for answers is over."""
    return next((at for at in (notice.changed_at + pause for pause in ASKED_AFTER_S) if at > now), None)


def with_delivery(notice: Notice, delivery: Delivery, code: str, now: int) -> Notice:
    """Its state stays: the provider took it. code: a carrier's word, of which nothing is kept that is no plain code."""
    kept = code if CODE.fullmatch(code) and not NUMBER.search(code) else ""
    return replace(notice, delivery=delivery.value, delivery_code=kept, delivered_at=now)
