"""Publish: changes of rows become journal entries and events, each once, none lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters import schemas
from functions.adapters.bus import EventBridge
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.core.study.changes import events
from functions.core.study.hospitals import Hospital
from functions.ingest.batch import ingest
from functions.publish.stream import publish
from tests.fakes import Fakes, sqs_event
from tests.handlers.streams import Stream
from tests.handlers.uploads import TENANT, Slices, add_hospital, declare, report, upload


class World:
    """A cloud in memory whose table has a stream."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.deps = Fakes(table=self.stream.table())
        add_hospital(self.deps)

    def take(self, *messages: dict[str, Any]) -> None:
        assert ingest(sqs_event(*map(json.dumps, messages)), self.deps) == {"batchItemFailures": []}

    def whole_exam(self) -> None:
        self.take(upload(self.deps, Slices(count=2)), declare(self.deps, [(Slices(), 2)]), report(self.deps))

    def journal(self) -> list[dict[str, Any]]:
        found = self.deps.vault.keys("originals", f"journal/{TENANT}/")
        return [json.loads(self.deps.vault.get("originals", key)) for key in found]


@pytest.fixture
def world() -> World:
    return World()


def test_the_course_of_an_exam_is_told_in_order(world: World) -> None:
    world.whole_exam()
    assert publish(world.stream.take(), world.deps) == {"batchItemFailures": []}
    assert [event["type"] for event in world.deps.bus.events] == [
        "hospital_added",
        "report_received",
        "report_audited",
        "series_indexed",
        "study_viewable",
        "study_completed",
        "exam_registered",
        "exam_released",
        "case_earned",
    ]
    for event in world.deps.bus.events:
        schemas.check(event, "event.v1")
        schemas.check(event["body"], f"{event['type']}.v1")


def test_the_journal_holds_what_the_bus_was_told(world: World) -> None:
    world.whole_exam()
    publish(world.stream.take(), world.deps)
    by_id = {event["id"]: event for event in world.deps.bus.events}
    assert {entry["id"]: entry for entry in world.journal()} == by_id
    assert all(key.startswith(f"journal/{TENANT}/2026/11/24/") for key in world.deps.vault.keys("originals", "journal/"))


def test_a_redelivered_batch_writes_the_same_entries_and_the_same_ids(world: World) -> None:
    world.whole_exam()
    batch = world.stream.take()
    publish(batch, world.deps)
    before, told = world.journal(), [event["id"] for event in world.deps.bus.events]
    publish(batch, world.deps)
    assert world.journal() == before
    assert [event["id"] for event in world.deps.bus.events] == told * 2


def test_events_carry_keys_and_never_names(world: World) -> None:
    world.whole_exam()
    publish(world.stream.take(), world.deps)
    text = json.dumps([event for event in world.deps.bus.events if event["type"] != "hospital_added"], ensure_ascii=False)
    for secret in ("张三", "13800001234", "P1", "A1", "1980", Slices().study_uid, "两肺"):
        assert secret not in text


def test_what_the_bus_refuses_comes_again(world: World) -> None:
    """put_events answers 200 with failures inside; unread, an exam would be released and nobody told."""
    world.whole_exam()
    batch = world.stream.take()
    released = [event for record in batch["Records"] for event in told_by(record) if event["type"] == "exam_released"]
    world.deps.bus.refuse = {released[0]["id"]}
    (failure,) = publish(batch, world.deps)["batchItemFailures"]
    position = [record["dynamodb"]["SequenceNumber"] for record in batch["Records"]].index(failure["itemIdentifier"])
    publish({"Records": batch["Records"][position:]}, world.deps)
    assert "exam_released" in [event["type"] for event in world.deps.bus.events]


def told_by(record: dict[str, Any]) -> list[dict[str, Any]]:
    from functions.adapters.table.dynamo import row_of_image

    change = record["dynamodb"]
    return events(row_of_image(change.get("OldImage")), row_of_image(change.get("NewImage")), "2026-11-24T06:05:00Z")


