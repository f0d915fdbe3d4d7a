"""A hospital whose index is being rebuilt, seen from outside: what arrives waits and is not lost, who asks is told to wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters.queues import per_record
from functions.adapters.table.port import Row
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.ingest.batch import ingest
from functions.ingest.messages import refs_of
from functions.notify.notifying import Notifier, notify
from functions.patient_api.app import make
from functions.render.handler import render
from iac.operator.reconcile.running import as_storage_tells
from tests.fakes import SETTINGS, LambdaContext, rest_event
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import Message, SmallHospital

pytestmark = pytest.mark.req("PLUS-04")

TRIES = 15  # template.yaml's maxReceiveCount of the ingest queue
OTHER = "tongren"


@pytest.fixture
def here() -> SmallHospital:
    """One exam, published and told."""
    here = SmallHospital()
    here.open()
    here.agent = here.enrol("LIGHTBOX")  # type: ignore[attr-defined]
    slices = Slices(count=2)
    here.deliver(*map(here.confirm, (upload(here.deps, slices), declare(here.deps, [(slices, 2)]), report(here.deps))))
    here.settle()
    return here


def meanwhile(here: SmallHospital, kind: str, happens: Any) -> None:
    """Once, when the rebuild writes its first row of a kind."""
    table: Any = here.deps.table
    put = table.put
    done: list[str] = []

    def noting(row: Row, **options: Any) -> Row:
        if row["kind"] == kind and not done:
            done.append(kind)
            happens()
        stands: Row = put(row, **options)
        return stands

    table.put = noting


def opened(here: SmallHospital, token: str) -> tuple[int, Any]:
    body = json.dumps({"token": token})
    headers = {"Content-Type": "application/json", "Origin": SETTINGS.origin}
    raw = make(lambda: here.deps).app(rest_event("POST", "/patient/v1/links/open", body, headers=headers), LambdaContext())
    return raw["statusCode"], json.loads(raw["body"])


def token_of(here: SmallHospital) -> str:
    return here.provider.delivered[0].text.split("#t=")[1][:27]


def by_storage(message: Message) -> Message:
    """The same object as S3's event tells of it."""
    (ref,) = refs_of(json.dumps(message))
    return as_storage_tells(ref)


def given_up(here: SmallHospital, message: Message) -> None:
    """Tried as often as the queue tries, each time in vain: it lies in the dead-letter queue then."""
    for _ in range(TRIES):
        record = here.record(json.dumps(message), 0)
        assert ingest({"Records": [record]}, here.deps)["batchItemFailures"]
        here.clock.advance(200)


@pytest.mark.req("NTF-05")
@pytest.mark.parametrize("confirmed", [False, True], ids=["S3 alone", "its agent too"])
def test_what_was_given_up_while_the_hospital_was_closed_is_indexed_afterwards(here: SmallHospital, confirmed: bool) -> None:
    """Where only S3's event told of an object, nobody else ever would again."""
    here.lose_the_table()
    late = Slices(number=2, count=1, accession_number="A2")

    def arrives() -> None:
        for message in (upload(here.deps, late), report(here.deps, accession_number="A2")):
            given_up(here, by_storage(message))
            if confirmed:
                given_up(here, here.confirm(message))

    meanwhile(here, "series", arrives)
    assert here.reconcile("--workers", "1")["done"]["requeued"] == 2
    here.deliver(*here.deps.ingest_queue.messages)
    here.settle()
    exam = here.operator("exam", "status", "--tenant", TENANT, "--accession-number", "A2")
    assert exam["release"] == "released"
    assert len(here.provider.delivered) == 2  # and the first exam's patient is not told again
    assert here.reconcile()["done"].get("requeued") is None


def test_a_run_that_ends_just_before_it_opens_the_hospital_queues_again(here: SmallHospital) -> None:
    """Queued first, opened then: whatever is queued too often is taken once."""
    here.lose_the_table()
    meanwhile(here, "series", lambda: upload(here.deps, Slices(number=2, count=1, accession_number="A2")))
    table: Any = here.deps.table
    put = table.put

    def until_it_opens(row: Row, **options: Any) -> Row:
        if row["kind"] == "hospital" and not row["rebuilding"]:
            raise ServiceBusy(service="the table")
        stands: Row = put(row, **options)
        return stands

    table.put = until_it_opens
    assert not here.reconcile("--workers", "1")
    first = list(here.deps.ingest_queue.messages)
    table.put = put
    here.stream.records.clear()
    here.reconcile()
    assert len(first) == 1
    here.deliver(*here.deps.ingest_queue.messages, *first)
    assert {row["state"] for row in here.rows() if row["kind"] == "receipt"} == {"indexed"}


