"""From an event to one message, whatever is delivered twice, late, shuffled or lost.

The notice row, keyed by the event's id, is the one place that says what happened; every step is written before and after the
provider is called, conditionally on the row's version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.adapters import envelopes, people
from functions.adapters import links as link_rows
from functions.adapters.observability import count, logger
from functions.adapters.sms.port import Fate, SmsBusy, SmsFateUnknown, SmsMessage, SmsProvider, SmsRefused
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access.links import Link, is_locked
from functions.core.errors import RecordMissing, ServiceBusy
from functions.core.notice import notices
from functions.core.notice.notices import Notice, advanced, is_left_over, looked_up
from functions.core.notice.states import RESTING, Event, State
from functions.core.notice.text import link_url, released_text
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_closed
from functions.core.study.records import Exam
from functions.core.study.states import Release
from functions.core.times import epoch_s, iso

REBUILDING_S = 10  # before a message is looked at again; what the queue gives up meanwhile `reconcile` takes up
PAUSES_S = (2.0, 6.0)  # before the second and the third attempt of one delivery


@dataclass(frozen=True)
class Notifier:
    """provider: None where this deployment sends no SMS. pause: waits so many seconds."""

    deps: Deps
    provider: SmsProvider | None
    pause: Callable[[float], None]

    @property
    def now(self) -> int:
        return epoch_s(self.deps.clock.now())


@dataclass(frozen=True)
class Recipient:
    hospital: Hospital
    exam: Exam
    phone: str


def notify_released(message: Mapping[str, Any], notifier: Notifier) -> None:
    """Raises ServiceBusy, SmsBusy or SmsFateUnknown when the message must be delivered again; each knows after how long."""
    envelope = envelopes.opened(message)
    if envelope["type"] != "exam_released" or envelope["replayed"] or notifier.provider is None:
        return
    recipient = _recipient(envelope, notifier.deps)
    if recipient is None:
        return
    _carry_through(_notice(envelope, recipient, notifier), recipient, notifier.provider, notifier)


def _recipient(envelope: envelopes.Envelope, deps: Deps) -> Recipient | None:
    """Who is told; None when the release is history already, or no phone is known: then it waits for a person.

    Raises ServiceBusy while the hospital's rows are lost or being rebuilt: the notice that went out may not be there again yet.
    """
    tenant, body = envelope["tenant"], envelope["body"]
    hospital_row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if hospital_row is None or is_closed(hospital_row):
        raise ServiceBusy(service="the hospital's index", after_s=REBUILDING_S)
    exam_row = deps.table.get(keys.exam_pk(tenant, body["exam"]), "EXAM")
    if exam_row is None:
        raise RecordMissing(kind="exam")
    exam = Exam.from_row(exam_row)
    if exam.release != Release.RELEASED or exam.release_serial != body["serial"]:
        _say_nobody(exam, "outdated")
        return None
    patient = people.patient_of(deps.table, exam)
    phone = patient.phone if patient else ""
    told = deps.table.get(keys.exam_pk(tenant, exam.exam), keys.exam_notice_sk(envelope["id"])) is not None
    if phone or not told:
        people.note_reached(deps.table, exam, phone=phone, now=iso(deps.clock.now()))
    if not phone:
        _say_nobody(exam, "no_phone")
        return None
    return Recipient(Hospital.from_row(hospital_row), exam, phone)


def _names(exam: Exam) -> dict[str, Any]:
    return {"tenant": exam.tenant, "exam": exam.exam, "studies": sorted(exam.studies)}


def _say_nobody(exam: Exam, reason: str) -> None:
    logger.info("no notice", extra={**_names(exam), "reason": reason})
    count("NoticeNotMade", reason=reason)


def _notice(envelope: envelopes.Envelope, recipient: Recipient, notifier: Notifier) -> Notice:
    """The event's notice; made with its link if this is the first delivery."""
    exam, deps = recipient.exam, notifier.deps
    key = keys.exam_pk(exam.tenant, exam.exam), keys.exam_notice_sk(envelope["id"])
    standing = deps.table.get(*key)
    if standing is not None:
        return Notice.from_row(standing)
    link_key = deps.secrets.values().link_key
    _, link = link_rows.standing_link(
        deps.table, link_key, tenant=exam.tenant, exam=exam.exam, patient=exam.patient, channel="sms", now=notifier.now
    )
    _unlock(link, notifier)
    fresh = Notice(exam.tenant, exam.exam, envelope["id"], "sms", link.serial, changed_at=notifier.now)
    row = change(deps.table, *key, lambda old: fresh.to_row() if old is None else None)
    return Notice.from_row(row) if row else fresh


