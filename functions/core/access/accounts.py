"""An account of a hospital's staff, and the tries at its password.

Whatever changes who may sign in or what they may do counts `serial` up: a session holds the serial that it began with, and ends
when the account has another. `password` is a PHC string, "" where nobody can sign in: it stands in this row alone, never in an
event, so that an account that was rebuilt from the journal needs a new first password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from functions.core.access.rights import ROLES
from functions.core.access.tries import LONGEST_LOCK_S
from functions.core.study import keys
from functions.core.study.record import Record

NAME = re.compile("[a-z0-9][a-z0-9-]{1,31}")


@dataclass(frozen=True, eq=False, repr=False)
class Account(Record):
    """By hospital and account name. Times are ISO UTC."""

    kind: ClassVar[str] = "account"
    tenant: str
    account: str
    name: str = ""  # the person's, as the hospital writes it
    roles: list[str] = field(default_factory=list)
    platform: bool = False  # may look after the deployment's queues too
    disabled: bool = False
    password: str = ""
    password_at: str = ""  # when it was set
    must_change: bool = True  # a first password opens nothing but its own change [SEC-11]
    created_at: str = ""
    changed_at: str = ""
    changed_by: str = ""  # `operator:…`, `staff:…`
    serial: int = 1

    def key(self) -> tuple[str, str]:
        return keys.accounts_pk(self.tenant), keys.account_sk(self.account)


@dataclass(frozen=True, eq=False, repr=False)
class SignInTries(Record):
    """Tries at one name's password, whether there is such an account or not: nobody learns which names there are."""

    kind: ClassVar[str] = "sign_in_tries"
    tenant: str
    account: str
    tries: int = 0
    locked_until: int = 0
    lock_level: int = 0
    shut_until: int = 0
    tried_at: int = 0
    known: bool = False  # there was such an account when it locked: only then the row tells of it

    def key(self) -> tuple[str, str]:
        return keys.sign_in_pk(self.tenant, self.account), "TRIES"

    def indexed(self) -> Mapping[str, Any]:
        return {"ttl": max(self.tried_at, self.locked_until, self.shut_until) + LONGEST_LOCK_S}


def changed(account: Account, *, by: str, now: str, **fields: Any) -> Account:
    """With these fields, one serial on; the account itself where they change nothing."""
    after = replace(account, **fields)
    return account if after == account else replace(after, serial=account.serial + 1, changed_at=now, changed_by=by)


def known_roles(roles: list[str]) -> list[str]:
    """In the order of ROLES, each once; those that are none are left out."""
    return [role for role in ROLES if role in roles]


def is_name(text: str) -> bool:
    return NAME.fullmatch(text) is not None