def test_a_failing_journal_stops_the_batch_there_and_tells_nothing_of_what_follows(world: World) -> None:
    """Else the bus would know of something that the record of decisions does not."""
    world.whole_exam()
    batch = world.stream.take()
    put, calls = world.deps.vault.put, []

    def busy(bucket: Any, key: str, body: bytes, **options: Any) -> bool:
        calls.append(key)
        if len(calls) == 3:
            raise ServiceBusy(service="storage")
        return put(bucket, key, body, **options)

    world.deps.vault.put = busy  # type: ignore[method-assign]
    (failure,) = publish(batch, world.deps)["batchItemFailures"]
    told = [event["type"] for event in world.deps.bus.events]
    assert told == ["hospital_added"]
    position = [record["dynamodb"]["SequenceNumber"] for record in batch["Records"]].index(failure["itemIdentifier"])
    publish({"Records": batch["Records"][position:]}, world.deps)
    assert [event["type"] for event in world.deps.bus.events][-2:] == ["exam_released", "case_earned"]


def test_a_bus_that_cannot_be_reached_gets_everything_again(world: World) -> None:
    """An exception out of the function would use up its tries for the whole batch, and then lose it."""
    world.whole_exam()
    batch = world.stream.take()
    put = world.deps.bus.put

    def away(events: Any) -> set[str]:
        raise OSError

    world.deps.bus.put = away  # type: ignore[method-assign]
    failed = {one["itemIdentifier"] for one in publish(batch, world.deps)["batchItemFailures"]}
    assert failed == {record["dynamodb"]["SequenceNumber"] for record in batch["Records"] if told_by(record)}
    world.deps.bus.put = put  # type: ignore[method-assign]
    assert publish(batch, world.deps) == {"batchItemFailures": []}
    assert [event["type"] for event in world.deps.bus.events][-2:] == ["exam_released", "case_earned"]


def test_a_change_whose_event_breaks_its_schema_is_set_aside_and_the_rest_goes_on(world: World) -> None:
    """Tried again it fails again: everything of the shard would wait behind it for a day, and then be lost with it."""
    world.stream.take()
    add_hospital(world.deps, "broken", time_zone=7)
    world.take(report(world.deps))
    batch = world.stream.take()
    assert publish(batch, world.deps) == {"batchItemFailures": []}
    assert [event["type"] for event in world.deps.bus.events] == ["report_received", "report_audited", "exam_registered"]
    (aside,) = world.deps.failures.messages
    assert aside["sequence_number"] == batch["Records"][0]["dynamodb"]["SequenceNumber"]


@pytest.mark.parametrize("broken", [{"row": "is not a typed image"}, {"kind": {"S": "exam"}, "pk": {"S": "a"}, "sk": {"S": "b"}}])
def test_a_change_that_no_event_can_be_made_of_is_set_aside_and_the_rest_goes_on(world: World, broken: dict[str, Any]) -> None:
    """A row that lacks what its events need raises KeyError in their making: it must not hold up the shard for a day either."""
    world.take(report(world.deps))
    batch = world.stream.take()
    poison = {"dynamodb": {"SequenceNumber": "poison", "ApproximateCreationDateTime": 1795500300.0, "NewImage": broken}}
    batch["Records"].insert(1, poison)
    with pytest.raises(Exception):  # noqa: B017 — whatever it is, publish does not know it
        told_by(poison)
    assert publish(batch, world.deps) == {"batchItemFailures": []}
    told = [event["type"] for event in world.deps.bus.events]
    assert told == ["hospital_added", "report_received", "report_audited", "exam_registered"]
    (aside,) = world.deps.failures.messages
    assert aside["sequence_number"] == "poison"


def test_a_change_that_cannot_even_be_set_aside_comes_again(world: World) -> None:
    """While the queue of failures is away nothing may be forgotten; what came before it is told all the same."""
    batch = world.stream.take()
    poison = {"dynamodb": {"SequenceNumber": "poison", "ApproximateCreationDateTime": 1795500300.0, "NewImage": {"pk": 7}}}
    batch["Records"].append(poison)

    def away(message: Any) -> None:
        raise OSError

    world.deps.failures.send = away  # type: ignore[method-assign]
    assert publish(batch, world.deps) == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert [event["type"] for event in world.deps.bus.events] == ["hospital_added"]


