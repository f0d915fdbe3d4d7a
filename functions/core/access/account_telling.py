"""What an account's rows tell when they change. Never its password."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.access import tries
from functions.core.access.accounts import SignInTries
from functions.core.study.event import Event, Row, event
from functions.core.times import iso_at

FACTS = ("account", "name", "roles", "platform", "disabled", "password_at", "created_at", "changed_at", "serial")


def account(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    """Each of its serials once, under the time at which it was decided: what is journalled first and what the stream tells meet
    under one name."""
    if old is not None and old["serial"] >= new["serial"]:
        return
    disabled_now = new["disabled"] and not (old or {}).get("disabled", False)
    kind = "account_added" if old is None and new["serial"] == 1 else "account_disabled" if disabled_now else "account_changed"
    body = {name: new[name] for name in FACTS}
    version = f"{new['serial']}/{new['changed_at']}/{'+'.join(new['roles'])}/{new['disabled']}"
    yield event(kind, new["tenant"], f"account/{new['account']}", version, new["changed_at"], body, cause=new["changed_by"])


def sign_in_tries(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    """Of an account that wrong passwords have locked; of a name that is none nothing is told."""
    if new.get("known") and new["locked_until"] > (old or {}).get("locked_until", 0):
        yield lock("account_locked", SignInTries.from_row(new), time, cause=None)


def lock(kind: str, locked: SignInTries, time: str, *, cause: str | None) -> Event:
    """kind: `account_locked` or `account_unlocked`; locked: as its lock stands, or stood."""
    until = iso_at(tries.closed_until(locked))
    body = {"account": locked.account, "until": until, "level": locked.lock_level}
    return event(kind, locked.tenant, f"account/{locked.account}", until, time, body, cause=cause)
