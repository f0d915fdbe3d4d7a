"""What happened, told by a row before and after (docs/interfaces.md §5). Pure: a change always gives the same events.

An event's id is made of its type, business key and business version, so that a redelivered change, a repeated decision and the
journal entry that a restrictive decision wrote first all meet under one name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from functions.core.access import account_telling
from functions.core.access import telling as sharing
from functions.core.billing import telling as bills
from functions.core.notice import telling as notices
from functions.core.retention import telling as retention
from functions.core.study import correcting, hiding
from functions.core.study.event import Event, Row, event
from functions.core.study.quarantine import DOCUMENTS
from functions.core.study.release import WAITING
from functions.core.times import iso_at

HOSPITAL = (
    *("name", "phone", "hours", "time_zone", "issuer", "release_rule"),
    *("sms", "shows", "notice", "retention", "archive_after_years", "billed_from", "agreement", "created_at", "serial"),
)


def events(old: Row | None, new: Row | None, time: str) -> list[Event]:
    """All events of one change of a row, in order; time: of the change. A removed row tells nothing.

    Without `old`: what the row says by itself. That lacks only what it went through before.
    """
    if new is None:
        return []
    tell = _TELLERS.get(new["kind"])
    return list(tell(old, new, time)) if tell else []


def _was(old: Row | None, name: str, default: Any = None) -> Any:
    return default if old is None else old.get(name, default)


def _hospital(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    body = {name: new[name] for name in HOSPITAL if name in new}
    serial = new["serial"]
    if serial == 1 and old is None:
        yield event("hospital_added", new["tenant"], "hospital", "1", time, body)
    elif serial > _was(old, "serial", 0):
        yield event("hospital_changed", new["tenant"], "hospital", str(serial), time, body)


def _agent_key(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None:
        body = {name: new[name] for name in ("agent", "ae_title", "public_key", "created_at")}
        yield event("agent_enrolled", new["tenant"], f"agent/{new['agent']}", new["id"], time, {**body, "key": new["id"]})


def _agent(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if new["revoked_at"] and not _was(old, "revoked_at", ""):
        yield agent_revoked(new)


def agent_revoked(agent: Row) -> Event:
    """Made from the agent's row with its `revoked_at`: the operator's command journals it before it writes that row.

    The keys are part of its name: one that was enrolled between the two makes another entry.
    """
    held, at = list(agent["keys_held"]), agent["revoked_at"]
    why = {"reason": agent["revoked_because"]} if agent.get("revoked_because") else {}
    body = {"agent": agent["agent"], "keys": held, "revoked_at": at, **why}
    by = agent.get("revoked_by") or None
    return event("agent_revoked", agent["tenant"], f"agent/{agent['agent']}", "/".join([at, *held]), at, body, cause=by)


def _series(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"series/{new['study']}/{new['series']}"
    if new["index"] and new["index"] != _was(old, "index"):
        names = ("study", "series", "index", "frames", "received", "declared")
        yield event("series_indexed", new["tenant"], subject, new["index"], time, {name: new[name] for name in names})
    was, now = _was(old, "conflicts") or {}, new.get("conflicts") or {}
    if now != was:
        counts = now or dict.fromkeys(was, 0)
        body = {"study": new["study"], "series": new["series"], **counts}
        version = "/".join(str(counts[name]) for name in sorted(counts))
        yield event("instances_conflicted", new["tenant"], subject, version, time, body)
    if new["thumbnail"] and new["thumbnail"] != _was(old, "thumbnail"):
        body = {name: new[name] for name in ("study", "series", "thumbnail", "index")}
        yield event("series_rendered", new["tenant"], subject, new["thumbnail"], time, body)
    yield from hiding.telling(old, new)


def _study(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"study/{new['study']}"
    was, now = _was(old, "imaging", "none"), new["imaging"]
    received, declared = new["received"], new["declared"]
    body = {"study": new["study"], "exam": new["exam"], "received": received, "declared": declared}
    if now in ("viewable", "complete") and was in ("none", "receiving"):
        yield event("study_viewable", new["tenant"], subject, "1", time, body)
    if now == "complete" and (was != "complete" or received != _was(old, "received")):
        yield event("study_completed", new["tenant"], subject, f"{received}/{declared}", time, body)
    elif _was(old, "films") and _beside_the_images(new) != _beside_the_images(old or {}):
        version = f"{new['exam']}/{received}/{declared}/{now}"
        yield event("study_revised", new["tenant"], subject, version, time, {**body, "complete": new["complete"]})
    yield from retention.study(old, new, time)
    if new["films"] and new["films"] != _was(old, "films"):
        films = {"study": new["study"], "exam": new["exam"], **new["films"]}
        yield event("films_rendered", new["tenant"], subject, str(new["films"]["pdf"]), time, films)


def _beside_the_images(study: Row) -> tuple[Any, ...]:
    """What a film says of its study that no new image brings along."""
    return study["exam"], study["declared"], study["complete"]


def _receipt(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if new["state"] == "quarantined" and (_was(old, "state"), _was(old, "reason")) != (new["state"], new["reason"]):
        body = {name: new[name] for name in ("subject", "sha256", "reason", "study", "agent")}
        yield event("document_quarantined", new["tenant"], f"{new['subject']}/{new['sha256']}", new["reason"], time, body)


def _quarantine(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    """A document that was sent again and is good, or a person's word that nobody need look any more. What became of exams, series
    and notices their own events tell."""
    settled = new.get("settled")
    if settled:
        if settled != _was(old, "settled"):
            yield quarantine_settled(new)
        return
    waited = _was(old, "open", True) or bool(_was(old, "settled"))
    if new["subject"] in DOCUMENTS and not new["open"] and waited:
        body = {"subject": new["subject"], "sha256": new["name"], "reason": new["reason"]}
        yield event("document_admitted", new["tenant"], f"{new['subject']}/{new['name']}", new["reason"], time, body)


def quarantine_settled(entry: Row) -> Event:
    """Made from the entry with its `settled`: {by, at, note}."""
    settled = entry["settled"]
    body = {"subject": entry["subject"], "name": entry["name"], "reason": entry["reason"], "settled": dict(settled)}
    return event(
        "quarantine_settled",
        entry["tenant"],
        f"{entry['subject']}/{entry['name']}",
        f"{entry['reason']}/{settled['at']}",
        settled["at"],
        body,
        cause=settled["by"],
    )


def _report(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    number = new["report_version"]
    if new["document"] and new["document"] != _was(old, "document"):
        made = {"exam": new["exam"], "version": number, "sha256": new["digests"][0], "name": new["document"]["name"]}
        yield event("report_rendered", new["tenant"], f"exam/{new['exam']}", f"{number}/{made['name']}", time, made)
    if old is not None and old["digests"] == new["digests"]:
        return
    subject, business_version = f"exam/{new['exam']}", f"{number}/{'+'.join(new['digests'])}"
    body = {
        "exam": new["exam"],
        "version": number,
        "state": new["state"],
        "sha256": new["digests"][0],
        "doubted": len(new["digests"]) > 1,
    }
    yield event("report_received", new["tenant"], subject, business_version, time, body)
    if new["state"] in ("audited", "corrected"):
        yield event("report_audited", new["tenant"], subject, business_version, time, body)
    if new["state"] == "retracted":
        yield event("report_retracted", new["tenant"], subject, business_version, time, body)


def _exam(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"exam/{new['exam']}"
    if new["rule"] != _was(old, "rule"):
        body = {"exam": new["exam"], "rule": new["rule"], "serial": new.get("rule_serial", 0)}
        yield event("exam_registered", new["tenant"], subject, f"{body['serial']}/{new['rule']}", time, body)
    release, was = new["release"], _was(old, "release", "held")
    serial = str(new["release_serial"])
    decision = new.get("decision") or {}
    cause = decision.get("by") if decision != (_was(old, "decision") or {}) else None
    if cause:  # its own time: what is journalled first and what the stream tells then meet under one name
        time = decision["at"]
        version = f"{decision['serial']}/{decision['action']}/{time}"
        yield event("exam_decided", new["tenant"], subject, version, time, {"exam": new["exam"], **decision}, cause=cause)
    if release == "released" and (was != "released" or new["release_serial"] > _was(old, "release_serial", 0)):
        body = {
            "exam": new["exam"],
            "patient": new["patient"],
            "studies": sorted(new["studies"]),
            "report_version": new["report_version"],
            "serial": new["release_serial"],
        }
        yield event("exam_released", new["tenant"], subject, serial, time, body, cause=cause)
    elif release != "released" and (release, new["reasons"]) != (was, _was(old, "reasons", [])) and _matters(was, release, new):
        body = {"exam": new["exam"], "release": release, "reasons": new["reasons"], "serial": new["release_serial"]}
        yield event(
            "exam_held", new["tenant"], subject, f"{serial}/{release}/{'+'.join(new['reasons'])}", time, body, cause=cause
        )
    yield from bills.exam_earned(old, new, time)
    yield from retention.exam(old, new, time)


def _matters(was: str, release: str, new: Row) -> bool:
    """Waiting for images or the audit is the ordinary course; what was taken back or contradicts itself is an event."""
    return was != release or not WAITING.issuperset(new["reasons"])


def _link(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"link/{new['digest']}"
    body = {"exam": new["exam"], "link": new["digest"]}
    if old is None:
        yield event("link_issued", new["tenant"], subject, "1", time, _facts(new))
    if new["revoked"] and not _was(old, "revoked", False):
        yield link_revoked(new)
    locked_was = _was(old, "locked_until", 0)
    if new["locked_until"] > locked_was:
        locked = {**body, "until": new["locked_until"], "level": new["lock_level"]}
        yield event("link_locked", new["tenant"], subject, str(new["locked_until"]), time, locked)
    if locked_was and not new["locked_until"] and new["lock_level"] < _was(old, "lock_level", 0):
        yield event("link_unlocked", new["tenant"], subject, str(locked_was), time, {**body, "until": locked_was})


def _facts(link: Row) -> dict[str, Any]:
    names = ("exam", "patient", "channel", "serial", "issued_at", "expires_at")
    return {"link": link["digest"], **{name: link[name] for name in names if link.get(name)}}


def link_revoked(link: Row) -> Event:
    """Made from the row with its `revoked_at`: journalled before that is written, as every restrictive decision.

    It says all of the link, so that it stands alone: its token is a function of these facts and would else be issued anew.
    """
    at = iso_at(link["revoked_at"])
    body = {**_facts(link), "revoked_at": link["revoked_at"]}
    return event("link_revoked", link["tenant"], f"link/{link['digest']}", "1", at, body)


_TELLERS: Mapping[str, Callable[[Row | None, Row, str], Iterator[Event]]] = {
    "hospital": _hospital,
    "agent": _agent,
    "agent_key": _agent_key,
    "series": _series,
    "study": _study,
    "receipt": _receipt,
    "quarantine": _quarantine,
    "report": _report,
    "exam": _exam,
    "patient": lambda old, new, time: correcting.telling(old, new),
    "link": _link,
    "share": sharing.share,
    "opening": sharing.opening,
    "consent": sharing.consent,
    "account": account_telling.account,
    "sign_in_tries": account_telling.sign_in_tries,
    "notice": notices.notice,
    "registration": notices.registration,
    "wechat_binding": notices.wechat_binding,
    "case": bills.case,
    "correction": bills.correction,
    "prices": bills.prices,
    "statement": bills.statement,
}