def test_what_a_rebuild_writes_is_not_told_and_what_follows_is(world: World) -> None:
    """It was told when it happened; the next change of the row, made from the whole of it, is news again."""
    publish(world.stream.take(), world.deps)
    hospital = {"pk": "TENANT#new#HOSPITAL", "sk": "HOSPITAL", "kind": "hospital"} | Hospital("new", "新").to_row()
    world.deps.table.put(hospital, expect=None, replayed=True)
    publish(world.stream.take(), world.deps)
    assert [event["tenant"] for event in world.deps.bus.events] == [TENANT]
    stands = world.deps.table.get("TENANT#new#HOSPITAL", "HOSPITAL")
    assert stands is not None
    world.deps.table.put({**stands, "hours": "8–18", "serial": 2}, expect=1)
    publish(world.stream.take(), world.deps)
    assert [event["type"] for event in world.deps.bus.events] == ["hospital_added", "hospital_changed"]


def test_a_removed_row_and_an_unknown_kind_tell_nothing(world: World) -> None:
    world.stream.note({"pk": "a", "sk": "b", "kind": "series", "version": 1}, None)
    world.stream.note(None, {"pk": "a", "sk": "b", "kind": "of_tomorrow", "version": 1})
    assert publish({"Records": world.stream.records[-2:]}, world.deps) == {"batchItemFailures": []}
    assert world.deps.bus.events == []


def test_a_quarantined_manifest_is_an_event(world: World) -> None:
    message = upload(world.deps, Slices(count=1), surprise=1)
    world.take(message)
    publish(world.stream.take(), world.deps)
    (event,) = [event for event in world.deps.bus.events if event["type"] == "document_quarantined"]
    assert (event["body"]["reason"], event["subject"]) == ("schema_broken", f"manifest/{message['sha256']}")


def test_a_contradiction_is_an_event_and_waiting_is_none(world: World) -> None:
    world.take(upload(world.deps, Slices(count=1, patient_id="P2")))
    publish(world.stream.take(), world.deps)
    assert "exam_held" not in [event["type"] for event in world.deps.bus.events]
    world.take(report(world.deps))
    publish(world.stream.take(), world.deps)
    (event,) = [event for event in world.deps.bus.events if event["type"] == "exam_held"]
    assert event["body"]["reasons"] == ["patient_differs"]


def test_a_release_after_a_hold_is_another_release(world: World) -> None:
    """Another id: else the second notice would be taken for a redelivery of the first."""
    world.take(upload(world.deps, Slices(count=1)), report(world.deps))
    world.take(report(world.deps, state="preliminary", version=2))
    world.take(report(world.deps, version=3))
    publish(world.stream.take(), world.deps)
    released = [event for event in world.deps.bus.events if event["type"] == "exam_released"]
    assert len({event["id"] for event in released}) == 2
    assert [event["body"]["serial"] for event in released] == [1, 3]


class Client:
    """EventBridge: refuses every third entry of a call."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(Entries)
        entries = [
            {"ErrorCode": "ThrottlingException"} if number % 3 == 2 else {"EventId": "x"} for number in range(len(Entries))
        ]
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}


def test_the_bus_adapter_tells_exactly_what_was_refused() -> None:
    client = Client()
    failed = EventBridge("bus", lambda: client).put([{"id": str(number), "type": "t", "body": {}} for number in range(12)])
    assert failed == {"2", "5", "8"}
    assert [len(call) for call in client.calls] == [10, 2]
    assert client.calls[0][0]["Source"] == "lightbox"
    assert client.calls[0][0]["DetailType"] == "t"


def test_the_journals_name_is_the_events_day_and_id(world: World) -> None:
    publish(world.stream.take(), world.deps)
    (entry,) = world.journal()
    assert world.deps.vault.head("originals", keys.journal_object(TENANT, entry["time"], entry["id"])) is not None
