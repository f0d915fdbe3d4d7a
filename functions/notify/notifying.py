"""From an event to one message, whatever is delivered twice, late, shuffled or lost.

Who bound a WeChat account to themselves is told there; everybody else, and who cannot be reached there, by SMS. Nobody gets both,
unless their hospital says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from functions.adapters import envelopes, people
from functions.adapters import links as link_rows
from functions.adapters.hospitals import open_hospital
from functions.adapters.observability import count, logger
from functions.adapters.sms.port import SmsMessage, SmsProvider
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.access.links import Link, is_locked
from functions.core.access.tokens import phone_name
from functions.core.errors import RecordMissing
from functions.core.notice import rules
from functions.core.notice.notices import Notice
from functions.core.notice.records import Binding, Registration
from functions.core.notice.states import State
from functions.core.notice.text import day_text, link_url, notice_text
from functions.core.retention.due import ending_first, kept_until
from functions.core.retention.policy import PATIENT_WARNED_BEFORE_DAYS
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Study
from functions.core.study.states import Release
from functions.core.times import epoch_s, iso
from functions.notify import receipts
from functions.notify.carrying import Carrier, Channel

SMS, WECHAT = "sms", "wechat"
CHANNELS = (WECHAT, SMS)  # in the order in which they are tried
RELEASED, REGISTERED, ENDING = "released", "registered", "ending"
SENT = "notice_sent"


@dataclass(frozen=True)
class Notifier:
    """provider: None where this deployment sends no SMS. wechat: a hospital's official account, None where it has none.
    pause: waits so many seconds."""

    deps: Deps
    provider: SmsProvider | None
    pause: Callable[[float], None]
    wechat: Callable[[str], SmsProvider | None] = lambda tenant: None

    @property
    def now(self) -> int:
        return epoch_s(self.deps.clock.now())


@dataclass(frozen=True)
class Recipient:
    hospital: Hospital
    exam: Exam
    occasion: str
    phone: str
    binding: Binding | None = None
    until: date | None = None  # of an ending exam: its last day


def notify(message: Mapping[str, Any], notifier: Notifier) -> None:
    """Raises ServiceBusy, SmsBusy or SmsFateUnknown when the message must be delivered again; each knows after how long."""
    envelope = envelopes.opened(message)
    if envelope["type"] not in (*TOLD, SENT) or envelope["replayed"] or _is_for_staff_alone(envelope):
        return
    if notifier.provider is None and notifier.wechat(envelope["tenant"]) is None:
        return
    hospital, exam = _open(envelope, notifier.deps)
    if envelope["type"] == SENT:
        if notifier.provider is not None:
            receipts.ask(envelope, exam, notifier.deps, notifier.provider)
        return
    recipient = TOLD[envelope["type"]](envelope, hospital, exam, notifier)
    if isinstance(recipient, str):
        logger.info("no notice", extra={**_names(exam), "reason": recipient})
        count("NoticeNotMade", reason=recipient)
        return
    carrier = Carrier(notifier.deps, hospital, dict(envelope), notifier.pause)
    open_now, is_both = _channels(recipient, notifier), bool(hospital.notice.get("both"))
    begun = {} if is_both else _begun(envelope, exam, notifier)
    for name in sorted({*open_now, *begun}, key=lambda name: (name not in begun, CHANNELS.index(name))):
        if name in open_now:
            notice = carrier.carry(_notice(envelope, recipient, name, notifier), _channel(name, recipient, notifier))
        else:
            notice = carrier.leave(begun[name])
        logger.info("notice", extra={**_names(exam), "channel": name, "state": notice.state, "attempts": notice.attempts})
        is_settled = notice.state != State.FAILED and (name in open_now or notice.state != State.PENDING)
        if is_settled and not is_both:
            return  # told, put off, or for a person to find out


def _is_for_staff_alone(envelope: envelopes.Envelope) -> bool:
    """An early warning, or one about a study that belongs to no exam."""
    body = envelope["body"]
    return envelope["type"] == "study_warned" and not (body["exam"] and body["days"] == PATIENT_WARNED_BEFORE_DAYS)


def _open(envelope: envelopes.Envelope, deps: Deps) -> tuple[Hospital, Exam]:
    """Raises ServiceBusy while the hospital's rows are lost or being rebuilt (the notice that went out may not be there again
    yet), RecordMissing when the exam's row is not there yet."""
    tenant = envelope["tenant"]
    hospital = open_hospital(tenant, deps)
    exam_row = deps.table.get(keys.exam_pk(tenant, envelope["body"]["exam"]), "EXAM")
    if exam_row is None:
        raise RecordMissing(kind="exam")
    return hospital, Exam.from_row(exam_row)


