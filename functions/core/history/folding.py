"""A hospital's journal as facts. Every rule is free of order: an event's own fields say what it follows, not where it stood.

Only decisions are kept: what images and reports say is in the vault itself and taken from there again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.core.access.agreements import Consent
from functions.core.billing.ledger import EVENTS, Ledger
from functions.core.history import retention, sharing, staff, staff_decisions
from functions.core.history.retention import StudyPast
from functions.core.history.staff_decisions import StaffDecisions
from functions.core.notice.notices import Notice
from functions.core.notice.records import Binding
from functions.core.notice.states import State
from functions.core.study.release import WAITING

Event = Mapping[str, Any]


@dataclass
class LinkPast:
    facts: dict[str, Any] = field(default_factory=dict)  # exam, patient, channel, serial, issued_at, expires_at
    revoked_at: int = 0
    locks: dict[int, int] = field(default_factory=dict)  # until → level
    unlocked: set[int] = field(default_factory=set)  # the locks that were ended, by their `until`


@dataclass
class ExamPast:
    serial: int = 0
    told_at: str = ""  # of the latest at that serial:
    release: str = ""  # "" when nothing was told of it
    reasons: list[str] = field(default_factory=list)  # why it was not released
    decision: dict[str, Any] | None = None  # the latest; of two at once, the one that hides
    released_at: dict[int, str] = field(default_factory=dict)  # serial → time of that release, where its patient was told
    rules: list[tuple[int, str, str]] = field(default_factory=list)  # hospital's serial, time, release rule in force from then on

    @property
    def rule(self) -> tuple[str, int]:
        """The latest, and the hospital's serial then."""
        serial, _, rule = max(self.rules, default=(0, "", ""))
        return rule, serial

    @property
    def registered_at(self) -> str:
        return min((time for _, time, _ in self.rules), default="")

    @property
    def is_withheld(self) -> bool:
        """Taken back or in doubt, by its last word: not just waiting for its images or its audit."""
        return self.release not in ("", "released") and not WAITING.issuperset(self.reasons)


@dataclass
class DocumentPast:
    """Of a manifest, declaration or report that was quarantined."""

    quarantined: list[tuple[str, str, str]] = field(default_factory=list)  # time, reason, agent
    admitted: list[str] = field(default_factory=list)  # times

    def held_for(self) -> tuple[str, str, str] | None:
        """The latest quarantine that no admission has ended."""
        ended = max(self.admitted, default="")
        return max((one for one in self.quarantined if one[0] > ended), default=None)

    @property
    def was_admitted(self) -> bool:
        return bool(self.quarantined) and self.held_for() is None


