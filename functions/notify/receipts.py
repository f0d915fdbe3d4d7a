"""What became of a message that its provider took: asked for until the carrier has answered, or three days are over.

Between two times of asking the event waits as a `Due` row, which `watch` puts on the bus again.
"""

from __future__ import annotations

from functions.adapters import people
from functions.adapters.envelopes import Envelope
from functions.adapters.observability import count, logger
from functions.adapters.sms.port import Receipt, SmsBusy, SmsMessage, SmsProvider
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.notice import receipts
from functions.core.notice.notices import Notice
from functions.core.notice.receipts import Delivery
from functions.core.notice.records import Due
from functions.core.study import keys
from functions.core.study.records import Exam
from functions.core.times import epoch_s, iso_at


def ask(envelope: Envelope, exam: Exam, deps: Deps, provider: SmsProvider) -> None:
    """envelope: `notice_sent`."""
    body, now = envelope["body"], epoch_s(deps.clock.now())
    key = keys.exam_pk(exam.tenant, exam.exam), keys.exam_notice_sk(body["notice"], body["channel"])
    row = deps.table.get(*key)
    notice = Notice.from_row(row) if row else None
    if notice is None or not receipts.is_awaited(notice):
        return
    receipt = None if receipts.is_early(notice, now) else _receipt(notice, exam, deps, provider)
    later = receipts.next_ask(notice, now)
    if receipt is None and later is not None:
        _wait(envelope, exam, later, deps)
        return
    _note(notice, exam, receipt or Receipt(Delivery.UNKNOWN), now, deps)


def _receipt(notice: Notice, exam: Exam, deps: Deps, provider: SmsProvider) -> Receipt | None:
    """None also when the provider cannot tell now: it is asked again at the next time."""
    patient = people.patient_of(deps.table, exam)
    phone = people.phone_told(deps.table, exam, patient, notice.occasion)
    try:
        return provider.delivery(SmsMessage(notice.request_id, phone, ""), notice.tried_at, notice.vendor_id)
    except SmsBusy as error:
        reason = str(error.details.get("reason", ""))
        logger.info("no receipt", extra={"tenant": exam.tenant, "exam": exam.exam, "reason": reason})
        return None


def _wait(envelope: Envelope, exam: Exam, until: int, deps: Deps) -> None:
    due = Due(exam.tenant, exam.exam, envelope["id"], iso_at(until), dict(envelope))
    change(deps.table, *due.key(), lambda _: due.to_row())


def _note(notice: Notice, exam: Exam, receipt: Receipt, now: int, deps: Deps) -> None:
    """Once: of two that were told at the same time one counts. What waits for a person is written first: a crash between the two
    asks again."""
    at, noted = iso_at(now), [False]
    if receipt.delivery is not Delivery.UNKNOWN:
        people.note_untold(deps.table, exam, people.NOT_DELIVERED, untold=receipt.delivery is Delivery.UNDELIVERED, now=at)

    def decide(row: Row | None) -> Row | None:
        standing = Notice.from_row(row) if row else None
        noted[0] = standing is not None and receipts.is_awaited(standing)
        if standing is None or not noted[0]:
            return None
        return receipts.with_delivery(standing, receipt.delivery, receipt.code, now).to_row()

    change(deps.table, *notice.key(), decide)
    if noted[0]:
        names = {"tenant": exam.tenant, "exam": exam.exam, "channel": notice.channel}
        logger.info("notice delivery", extra={**names, "delivery": receipt.delivery.value})
        count("NoticeDelivery", outcome=receipt.delivery.value)