def _of_release(envelope: envelopes.Envelope, hospital: Hospital, exam: Exam, notifier: Notifier) -> Recipient | str:
    """Who is told; None when the release is history already, or nobody can be reached: then it waits for a person."""
    deps = notifier.deps
    if exam.release != Release.RELEASED or exam.release_serial != envelope["body"]["serial"]:
        return "outdated"
    patient = people.patient_of(deps.table, exam)
    phone = people.phone_told(deps.table, exam, patient, RELEASED)
    binding = _binding(exam, exam.patient, notifier)
    reached = "wechat" if binding and not phone else phone
    told = deps.table.get(keys.exam_pk(exam.tenant, exam.exam), keys.exam_notice_sk(envelope["id"])) is not None
    if reached or not told:
        people.note_untold(deps.table, exam, people.NO_PHONE, untold=not reached, now=iso(deps.clock.now()))
    return Recipient(hospital, exam, RELEASED, phone, binding) if reached else "no_phone"


def _of_registration(envelope: envelopes.Envelope, hospital: Hospital, exam: Exam, notifier: Notifier) -> Recipient | str:
    """Who is told that the exam is registered: once each patient, whatever is changed or said again; or why nobody."""
    pk = keys.exam_pk(exam.tenant, exam.exam)
    row = notifier.deps.table.get(pk, keys.exam_registration_sk())
    registration = Registration.from_row(row) if row else None
    if registration is None or registration.sha256 != envelope["body"]["sha256"] or registration.state != "registered":
        return "outdated"
    if exam.release != Release.HELD or exam.release_serial or exam.patient != registration.patient:
        return "outdated"
    for told in map(Notice.from_row, notifier.deps.table.rows(pk, "NOTICE#")):
        if told.occasion == REGISTERED and told.patient == registration.patient and told.event != envelope["id"]:
            return "told_already"
    patient = people.patient_of(notifier.deps.table, exam)
    phone = people.phone_told(notifier.deps.table, exam, patient, REGISTERED)
    binding = _binding(exam, registration.patient, notifier)
    reached = bool(phone or binding)
    return Recipient(hospital, exam, REGISTERED, phone, binding) if reached else "no_phone"


def _of_ending(envelope: envelopes.Envelope, hospital: Hospital, exam: Exam, notifier: Notifier) -> Recipient | str:
    """Who is told that the exam is kept for some days only: once, however many of its studies end; or why nobody."""
    table, pk = notifier.deps.table, keys.exam_pk(exam.tenant, exam.exam)
    if exam.release != Release.RELEASED:
        return "outdated"
    rows = [table.get(keys.study_pk(exam.tenant, name), "STUDY") for name in sorted(exam.studies)]
    first = ending_first([Study.from_row(row) for row in rows if row], hospital, notifier.deps.clock.now())
    if first is None:
        return "outdated"
    if first.study != envelope["body"]["study"]:
        return "told_by_another"
    since = notifier.now - PATIENT_WARNED_BEFORE_DAYS * 86400
    for told in map(Notice.from_row, table.rows(pk, "NOTICE#")):
        is_new = told.occasion == ENDING and told.patient == exam.patient and told.changed_at > since
        if is_new and told.event != envelope["id"]:
            return "told_already"
    phone = people.phone_told(table, exam, people.patient_of(table, exam), ENDING)
    binding = _binding(exam, exam.patient, notifier)
    until = kept_until(first, hospital)
    return Recipient(hospital, exam, ENDING, phone, binding, until) if phone or binding else "no_phone"


TOLD = {"exam_released": _of_release, "registration_received": _of_registration, "study_warned": _of_ending}


def _binding(exam: Exam, patient: str, notifier: Notifier) -> Binding | None:
    """The WeChat account that the patient bound last, of the official account that the hospital writes by."""
    account = notifier.wechat(exam.tenant)
    if account is None or not patient:
        return None
    bound = people.bindings_of(notifier.deps.table, exam.tenant, patient)
    standing = [one for one in bound if one.account == getattr(account, "app_id", "")]
    return max(standing, key=lambda one: (one.bound_at, one.wechat), default=None)


