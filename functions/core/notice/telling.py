"""The events of notices, registrations and bound WeChat accounts, told by rows before and after
(`functions/core/study/changes.py` asks)."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.study.event import Event, Row, event
from functions.core.times import iso_at

TOLD = {"sent": "notice_sent", "failed": "notice_failed", "held": "notice_failed"}
NOTICE = ("exam", "channel", "serial", "state", "attempts", "look_ups", "changed_at", "log")


def notice(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"exam/{new['exam']}"
    kind = TOLD.get(new["state"])
    if kind and (old is None or new["state"] != old["state"]):
        told = {name: new[name] for name in ("vendor_id", "cost", "occasion", "patient") if new.get(name)}
        body = {**{name: new[name] for name in NOTICE}, **told, "notice": new["event"]}
        yield event(kind, new["tenant"], subject, _version(new, new["state"]), time, body)
    delivery = new.get("delivery", "")
    if delivery and (old is None or delivery != old.get("delivery", "")):
        names = {name: new[name] for name in ("exam", "channel", "delivery")}
        code = {"code": new["delivery_code"]} if new.get("delivery_code") else {}
        body = {**names, **code, "notice": new["event"], "at": new["delivered_at"]}
        yield event("notice_delivered", new["tenant"], subject, _version(new, delivery), time, body)


def _version(new: Row, what: str) -> str:
    """A second channel's notice of the same event is another; those of the first are named as they always were."""
    return f"{new['event']}/{what}" if new["channel"] == "sms" else f"{new['event']}/{new['channel']}/{what}"


def registration(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None or old["sha256"] != new["sha256"]:
        body = {name: new[name] for name in ("exam", "patient", "state", "sha256", "changed_at")}
        yield event("registration_received", new["tenant"], f"exam/{new['exam']}", new["sha256"], time, body)


def wechat_binding(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if not new["unbound_at"] and (old is None or old["serial"] < new["serial"]):
        names = ("patient", "wechat", "account", "open_id", "serial")
        body = {**{name: new[name] for name in names}, "at": new["bound_at"]}
        yield event("wechat_bound", new["tenant"], f"patient/{new['patient']}", f"{new['wechat']}/{new['serial']}", time, body)
    if new["unbound_at"] and (old is None or not old["unbound_at"]):
        yield wechat_unbound(new)


def wechat_unbound(binding: Row) -> Event:
    """Made from the row with its `unbound_at`: journalled before that is written, as every restrictive decision."""
    body = {**{name: binding[name] for name in ("patient", "wechat", "serial")}, "at": binding["unbound_at"]}
    at = iso_at(binding["unbound_at"])
    version = f"{binding['wechat']}/{binding['serial']}"
    return event("wechat_unbound", binding["tenant"], f"patient/{binding['patient']}", version, at, body)
