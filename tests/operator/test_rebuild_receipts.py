"""What carriers said of messages comes back from the vault; what they still owe is asked for again [PLUS-04, NTF-05]."""

from __future__ import annotations

import pytest

from functions.adapters.sms.port import Receipt
from functions.core.notice.receipts import Delivery
from functions.core.study import keys
from functions.publish.stream import publish
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, registration
from tests.operator.small_hospital import SmallHospital

FAILED = Receipt(Delivery.UNDELIVERED, "MK:0001")


def told(*answers: Receipt) -> SmallHospital:
    """A registered exam whose patient got an SMS. answers: what the carrier says of it."""
    here = SmallHospital()
    here.provider.receipts = [*answers]
    here.open()
    here.enrol("LIGHTBOX")
    here.deliver(here.confirm(registration(here.deps)))
    here.settle()
    return here


def delivery(here: SmallHospital) -> tuple[str, str]:
    (row,) = (row for row in here.rows() if row["kind"] == "notice")
    return row["delivery"], row["delivery_code"]


@pytest.mark.req("PLUS-04", "NTF-05")
@pytest.mark.parametrize(("answers", "said"), [((), ("delivered", "DELIVRD")), ((FAILED,), ("undelivered", "MK:0001"))])
def test_what_a_carrier_said_is_rebuilt_and_waits_for_a_person_where_it_did(answers: tuple[Receipt, ...], said: object) -> None:
    here = told(*answers)
    assert delivery(here) == said
    before = here.rows()
    here.lose_the_table()
    here.reconcile()
    here.settle()
    assert differences(before, here.rows()) == []
    assert delivery(here) == said
    waiting = [row["reason"] for row in here.deps.table.rows(keys.quarantine_pk(TENANT), "NOTICE#") if row["open"]]
    assert waiting == (["not_delivered"] if answers else [])
    assert len(here.provider.delivered) == 1


@pytest.mark.req("PLUS-04", "NTF-05")
def test_a_receipt_that_was_still_awaited_is_asked_for_after_a_rebuild() -> None:
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    here.deliver(here.confirm(registration(here.deps)))
    publish(here.stream.take(), here.deps)
    here.notify([event for event in here.deps.bus.events if event["type"] == "registration_received"])
    publish(here.stream.take(), here.deps)
    assert delivery(here) == ("", "")
    here.lose_the_table()
    here.told = len(here.deps.bus.events)
    assert here.reconcile()["done"]["receipts awaited"] == 1
    here.settle()
    assert delivery(here) == ("delivered", "DELIVRD")
    assert len(here.provider.delivered) == 1
