"""What a row should be, given what stands there and what the journal says. Each function leaves a row alone that says it all.

A row may be ahead of the journal (the stream lags), never behind: what was revoked, hidden or locked there is so here. Where the
journal cannot know (a link's wrong answers since its last lock) the strictest that is possible is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from functions.core.access.links import MAX_TRIES, Link
from functions.core.billing.records import CLOSED, Case, Prices, Statement
from functions.core.history import retention
from functions.core.history.folding import ExamPast, History, LinkPast, rank
from functions.core.notice.notices import Notice
from functions.core.notice.records import Binding
from functions.core.study.agents import Agent, AgentKey
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam


def hospital(old: Hospital | None, history: History) -> Hospital | None:
    """None when neither knows of one."""
    if not history.hospital:
        return old
    serial = max(history.hospital)
    if old is not None and old.serial >= serial:
        return old
    _, body = history.hospital[serial]
    return Hospital(tenant=history.tenant, **body, rebuilding=old.rebuilding if old else "")


def agents(history: History) -> Iterator[Agent]:
    """After a revocation an agent holds only the keys that were enrolled since."""
    ended = _revoked_keys(history)
    by_agent: dict[str, list[dict[str, Any]]] = {}
    for body in history.keys.values():
        by_agent.setdefault(body["agent"], []).append(body)
    for name, enrolled in by_agent.items():
        living = sorted(body["key"] for body in enrolled if body["key"] not in ended)
        last = max((one for one in history.revocations if one["agent"] == name), key=lambda one: one["revoked_at"], default=None)
        revoked_at = last["revoked_at"] if last and not living else ""
        held = living or sorted(key for key in (last["keys"] if last else []))
        since = min(body["created_at"] for body in enrolled)
        by, because = (last.get("by", ""), last.get("reason", "")) if last and revoked_at else ("", "")
        yield Agent(history.tenant, name, enrolled[0]["ae_title"], held, since, revoked_at, by, because)


def agent(old: Agent | None, past: Agent, history: History) -> Agent:
    """A row with a key that the journal does not know yet is ahead; even so, it is revoked when all its keys are.

    So is a row that is revoked while the journal knows of no key beyond those that ended.
    """
    if old is not None and old.revoked_at and not past.revoked_at and set(past.keys_held) <= set(old.keys_held):
        return old
    if old is None or set(old.keys_held) <= set(history.keys):
        return past
    ended = _revoked_keys(history)
    over = not old.revoked_at and all(key in ended for key in old.keys_held)
    return replace(old, revoked_at=max(ended[key] for key in old.keys_held)) if over else old


def agent_keys(history: History) -> Iterator[AgentKey]:
    ended = _revoked_keys(history)
    for key, body in history.keys.items():
        made = {name: body[name] for name in ("agent", "public_key", "ae_title", "created_at")}
        yield AgentKey(id=key, tenant=history.tenant, **made, revoked_at=ended.get(key, ""))


def agent_key(old: AgentKey | None, past: AgentKey) -> AgentKey:
    if old is None:
        return past
    return replace(old, revoked_at=past.revoked_at) if past.revoked_at and not old.revoked_at else old


def _revoked_keys(history: History) -> dict[str, str]:
    """Key → when it was revoked first."""
    ended: dict[str, str] = {}
    for one in history.revocations:
        for key in one["keys"]:
            ended[key] = min(ended.get(key, one["revoked_at"]), one["revoked_at"])
    return ended


def link(old: Link | None, digest: str, past: LinkPast, history: History) -> Link | None:
    """None when nothing says what it opens. A rebuilt link has one try left before it locks: nobody knows how many were taken."""
    until = max(past.locks, default=0)
    locked = bool(until) and until not in past.unlocked
    if old is None:
        if not past.facts:
            return None
        fresh = Link(digest=digest, tenant=history.tenant, **past.facts)
        if past.revoked_at:
            fresh = replace(fresh, revoked=True, revoked_at=past.revoked_at)
        if locked:
            return replace(fresh, tries=MAX_TRIES, locked_until=until, lock_level=past.locks[until])
        return replace(fresh, tries=MAX_TRIES - 1)
    if past.revoked_at and not old.revoked:
        old = replace(old, revoked=True, revoked_at=past.revoked_at)
    if locked and past.locks[until] > old.lock_level and until > old.locked_until:
        old = replace(old, tries=MAX_TRIES, locked_until=until, lock_level=past.locks[until])
    return old


def notice(old: Notice | None, past: Notice, history: History) -> Notice:
    stands = past if old is None or past.changed_at > old.changed_at else old
    at, delivery, code = history.deliveries.get((past.exam, past.event, past.channel), (0, "", ""))
    return replace(stands, delivery=delivery, delivery_code=code, delivered_at=at) if at > stands.delivered_at else stands


def binding(old: Binding | None, past: Binding, history: History) -> Binding:
    """A row that was bound anew since is ahead; whatever the journal ended is ended."""
    stands = past if old is None or past.serial > old.serial else old
    ended = history.unbound.get((past.patient, past.wechat), {}).get(stands.serial, 0)
    return replace(stands, unbound_at=ended) if ended and not stands.unbound_at else stands


def exam(old: Exam | None, name: str, past: ExamPast, history: History) -> Exam:
    """The exam's release and a person's decision; everything else of it is assembled from studies and reports afterwards."""
    rule, rule_serial = past.rule
    base = old or Exam(history.tenant, name, rule=rule, rule_serial=rule_serial, created_at=past.registered_at)
    if rule_serial > base.rule_serial:
        base = replace(base, rule=rule, rule_serial=rule_serial)
    if past.decision and (base.decision is None or rank(past.decision) > rank(base.decision)):
        base = replace(base, decision=past.decision)
    if past.serial > base.release_serial:
        base = replace(base, release=past.release, release_serial=past.serial)
    removed = history.removed_exams.get(name)
    return retention.exam(base, removed) if removed else base


def case(old: Case | None, past: Case) -> Case:
    return past if old is None or past.at < old.at else old


def prices(old: Prices | None, history: History) -> Prices | None:
    """Month by month the one that was set last."""
    base = old or Prices(history.tenant)
    newer = {
        month: price
        for month, price in history.bills.prices.items()
        if month not in base.prices or price["serial"] > base.prices[month]["serial"]
    }
    return replace(base, prices={**base.prices, **newer}) if newer else old


def statement(old: Statement | None, past: Statement) -> Statement:
    return past if old is None or (past.state == CLOSED and old.state != CLOSED) else old
