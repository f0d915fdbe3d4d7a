"""Accounts of hospitals' staff: made and changed, each time with the journal's entry first."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access import account_telling, passwords, tries
from functions.core.access.accounts import Account, SignInTries, changed, known_roles
from functions.core.errors import NotFound, RequestError
from functions.core.study import keys
from functions.core.times import epoch_s, iso


class AccountExists(RequestError):
    message = "账号 {account} 已存在 · There is an account {account} already."
    hint = "请用 account roles 或 account reset · Use `account roles` or `account reset`."
    status = 409


class RoleMissing(RequestError):
    message = "账号至少需要一个角色 · An account needs at least one role."
    hint = "请用 --role operator、doctor 或 finance · Give --role operator, doctor or finance."


def find(deps: Deps, tenant: str, account: str) -> Account:
    """Raises NotFound."""
    row = deps.table.get(*Account(tenant, account).key())
    if row is None:
        raise NotFound()
    return Account.from_row(row)


def add(deps: Deps, account: Account, *, by: str) -> tuple[Account, str]:
    """The account and its first password, which is said once. Raises AccountExists, RoleMissing."""
    if not known_roles(account.roles):
        raise RoleMissing()
    now = iso(deps.clock.now())
    first, kept = _first()
    made = replace(
        account,
        roles=known_roles(account.roles),
        password=kept,
        password_at=now,
        must_change=True,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )

    def decide(row: Row | None) -> Row:
        if row is not None:
            raise AccountExists(account=account.account)
        return made.to_row()

    change(deps.table, *made.key(), decide)
    return made, first


def reset(deps: Deps, tenant: str, account: str, *, by: str) -> tuple[Account, str]:
    """A new first password; what stood before opens nothing any more, and a lock ends. Raises NotFound."""
    first, kept = _first()
    stands = set_password(deps, find(deps, tenant, account), kept, must_change=True, by=by)
    unlock(deps, tenant, account, by=by)
    return stands, first


def set_password(deps: Deps, account: Account, kept: str, *, must_change: bool, by: str) -> Account:
    """kept: a PHC string. Ends the account's sessions. Raises NotFound."""
    now = iso(deps.clock.now())
    return amend(*(deps, account.tenant, account.account), by=by, password=kept, password_at=now, must_change=must_change)


def keep_anew(deps: Deps, account: Account, kept: str) -> None:
    """The same password under today's parameters: nothing that anybody must be told."""

    def decide(row: Row | None) -> Row | None:
        return {**row, "password": kept} if row and row["password"] == account.password else None

    change(deps.table, *account.key(), decide)


def amend(deps: Deps, tenant: str, account: str, *, by: str, **fields: Any) -> Account:
    """Change some fields, journalled before the row: what is taken away stays so if the row is lost. Raises NotFound,
    RoleMissing."""
    if "roles" in fields and not known_roles(fields["roles"]):
        raise RoleMissing()
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        if row is None:
            raise NotFound()
        after = changed(Account.from_row(row), by=by, now=now, **fields).to_row()
        for told in account_telling.account(row, after, now):
            journal_first(told, deps)
        return after

    row = change(deps.table, *Account(tenant, account).key(), decide)
    return Account.from_row(row or {})


def unlock(deps: Deps, tenant: str, account: str, *, by: str) -> bool:
    """After wrong passwords, once the operator is sure who asks. Whether there was anything to forget."""
    now = epoch_s(deps.clock.now())
    was = [SignInTries(tenant, account)]

    def decide(row: Row | None) -> Row | None:
        if row is None:
            return None
        was[0] = SignInTries.from_row(row)
        return tried(tries.unlocked(was[0]), now).to_row()

    change(deps.table, *was[0].key(), decide)
    if tries.is_locked(was[0], now):
        journal_first(account_telling.lock("account_unlocked", was[0], iso(deps.clock.now()), cause=by), deps)
    return bool(was[0].tries)


def every(deps: Deps, tenant: str) -> Iterator[Account]:
    """In order of their names."""
    return map(Account.from_row, deps.table.rows(keys.accounts_pk(tenant)))


def tried(value: SignInTries, now: int) -> SignInTries:
    return replace(value, tried_at=now)


def _first() -> tuple[str, str]:
    """A first password and its PHC string."""
    first = passwords.first_password(randomness.token_bytes(passwords.FIRST_BYTES))
    return first, passwords.hashed(first, randomness.token_bytes(passwords.SALT_BYTES))
