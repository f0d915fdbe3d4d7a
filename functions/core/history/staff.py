"""Accounts and settled things as the journal tells them, and the rows that it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from functions.core.access.account_telling import FACTS
from functions.core.access.accounts import Account
from functions.core.study.bookkeeping import QuarantineEntry

EVENTS = frozenset({"account_added", "account_changed", "account_disabled", "quarantine_settled"})


@dataclass
class Staff:
    """What a hospital's journal says of its staff and their words, in whatever order it is read."""

    tenant: str
    accounts: dict[str, Account] = field(default_factory=dict)  # the latest of each, without its password
    settled: dict[tuple[str, str], tuple[str, dict[str, str]]] = field(default_factory=dict)  # subject, name → reason, by whom

    def add(self, event: Mapping[str, Any]) -> None:
        body = event["body"]
        if event["type"] == "quarantine_settled":
            key = body["subject"], body["name"]
            before = self.settled.get(key)
            if before is None or body["settled"]["at"] > before[1]["at"]:
                self.settled[key] = (body["reason"], body["settled"])
            return
        told = Account(self.tenant, changed_by=event["cause"] or "", **{name: body[name] for name in FACTS})
        old = self.accounts.get(told.account)
        if old is None or _rank(told) > _rank(old):
            self.accounts[told.account] = told

    def entries(self) -> list[QuarantineEntry]:
        return [
            QuarantineEntry(self.tenant, subject, name, reason, open=False, settled=settled)
            for (subject, name), (reason, settled) in self.settled.items()
        ]


def account(old: Account | None, past: Account) -> Account:
    """One that was lost, or fell behind, keeps its password only where nothing says that it was changed since: else nobody signs
    in with it until an operator gives it a new first one."""
    if old is not None and old.serial >= past.serial:
        return old
    if old is not None and old.password_at == past.password_at:
        return replace(past, password=old.password, must_change=old.must_change)
    return past


def entry(old: QuarantineEntry | None, past: QuarantineEntry) -> QuarantineEntry | None:
    """What waits again for the reason that a person has settled is settled; a lost one comes back with its document or exam."""
    if old is None or not old.open or old.reason != past.reason:
        return old
    return replace(old, open=False, settled=past.settled)


def _rank(account: Account) -> tuple[int, str, bool]:
    """Of two of one serial, whose rows met: the later, and at the same time the one that lets nobody in."""
    return account.serial, account.changed_at, account.disabled