@dataclass
class History:
    tenant: str
    ids: set[bytes] = field(default_factory=set)  # of all events
    hospital: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # serial → time, body
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)  # key → body of its enrolment
    revocations: list[dict[str, Any]] = field(default_factory=list)  # of agents
    links: dict[str, LinkPast] = field(default_factory=dict)
    exams: dict[str, ExamPast] = field(default_factory=dict)
    notices: dict[tuple[str, str, str], Notice] = field(default_factory=dict)  # exam, event, channel
    deliveries: dict[tuple[str, str, str], tuple[int, str, str]] = field(
        default_factory=dict
    )  # the same → time, what the carrier said, its code
    bindings: dict[tuple[str, str], Binding] = field(default_factory=dict)  # patient, WeChat account
    unbound: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)  # the same → serial → when it ended
    documents: dict[tuple[str, str], DocumentPast] = field(default_factory=dict)  # subject, digest
    series: set[tuple[str, str]] = field(default_factory=set)  # study, series: that had an index
    # study, series → index that it was made from → time, name
    thumbnails: dict[tuple[str, str], dict[str, tuple[str, str]]] = field(default_factory=dict)
    films: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)  # study → time, films
    report_pdfs: dict[tuple[str, int, str], tuple[str, str]] = field(default_factory=dict)  # exam, version, digest → time, name

    studies: dict[str, StudyPast] = field(default_factory=dict)  # what was decided of its retention
    removed_exams: dict[str, dict[str, Any]] = field(default_factory=dict)

    consents: list[Consent] = field(default_factory=list)

    bills: Ledger = field(init=False)
    shared: sharing.Shared = field(init=False)
    staff: staff.Staff = field(init=False)
    decided: StaffDecisions = field(init=False)

    def __post_init__(self) -> None:
        self.bills = Ledger(self.tenant)
        self.shared = sharing.Shared(self.tenant)
        self.staff = staff.Staff(self.tenant)
        self.decided = StaffDecisions(self.tenant)

    def add(self, event: Event) -> None:
        if event["type"] in EVENTS:
            self.bills.add(event)
        if event["type"] in staff_decisions.EVENTS:
            self.decided.add(event)
        name = bytes.fromhex(event["id"])
        if name in self.ids:  # filed twice: by who decided it, and by `publish` a day later
            return
        self.ids.add(name)
        if event["type"] in sharing.EVENTS:
            self.shared.add(event)
        if event["type"] in staff.EVENTS:
            self.staff.add(event)
        take = _TAKERS.get(event["type"])
        if take:
            take(self, event, event["body"])

    def has_ended(self, study: str) -> bool:
        """Its retention is over: nothing of it is taken in again."""
        past = self.studies.get(study)
        return past is not None and bool(past.expired_at)

    def knows(self, event: Event) -> bool:
        return bytes.fromhex(event["id"]) in self.ids

    def held_for(self, subject: str, sha256: str) -> tuple[str, str, str] | None:
        """(time, reason, agent) of a document that waits for a person."""
        past = self.documents.get((subject, sha256))
        return past.held_for() if past else None


def fold(tenant: str, events: Iterable[Event]) -> History:
    history = History(tenant)
    for event in events:
        history.add(event)
    return history


def _hospital(history: History, event: Event, body: dict[str, Any]) -> None:
    history.hospital[body["serial"]] = (event["time"], body)


def _agent_enrolled(history: History, event: Event, body: dict[str, Any]) -> None:
    history.keys[body["key"]] = body


def _agent_revoked(history: History, event: Event, body: dict[str, Any]) -> None:
    history.revocations.append({**body, "by": event["cause"] or ""})


LINK_FACTS = ("exam", "patient", "channel", "serial", "issued_at", "expires_at")


def _link(history: History, event: Event, body: dict[str, Any]) -> None:
    past = history.links.setdefault(body["link"], LinkPast())
    match event["type"]:
        case "link_locked":
            past.locks[body["until"]] = body["level"]
        case "link_unlocked":
            past.unlocked.add(body["until"])
        case _:
            past.facts = {name: body[name] for name in LINK_FACTS if name in body}  # one without a patient opens nothing
            past.revoked_at = body.get("revoked_at", past.revoked_at)


def _release(history: History, event: Event, body: dict[str, Any]) -> None:
    past = history.exams.setdefault(body["exam"], ExamPast())
    released = event["type"] == "exam_released"
    if released and not event["replayed"]:
        past.released_at[body["serial"]] = event["time"]
    if (body["serial"], event["time"]) >= (past.serial, past.told_at):
        past.serial, past.told_at = body["serial"], event["time"]
        past.release = "released" if released else body["release"]
        past.reasons = body.get("reasons", [])


def _exam_registered(history: History, event: Event, body: dict[str, Any]) -> None:
    past = history.exams.setdefault(body["exam"], ExamPast())
    past.rules.append((body.get("serial", 0), event["time"], body["rule"]))


def _exam_decided(history: History, event: Event, body: dict[str, Any]) -> None:
    past = history.exams.setdefault(body["exam"], ExamPast())
    decision = {name: value for name, value in body.items() if name != "exam"}
    if past.decision is None or rank(decision) > rank(past.decision):
        past.decision = decision


def rank(decision: Mapping[str, Any]) -> tuple[int, str, bool]:
    """Orders a person's decisions on one exam."""
    return decision["serial"], decision["at"], decision["action"] == "hide"


