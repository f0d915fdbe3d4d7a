"""One notice through its provider: step by step to a final state, or put off, or raised so that the queue delivers again later.

The notice's row is the one place that says what happened; every step is written before and after the provider is called,
conditionally on the row's version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from functions.adapters.observability import count, logger
from functions.adapters.sms.port import Fate, SmsBusy, SmsFateUnknown, SmsMessage, SmsProvider, SmsRefused
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import ServiceBusy
from functions.core.notice import notices, rules
from functions.core.notice.cost import cost, parts_of
from functions.core.notice.notices import Notice, advanced, is_left_over, looked_up, taken_by_provider
from functions.core.notice.records import Due, Sends
from functions.core.notice.states import RESTING, Event, State
from functions.core.study.event import Event as BusEvent
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso_at

PAUSES_S = (2.0, 6.0)  # before the second and the third attempt of one delivery


@dataclass(frozen=True)
class Channel:
    """provider: by which the notice goes. message: made anew at each attempt, always the same. price: of a part, yuan as text.

    phone: keyed name of the number whose limits count; empty where none do.
    """

    provider: SmsProvider
    message: Callable[[Notice], SmsMessage]
    price: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Carrier:
    """event: what the notice answers, to be told again when a notice was put off. pause: waits so many seconds."""

    deps: Deps
    hospital: Hospital
    event: BusEvent
    pause: Callable[[float], None]

    @property
    def now(self) -> int:
        return epoch_s(self.deps.clock.now())

    def carry(self, notice: Notice, channel: Channel) -> Notice:
        """Where it came to rest; or still pending: `Due` brings the event again. Raises ServiceBusy, SmsBusy, SmsFateUnknown."""
        attempts = 0
        while notice.state not in RESTING:
            if notice.state == State.SENDING:
                if not is_left_over(notice, self.now):
                    raise _another_delivery()
                notice = self._advance(notice, Event.LOST, "crashed")
            elif notice.state == State.UNKNOWN:
                notice = self._look_up(notice, channel)
            elif notice.attempts >= notices.MAX_ATTEMPTS:
                notice = self._advance(notice, Event.GAVE_UP)
            elif attempts == notices.ATTEMPTS_AT_ONCE:
                raise SmsBusy(reason=f"{notice.attempts} attempts so far", after_s=notices.outage_pause_s(notice))
            elif not attempts and (later := self._not_before(notice, channel)) > self.now:
                return self._put_off(notice, later)
            else:
                if attempts:
                    self.pause(PAUSES_S[attempts - 1])
                attempts += 1
                notice = self._send(notice, channel)
        return notice

    def leave(self, notice: Notice) -> Notice:
        """Of a channel that leads to nobody any more: what may have arrived there waits for a person. Raises ServiceBusy."""
        if notice.state == State.SENDING:
            if not is_left_over(notice, self.now):
                raise _another_delivery()
            notice = self._advance(notice, Event.LOST, "crashed")
        return self._advance(notice, Event.NOT_TOLD) if notice.state == State.UNKNOWN else notice

    def _not_before(self, notice: Notice, channel: Channel) -> int:
        """When it may go: after the hospital's quiet hours, and within what its phone may get. Takes its place there at once."""
        quiet = rules.quiet_until(self.hospital.notice, self.hospital.time_zone, self.deps.clock.now())
        if quiet is not None:
            return epoch_s(quiet)
        if not channel.phone or notice.attempts:
            return self.now
        at, limit = self.now, rules.limit_of(self.hospital.notice)
        between_s = rules.between_s_of(self.hospital.notice)
        found = [at]

        def decide(row: Row | None) -> Row | None:
            sent = dict(row["sent"]) if row else {}
            if notice.request_id in sent:  # its place is taken, here or by another delivery of it
                return None
            found[0] = rules.may_send_at(sorted(sent.values()), limit, at, between_s)
            kept = rules.kept(sent, notice.request_id, at)
            return Sends(channel.phone, kept).to_row() if found[0] <= at else None

        change(self.deps.table, *Sends(channel.phone).key(), decide)
        return found[0]

    def _put_off(self, notice: Notice, until: int) -> Notice:
        """The event comes again then; the row says why nothing happens."""
        at = iso_at(until)
        due = Due(notice.tenant, notice.exam, self.event["id"], at, dict(self.event))
        change(self.deps.table, *due.key(), lambda _: due.to_row())
        logger.info("notice put off", extra={"tenant": notice.tenant, "exam": notice.exam, "until": at})
        count("NoticePutOff")
        return notice if notice.not_before == until else self._write(notice, replace(notice, not_before=until))

    def _send(self, notice: Notice, channel: Channel) -> Notice:
        message = channel.message(notice)
        taken = self._advance(notice, Event.TAKEN)
        try:
            told = channel.provider.send(message)
        except SmsBusy as error:
            return self._advance(taken, Event.BUSY, _reason(error))
        except SmsRefused as error:
            return self._advance(taken, Event.REFUSED, _reason(error))
        except SmsFateUnknown as error:
            self._advance(taken, Event.LOST, _reason(error))
            raise SmsFateUnknown(reason=_reason(error), after_s=notices.AFTER_SETTLING_S) from error
        price = cost(channel.price, told.parts or parts_of(message.text))
        count("Notice", event=Event.ACCEPTED.value)
        if price:
            count("NoticeCost", float(price), channel=notice.channel)
        return self._write(taken, taken_by_provider(taken, self.now, told.vendor_id, price))

    def _look_up(self, notice: Notice, channel: Channel) -> Notice:
        """Ask what became of it. Not at once: a message may still be on its way to the provider."""
        if self.now - notice.changed_at < notices.SETTLE_S:
            raise ServiceBusy(service="the SMS provider's look-up", after_s=notices.AFTER_SETTLING_S)
        try:
            fate = channel.provider.look_up(channel.message(notice), notice.tried_at)
        except SmsBusy as error:
            if notice.look_ups + 1 >= notices.MAX_LOOK_UPS:
                return self._advance(notice, Event.NOT_TOLD)
            self._write(notice, looked_up(notice, self.now))
            raise SmsBusy(reason=_reason(error), after_s=notices.FIRST_OUTAGE_PAUSE_S) from error
        event = {Fate.TAKEN: Event.FOUND, Fate.REFUSED: Event.REFUSED, Fate.NEVER_ARRIVED: Event.NEVER_ARRIVED}[fate]
        return self._advance(notice, event)

    def _advance(self, notice: Notice, event: Event, detail: str = "") -> Notice:
        count("Notice", event=event.value)
        return self._write(notice, advanced(notice, event, self.now, detail))

    def _write(self, before: Notice, after: Notice) -> Notice:
        """Put the step if the row still says what it was made from. Raises ServiceBusy when another delivery was faster."""

        def decide(old: Row | None) -> Row:
            if old is None or Notice.from_row(old) != before:
                raise _another_delivery()
            return after.to_row()

        change(self.deps.table, *after.key(), decide)
        return after


def _reason(error: SmsBusy | SmsRefused | SmsFateUnknown) -> str:
    """At most what the journal takes."""
    return str(error.details.get("reason", ""))[:256]


def _another_delivery() -> ServiceBusy:
    """It may be sending right now; it is over, or died, when its lease is."""
    return ServiceBusy(service="another delivery of this notice", after_s=notices.AFTER_LEASE_S)
