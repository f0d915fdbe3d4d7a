"""Who of a hospital's staff may do what. Each route of staff_api names one right; this table says which roles have it.

`platform` beside a role: queues belong to the deployment and hold every hospital's messages, so that being operator of one
hospital is not enough; the account must also be marked as the platform's (`account add --platform`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

OPERATOR: Final = "operator"
DOCTOR: Final = "doctor"
FINANCE: Final = "finance"
ROLES = (OPERATOR, DOCTOR, FINANCE)

RIGHTS: Mapping[str, frozenset[str]] = {
    "self.read": frozenset(ROLES),
    "self.password": frozenset(ROLES),
    "agents.read": frozenset({OPERATOR}),
    "agents.change": frozenset({OPERATOR}),
    "quarantine.read": frozenset({OPERATOR}),
    "quarantine.change": frozenset({OPERATOR}),
    "queues.read": frozenset({OPERATOR}),
    "queues.change": frozenset({OPERATOR}),
    "alarms.read": frozenset({OPERATOR}),
    "studies.list": frozenset({OPERATOR, DOCTOR}),
    "studies.view": frozenset({DOCTOR}),
    "series.hide": frozenset({DOCTOR}),
    "patient.correct": frozenset({DOCTOR}),
    "shares.read": frozenset({DOCTOR}),
    "bills.read": frozenset({FINANCE}),
    "bills.change": frozenset({FINANCE}),
    "prices.change": frozenset({FINANCE}),
}
OF_THE_PLATFORM = frozenset({"queues.read", "queues.change"})
WHILE_MUST_CHANGE = frozenset({"self.password"})  # all that a first password opens


def has(right: str, *, roles: Collection[str], platform: bool) -> bool:
    """right: one of RIGHTS; another is a programming error (KeyError)."""
    return not RIGHTS[right].isdisjoint(roles) and (platform or right not in OF_THE_PLATFORM)


def all_of(*, roles: Collection[str], platform: bool) -> list[str]:
    """What an account may do, for the page that shows it: the server asks `has` again at each request."""
    return [right for right in RIGHTS if has(right, roles=roles, platform=platform)]