def _notice(history: History, event: Event, body: dict[str, Any]) -> None:
    facts = {name: value for name, value in body.items() if name not in ("exam", "notice", "channel")}
    notice = Notice(event["tenant"], body["exam"], body["notice"], body["channel"], **facts)
    key = notice.exam, notice.event, notice.channel
    before = history.notices.get(key)
    if before is None or _settled(notice) > _settled(before):
        history.notices[key] = notice


def _notice_delivered(history: History, event: Event, body: dict[str, Any]) -> None:
    key = body["exam"], body["notice"], body["channel"]
    said = body["at"], body["delivery"], body.get("code", "")
    history.deliveries[key] = max(history.deliveries.get(key, said), said)


def _wechat_bound(history: History, event: Event, body: dict[str, Any]) -> None:
    names = {name: body[name] for name in ("patient", "wechat", "account", "open_id", "serial")}
    binding = Binding(event["tenant"], **names, bound_at=body["at"])
    before = history.bindings.get((binding.patient, binding.wechat))
    if before is None or binding.serial > before.serial:
        history.bindings[binding.patient, binding.wechat] = binding


def _wechat_unbound(history: History, event: Event, body: dict[str, Any]) -> None:
    ended = history.unbound.setdefault((body["patient"], body["wechat"]), {})
    ended[body["serial"]] = min(ended.get(body["serial"], body["at"]), body["at"])


def _settled(notice: Notice) -> tuple[int, bool]:
    return notice.changed_at, notice.state != State.HELD


def _document(history: History, event: Event, body: dict[str, Any]) -> None:
    past = history.documents.setdefault((body["subject"], body["sha256"]), DocumentPast())
    if event["type"] == "document_admitted":
        past.admitted.append(event["time"])
    else:
        past.quarantined.append((event["time"], body["reason"], body["agent"]))


def _series_indexed(history: History, event: Event, body: dict[str, Any]) -> None:
    history.series.add((body["study"], body["series"]))


def _series_rendered(history: History, event: Event, body: dict[str, Any]) -> None:
    made = history.thumbnails.setdefault((body["study"], body["series"]), {})
    made[body["index"]] = max(made.get(body["index"], ("", "")), (event["time"], body["thumbnail"]))


def _films_rendered(history: History, event: Event, body: dict[str, Any]) -> None:
    films = {name: value for name, value in body.items() if name not in ("study", "exam")}
    before = history.films.get(body["study"])
    if before is None or event["time"] >= before[0]:
        history.films[body["study"]] = (event["time"], films)


def _report_rendered(history: History, event: Event, body: dict[str, Any]) -> None:
    key = body["exam"], body["version"], body["sha256"]
    history.report_pdfs[key] = max(history.report_pdfs.get(key, ("", "")), (event["time"], body["name"]))


def _consent(history: History, event: Event, body: dict[str, Any]) -> None:
    history.consents.append(Consent(event["tenant"], **body))


def _retention(history: History, event: Event, body: dict[str, Any]) -> None:
    retention.take(history.studies, history.removed_exams, event)


_TAKERS: Mapping[str, Callable[[History, Event, dict[str, Any]], None]] = {
    "hospital_added": _hospital,
    "hospital_changed": _hospital,
    "agent_enrolled": _agent_enrolled,
    "agent_revoked": _agent_revoked,
    "link_issued": _link,
    "link_revoked": _link,
    "link_locked": _link,
    "link_unlocked": _link,
    "exam_registered": _exam_registered,
    "exam_released": _release,
    "exam_held": _release,
    "exam_decided": _exam_decided,
    "notice_sent": _notice,
    "notice_failed": _notice,
    "notice_delivered": _notice_delivered,
    "wechat_bound": _wechat_bound,
    "wechat_unbound": _wechat_unbound,
    "document_quarantined": _document,
    "document_admitted": _document,
    "series_indexed": _series_indexed,
    "series_rendered": _series_rendered,
    "films_rendered": _films_rendered,
    "report_rendered": _report_rendered,
    "consent_given": _consent,
    **dict.fromkeys(retention.EVENTS, _retention),
}
