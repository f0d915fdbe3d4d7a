"""What happened, told by a row before and after (docs/interfaces.md §5). Pure: a change always gives the same events.

An event's id is made of its type, business key and business version, so that a redelivered change, a repeated decision and the
journal entry that a restrictive decision wrote first all meet under one name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
Event = dict[str, Any]


def event(
    kind: str, tenant: str, subject: str, business_version: str, time: str, body: Mapping[str, Any], *, cause: str | None = None
) -> Event:
    """One envelope.

    subject: what it is about, `exam/{name}`; business_version: which of several of its kind, never a row version;
    cause: who decided, where somebody did; time: ISO UTC.
    """
    digest = hashlib.sha256("\n".join((kind, tenant, subject, business_version)).encode()).hexdigest()
    return {
        "id": digest,
        "type": kind,
        "tenant": tenant,
        "time": time,
        "subject": subject,
        "cause": cause,
        "replayed": False,
        "body": dict(body),
    }


def events(old: Row | None, new: Row | None, time: str) -> list[Event]:
    """All events of one change of a row, in order; time: of the change. A removed row tells nothing."""
    if new is None:
        return []
    tell = _TELLERS.get(new["kind"])
    return list(tell(old, new, time)) if tell else []


def _was(old: Row | None, name: str, default: Any = None) -> Any:
    return default if old is None else old.get(name, default)


def _hospital(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    body = {name: new[name] for name in ("name", "phone", "hours", "time_zone", "issuer", "release_rule", "sms")}
    if old is None:
        yield event("hospital_added", new["tenant"], "hospital", "1", time, body)
    elif any(body[name] != old.get(name) for name in body):
        yield event("hospital_changed", new["tenant"], "hospital", time, time, body)


def _agent_key(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is None:
        body = {"agent": new["agent"], "key": new["id"], "public_key": new["public_key"]}
        yield event("agent_enrolled", new["tenant"], f"agent/{new['agent']}", new["id"], time, body)


def _agent(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if new["revoked_at"] and not _was(old, "revoked_at", ""):
        yield agent_revoked(new, time)


def agent_revoked(agent: Row, time: str) -> Event:
    """Made from the agent's row with its `revoked_at`: the operator's command journals it before it writes that row."""
    body = {"agent": agent["agent"], "keys": list(agent["keys_held"])}
    return event("agent_revoked", agent["tenant"], f"agent/{agent['agent']}", agent["revoked_at"], time, body)


def _series(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"series/{new['study']}/{new['series']}"
    if new["index"] and new["index"] != _was(old, "index"):
        names = ("study", "series", "index", "frames", "received", "declared")
        yield event("series_indexed", new["tenant"], subject, new["index"], time, {name: new[name] for name in names})
    if new["thumbnail"] and new["thumbnail"] != _was(old, "thumbnail"):
        body = {"study": new["study"], "series": new["series"], "thumbnail": new["thumbnail"]}
        yield event("series_rendered", new["tenant"], subject, new["thumbnail"], time, body)


def _study(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    subject = f"study/{new['study']}"
    was, now = _was(old, "imaging", "none"), new["imaging"]
    received, declared = new["received"], new["declared"]
    body = {"study": new["study"], "exam": new["exam"], "received": received, "declared": declared}
    if now in ("viewable", "complete") and was in ("none", "receiving"):
        yield event("study_viewable", new["tenant"], subject, "1", time, body)
    if now == "complete" and (was != "complete" or received != _was(old, "received")):
        yield event("study_completed", new["tenant"], subject, f"{received}/{declared}", time, body)
    if new["films"] and new["films"] != _was(old, "films"):
        films = {"study": new["study"], "exam": new["exam"], "pages": len(new["films"]["pages"]), "pdf": new["films"]["pdf"]}
        yield event("films_rendered", new["tenant"], subject, str(new["films"]["pdf"]), time, films)


def _receipt(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if new["state"] == "quarantined" and (_was(old, "state"), _was(old, "reason")) != (new["state"], new["reason"]):
        body = {name: new[name] for name in ("subject", "sha256", "reason", "study", "agent")}
        yield event("manifest_quarantined", new["tenant"], f"{new['subject']}/{new['sha256']}", new["reason"], time, body)


def _report(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    if old is not None and old["digests"] == new["digests"]:
        return
    number = new["report_version"]
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
    release, was = new["release"], _was(old, "release", "held")
    subject, serial = f"exam/{new['exam']}", str(new["release_serial"])
    decision = new.get("decision") or {}
    cause = decision.get("by") if decision != (_was(old, "decision") or {}) else None
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


def _matters(was: str, release: str, new: Row) -> bool:
    """Waiting for images or the audit is the ordinary course; what was taken back or contradicts itself is an event."""
    return was != release or any(reason not in ("no_report", "not_audited", "no_images") for reason in new["reasons"])


def _link(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    digest = new["pk"].removeprefix("LINK#")
    subject = f"link/{digest}"
    body = {"exam": new["exam"], "link": digest}
    if old is None:
        issued = {**body, "channel": new["channel"], "serial": new["serial"], "expires_at": new["expires_at"]}
        yield event("link_issued", new["tenant"], subject, "1", time, issued)
    if new["revoked"] and not _was(old, "revoked", False):
        yield link_revoked(new, time)
    locked_was = _was(old, "locked_until", 0)
    if new["locked_until"] > locked_was:
        yield event("link_locked", new["tenant"], subject, str(new["locked_until"]), time, {**body, "until": new["locked_until"]})
    if locked_was and not new["locked_until"] and new["lock_level"] < _was(old, "lock_level", 0):
        yield event("link_unlocked", new["tenant"], subject, str(locked_was), time, body)


def link_revoked(link: Row, time: str) -> Event:
    """Journalled before the row is written, as every restrictive decision."""
    digest = link["pk"].removeprefix("LINK#")
    return event("link_revoked", link["tenant"], f"link/{digest}", "1", time, {"exam": link["exam"], "link": digest})


def _notice(old: Row | None, new: Row, time: str) -> Iterator[Event]:
    outcome = {"sent": "sent", "failed": "failed", "held": "failed"}
    told, told_was = outcome.get(new["state"]), outcome.get(_was(old, "state", ""))
    if told and told != told_was:
        notice = new["sk"].removeprefix("NOTICE#")
        body = {"exam": new["exam"], "notice": notice, "channel": new["channel"]}
        yield event(f"notice_{told}", new["tenant"], f"exam/{new['exam']}", notice, time, body)


_TELLERS: Mapping[str, Callable[[Row | None, Row, str], Iterator[Event]]] = {
    "hospital": _hospital,
    "agent": _agent,
    "agent_key": _agent_key,
    "series": _series,
    "study": _study,
    "receipt": _receipt,
    "report": _report,
    "exam": _exam,
    "link": _link,
    "notice": _notice,
}