def test_a_patient_with_a_lost_link_is_told_to_wait_and_no_try_is_taken(here: SmallHospital) -> None:
    here.lose_the_table()
    told: list[tuple[int, Any]] = []
    meanwhile(here, "series", lambda: told.append(opened(here, token_of(here))))
    here.reconcile("--workers", "1")
    ((status, answer),) = told
    assert (status, answer["code"]) == (503, "hospital_rebuilding")
    assert opened(here, token_of(here))[1]["state"] == "verify"
    assert opened(here, "x" * 27)[1]["code"] == "link_unknown"
    assert here.deps.table.get(*keys.REBUILDING) is None


def test_all_hospitals_that_are_lost_are_announced_from_the_first_second(here: SmallHospital) -> None:
    """The last may wait for hours; until then its patients' links lead nowhere."""
    here.operator("hospital", "add", "--tenant", OTHER, "--name", "同仁医院", "--phone", "010-2")
    here.settle()
    here.lose_the_table()
    here.reconcile("--tenant", OTHER)
    assert opened(here, token_of(here))[1]["code"] == "hospital_rebuilding"
    here.reconcile()
    assert opened(here, token_of(here))[1]["state"] == "verify"


def test_a_hospital_that_stays_closed_for_a_failure_keeps_its_door_shut(here: SmallHospital) -> None:
    here.lose_the_table()
    vault: Any = here.deps.vault
    get = vault.get

    def busy(bucket: Any, key: str) -> bytes:
        if key.startswith("manifests/"):
            raise ServiceBusy(service="storage")
        return bytes(get(bucket, key))

    vault.get = busy
    assert not here.reconcile()
    assert opened(here, token_of(here))[1]["code"] == "hospital_rebuilding"
    vault.get = get
    here.reconcile()
    assert opened(here, token_of(here))[1]["state"] == "verify"


@pytest.mark.req("EDGE-10")
def test_an_agent_that_asks_meanwhile_waits_and_sends_nothing_again(here: SmallHospital) -> None:
    """`unknown` would have it put everything once more; an unknown key would have its hospital enrol anew."""
    agent: Any = here.agent  # type: ignore[attr-defined]
    (sent,) = (row["sha256"] for row in here.rows() if row["kind"] == "receipt" and row["subject"] == "manifest")
    here.lose_the_table()
    told: list[Any] = []

    def asks() -> None:
        told.extend(agent.call(*call)[1]["code"] for call in (("tokens", {}), ("manifests/status", {"sha256": [sent]})))

    meanwhile(here, "hospital", asks)
    meanwhile(here, "series", asks)
    here.reconcile("--workers", "1")
    assert told == ["hospital_rebuilding"] * 4
    agent.token = agent.call("tokens", {})[1]["token"]
    states = agent.call("manifests/status", {"sha256": [sent, "0" * 64]})[1]["states"]
    assert [one["state"] for one in states.values()] == ["indexed", "unknown"]


@pytest.mark.req("NTF-05")
def test_a_message_that_outlived_the_table_is_not_sent_before_its_fate_is_looked_up(here: SmallHospital) -> None:
    """Queues outlive a table. In the middle of a rebuild an exam is there again, and nothing says that its patient was told."""
    (event,) = (one for one in here.deps.bus.events if one["type"] == "exam_released")
    journal: Any = here.deps.vault._objects
    for key in [key for key, stored in journal.items() if b'"notice_sent"' in stored.body]:
        del journal[key]
    here.lose_the_table()
    notifier = Notifier(here.deps, here.provider, pause=lambda _: None)
    answers: list[Any] = []

    def comes_again() -> None:
        records = {"Records": [here.record(json.dumps(event), 0)]}
        answers.append(per_record(records, notify, notifier, here.deps.own_queue)["batchItemFailures"])

    meanwhile(here, "notice", comes_again)
    here.reconcile("--workers", "1")
    here.settle()
    assert answers == [[{"itemIdentifier": "m0"}]]
    assert (len(here.provider.looked_up), len(here.provider.delivered)) == (1, 1)
    here.notify([event])
    assert len(here.provider.delivered) == 1


@pytest.mark.parametrize("type_", ["series_indexed", "study_completed", "report_audited", "exam_released"])
def test_no_film_is_made_of_a_study_that_is_half_there(here: SmallHospital, type_: str) -> None:
    """The event outlived the table; what is drawn from half the rows would stand as the whole."""
    event = next(one for one in here.deps.bus.events if one["type"] == type_)
    here.lose_the_table()
    refused: list[int] = []

    def comes_again() -> None:
        with pytest.raises(ServiceBusy) as caught:
            render(event, here.deps)
        refused.append(caught.value.after_s)

    meanwhile(here, "series", comes_again)
    here.reconcile("--workers", "1")
    assert refused
    assert refused[0] > 0
