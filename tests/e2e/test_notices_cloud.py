"""Messages on the local cloud: counted where they arrive, and asked for until the carrier has answered [NTF-03, NTF-05]."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from functions.adapters import agents, quarantine
from functions.adapters.sms.providers import provider
from functions.adapters.table.port import Row, Table
from functions.adapters.wiring import Production
from functions.core.errors import ServiceBusy
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.times import iso
from functions.notify.notifying import Notifier, notify
from iac.local.cloud import LocalCloud
from iac.local.sms_server import OFF, UNREACHABLE, Inbox
from iac.operator import hospitals
from tests.cloud import eventually, new_tenant
from tests.cloud_fixtures import Ran
from tests.e2e.feeds import Feeds
from tests.handlers import uploads
from tests.handlers.http_agent import HttpAgent, packed, send
from tests.handlers.operator_deps import operator_deps

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

COPIES = 8


@dataclass
class Desk:
    """A hospital of its own on the demo's cloud, where exams are registered, and the demo's phone."""

    cloud: LocalCloud
    inbox: Inbox
    deps: Production
    tenant: str
    agent: HttpAgent

    def register(self, number: str, phone: str) -> str:
        """The exam's name, once it is registered."""
        person = {"id": number, "issuer": "", "phone": phone}
        order = packed(self.deps, self.tenant, lambda f, t: uploads.registration(f, t, patient=person, accession_number=number))
        send(self.agent, order, self.tenant, uploads.Slices())
        exam = self.deps.naming.exam(self.tenant, accession_number=number, study_uid="")
        eventually(lambda: self.deps.table.get(keys.exam_pk(self.tenant, exam), "EXAM"), 60)
        return exam

    def notice(self, exam: str) -> dict[str, Any]:
        found = list(self.deps.table.rows(keys.exam_pk(self.tenant, exam), "NOTICE#"))
        return dict(found[0]) if found else {}

    def answered(self, exam: str) -> dict[str, Any]:
        """The exam's notice with what the carrier said; the clock that asks rings every minute only."""

        def delivery() -> bool:
            ring = self.cloud.session("root").client("lambda").invoke
            assert "FunctionError" not in ring(FunctionName=f"{self.cloud.outputs['TableName']}-watch", Payload="{}")
            return bool(self.notice(exam).get("delivery"))

        eventually(delivery, 150)
        return self.notice(exam)


@pytest.fixture
def desk(journey: Ran) -> Iterator[Desk]:
    for deps in operator_deps(journey.cloud):
        tenant = new_tenant()
        hospitals.add(deps, Hospital(tenant=tenant, name="协和医院", phone="010-12345678"))
        agent = HttpAgent(journey.cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
        yield Desk(journey.cloud, Inbox(journey.state / "sms"), deps, tenant, agent)


@pytest.mark.req("NTF-03", "NTF-05")
def test_a_message_becomes_delivered_and_one_to_a_dead_phone_waits_for_a_person(desk: Desk) -> None:
    alive, dead = desk.register("R1", "13800001234"), desk.register("R2", UNREACHABLE)
    told = desk.answered(alive)
    assert (told["state"], told["delivery"], told["delivery_code"]) == ("sent", "delivered", "DELIVRD")
    told = desk.answered(dead)
    assert (told["state"], told["delivery"], told["delivery_code"]) == ("sent", "undelivered", OFF)
    assert [(one.name, one.reason) for one in quarantine.waiting(desk.deps, desk.tenant)] == [(dead, "not_delivered")]


class Meeting:
    """A table at which all who are about to send meet: none writes so before all have read that nobody did."""

    def __init__(self, table: Table) -> None:
        self._table, self._gate = table, Barrier(COPIES)

    def put(self, row: Row, *, expect: int | None, replayed: bool = False) -> Row:
        if row["kind"] == "notice" and row["state"] == "sending":
            with suppress(BrokenBarrierError):
                self._gate.wait(20)
        return self._table.put(row, expect=expect, replayed=replayed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)


@pytest.mark.req("NTF-05")
def test_an_event_that_comes_many_times_at_once_is_one_request_to_the_provider(desk: Desk) -> None:
    """Whoever writes the notice's row first sends: the cloud's own table decides, and the provider counts requests.

    The copies are worked on here: the local cloud gives a function one event after the other.
    """
    feeds = Feeds(desk.cloud)
    feeds.pause("notify")  # the event itself waits
    try:
        exam = desk.register("R3", "13800005678")
        row = desk.deps.table.get(keys.exam_pk(desk.tenant, exam), keys.exam_registration_sk())
        assert row is not None
        (event,) = changes.events(None, row, iso(desk.deps.clock.now()))
        sms = provider(desk.deps.secrets.values().sms, desk.deps.clock)
        desk.deps.table = Meeting(desk.deps.table)  # type: ignore[assignment]
        notifier = Notifier(desk.deps, sms, pause=lambda _: None)

        def tell(_: int) -> None:
            with suppress(ServiceBusy):  # another copy is at it
                notify(event, notifier)

        with ThreadPoolExecutor(COPIES) as pool:
            list(pool.map(tell, range(COPIES)))
    finally:
        feeds.resume("notify")
    sent = desk.inbox.get(event["id"][:32])
    assert sent is not None
    assert sent["sends"] == 1
    assert desk.notice(exam)["state"] == "sent"