def _begun(envelope: envelopes.Envelope, exam: Exam, notifier: Notifier) -> dict[str, Notice]:
    """By channel, what this event led to already and is not over: gone on with before another channel is thought of, whatever
    the patient bound or unbound since."""
    found = {}
    for name in CHANNELS:
        row = notifier.deps.table.get(keys.exam_pk(exam.tenant, exam.exam), keys.exam_notice_sk(envelope["id"], name))
        if row is not None and row["state"] != State.FAILED:
            found[name] = Notice.from_row(row)
    return found


def _channels(recipient: Recipient, notifier: Notifier) -> list[str]:
    """What leads to the patient now."""
    found = [WECHAT] if recipient.binding else []
    return [*found, SMS] if recipient.phone and notifier.provider is not None else found


def _channel(name: str, recipient: Recipient, notifier: Notifier) -> Channel:
    values = notifier.deps.secrets.values()
    if name == WECHAT:
        account, binding = notifier.wechat(recipient.exam.tenant), recipient.binding
        assert account is not None
        assert binding is not None
        return Channel(account, lambda notice: _message(notice, recipient, binding.open_id, notifier))
    assert notifier.provider is not None
    phone = phone_name(values.link_key, tenant=recipient.exam.tenant, phone=recipient.phone)
    price = str(values.sms.get("price", ""))
    return Channel(notifier.provider, lambda notice: _message(notice, recipient, recipient.phone, notifier), price, phone)


def _names(exam: Exam) -> dict[str, Any]:
    return {"tenant": exam.tenant, "exam": exam.exam, "studies": sorted(exam.studies)}


def _notice(envelope: envelopes.Envelope, recipient: Recipient, channel: str, notifier: Notifier) -> Notice:
    """The event's notice; made with its link if this is the first delivery."""
    exam, deps = recipient.exam, notifier.deps
    key = keys.exam_pk(exam.tenant, exam.exam), keys.exam_notice_sk(envelope["id"], channel)
    standing = deps.table.get(*key)
    if standing is not None:
        return Notice.from_row(standing)
    link_key = deps.secrets.values().link_key
    _, link = link_rows.standing_link(
        deps.table, link_key, tenant=exam.tenant, exam=exam.exam, patient=exam.patient, channel=SMS, now=notifier.now
    )
    _unlock(link, notifier)
    fresh = Notice(
        *(exam.tenant, exam.exam, envelope["id"], channel, link.serial),
        occasion=recipient.occasion,
        patient=exam.patient,
        changed_at=notifier.now,
    )
    row = change(deps.table, *key, lambda old: fresh.to_row() if old is None else None)
    return Notice.from_row(row) if row else fresh


def _unlock(link: Link, notifier: Notifier) -> None:
    """A new message to whom the hospital knows opens a locked link (design §12)."""
    if is_locked(link, notifier.now):
        link_rows.unlock(notifier.deps.table, link.digest)


def _message(notice: Notice, recipient: Recipient, to: str, notifier: Notifier) -> SmsMessage:
    """The same at every attempt: the link's serial stands in the notice. Both channels carry the one link."""
    deps, hospital = notifier.deps, recipient.hospital
    token, _ = link_rows.link_of(
        deps.table,
        deps.secrets.values().link_key,
        tenant=notice.tenant,
        exam=notice.exam,
        patient=recipient.exam.patient,
        channel=SMS,
        serial=notice.serial,
        now=notifier.now,
    )
    language = hospital.sms.get("language", "zh-CN")
    template = rules.template_of(hospital.notice, recipient.occasion, notice.channel, language)
    if not template and recipient.occasion == RELEASED and notice.channel == SMS:
        template = hospital.sms.get("template", "")
    url = link_url(deps.settings.origin, token)
    until = day_text(recipient.until, language) if recipient.until else ""
    text = notice_text(recipient.occasion, language, hospital=hospital.name, url=url, template=template, until=until)
    return SmsMessage(
        notice.request_id,
        to,
        text,
        occasion=recipient.occasion,
        language=language,
        template="" if "{url}" in template else template,  # whole words, not a provider's id
        url=url,
        parameters={"hospital": hospital.name, "code": token, **({"until": until} if until else {})},
    )
