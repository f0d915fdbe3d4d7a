"""What an account's row tells when it changes. Never its password."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.study.event import Event, Row, event

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