def _unlock(link: Link, notifier: Notifier) -> None:
    """A new SMS to the registered phone opens a locked link (design §12)."""
    if is_locked(link, notifier.now):
        link_rows.unlock(notifier.deps.table, link.digest)


def _carry_through(notice: Notice, recipient: Recipient, provider: SmsProvider, notifier: Notifier) -> None:
    """Step by step to a final state, or raise so that the queue delivers again later."""
    attempts = 0
    while notice.state not in RESTING:
        if notice.state == State.SENDING:
            if not is_left_over(notice, notifier.now):
                raise _another_delivery()
            notice = _advance(notice, Event.LOST, notifier, "crashed")
        elif notice.state == State.UNKNOWN:
            notice = _look_up(notice, provider, notifier)
        elif notice.attempts >= notices.MAX_ATTEMPTS:
            notice = _advance(notice, Event.GAVE_UP, notifier)
        elif attempts == notices.ATTEMPTS_AT_ONCE:
            raise SmsBusy(reason=f"{notice.attempts} attempts so far", after_s=notices.outage_pause_s(notice))
        else:
            if attempts:
                notifier.pause(PAUSES_S[attempts - 1])
            attempts += 1
            notice = _send(notice, recipient, provider, notifier)
    logger.info("notice", extra={**_names(recipient.exam), "state": notice.state, "attempts": notice.attempts})


def _send(notice: Notice, recipient: Recipient, provider: SmsProvider, notifier: Notifier) -> Notice:
    message = _message(notice, recipient, notifier)
    taken = _advance(notice, Event.TAKEN, notifier)
    try:
        provider.send(message)
    except SmsBusy as error:
        return _advance(taken, Event.BUSY, notifier, str(error.details.get("reason", "")))
    except SmsRefused as error:
        return _advance(taken, Event.REFUSED, notifier, str(error.details.get("reason", "")))
    except SmsFateUnknown as error:
        reason = str(error.details.get("reason", ""))
        _advance(taken, Event.LOST, notifier, reason)
        raise SmsFateUnknown(reason=reason, after_s=notices.AFTER_SETTLING_S) from error
    return _advance(taken, Event.ACCEPTED, notifier)


def _look_up(notice: Notice, provider: SmsProvider, notifier: Notifier) -> Notice:
    """Ask what became of it. Not at once: a message may still be on its way to the provider."""
    if notifier.now - notice.changed_at < notices.SETTLE_S:
        raise ServiceBusy(service="the SMS provider's look-up", after_s=notices.AFTER_SETTLING_S)
    try:
        fate = provider.look_up(notice.request_id)
    except SmsBusy as error:
        if notice.look_ups + 1 >= notices.MAX_LOOK_UPS:
            return _advance(notice, Event.NOT_TOLD, notifier)
        _write(notice, looked_up(notice, notifier.now), notifier)
        raise SmsBusy(reason=str(error.details.get("reason", "")), after_s=notices.FIRST_OUTAGE_PAUSE_S) from error
    event = {Fate.TAKEN: Event.FOUND, Fate.REFUSED: Event.REFUSED, Fate.NEVER_ARRIVED: Event.NEVER_ARRIVED}[fate]
    return _advance(notice, event, notifier)


def _message(notice: Notice, recipient: Recipient, notifier: Notifier) -> SmsMessage:
    """The same at every attempt: the link's serial stands in the notice."""
    deps = notifier.deps
    token, _ = link_rows.link_of(
        deps.table,
        deps.secrets.values().link_key,
        tenant=notice.tenant,
        exam=notice.exam,
        patient=recipient.exam.patient,
        channel=notice.channel,
        serial=notice.serial,
        now=notifier.now,
    )
    sms = recipient.hospital.sms
    text = released_text(
        sms.get("language", "zh-CN"),
        hospital=recipient.hospital.name,
        url=link_url(deps.settings.origin, token),
        template=sms.get("template", ""),
    )
    return SmsMessage(notice.request_id, recipient.phone, text)


def _advance(notice: Notice, event: Event, notifier: Notifier, detail: str = "") -> Notice:
    count("Notice", event=event.value)
    return _write(notice, advanced(notice, event, notifier.now, detail), notifier)


def _another_delivery() -> ServiceBusy:
    """It may be sending right now; it is over, or died, when its lease is."""
    return ServiceBusy(service="another delivery of this notice", after_s=notices.AFTER_LEASE_S)


def _write(before: Notice, after: Notice, notifier: Notifier) -> Notice:
    """Put the step if the row still says what it was made from. Raises ServiceBusy when another delivery was faster."""

    def decide(old: Row | None) -> Row:
        if old is None or Notice.from_row(old) != before:
            raise _another_delivery()
        return after.to_row()

    change(notifier.deps.table, *after.key(), decide)
    return after
