"""What can never be indexed goes to quarantine, with a reason that an operator can act on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.core.study import keys
from functions.core.study.keys import Naming
from functions.core.study.limits import DOCUMENT_BYTES
from functions.core.study.receipts import Receipt
from functions.core.times import iso
from functions.ingest.batch import CONFIRMED_S, GIVES_WAY_S, PATIENCE_S, ingest
from functions.ingest.taking import REBUILDING_S
from tests.fakes import NAMING_KEY, NOW, Fakes, sqs_event
from tests.handlers import uploads
from tests.handlers.ingest_world import cloud, exam_of, receipt, series_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, report, upload


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def damaged(deps: Fakes, suffix: str, change: Any) -> None:
    for bucket in ("originals", "pixels"):
        for key in list(deps.vault.keys(bucket, "")):
            if key.endswith(suffix):
                deps.vault.overwrite(bucket, key, change(deps.vault.get(bucket, key)))


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("schema_broken", {"parcels": []}),
        ("schema_broken", {"surprise": 1}),
        ("name_wrong", {"study_uid": "9.9"}),
        ("name_wrong", {"series_uid": "9.9"}),
        ("name_wrong", {"series": "a" * 32}),
    ],
)
def test_a_manifest_that_contradicts_itself_is_quarantined(deps: Fakes, reason: str, changes: dict[str, Any]) -> None:
    message = upload(deps, Slices(count=1), **changes)
    assert take(deps, message) == []
    assert (receipt(deps, message).state, receipt(deps, message).reason) == ("quarantined", reason)
    assert not [row for row in deps.table.everything() if row["kind"] in ("study", "series", "patient")]


def test_a_manifest_under_another_hospitals_key_is_quarantined(deps: Fakes) -> None:
    """Its bytes lie under this tenant, but say that they belong to another."""
    add_hospital(deps, "tongren")
    message = upload(deps, Slices(count=1))
    body = deps.vault.get("originals", keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"]))
    study, series = deps.naming.study("tongren", Slices().study_uid), deps.naming.series("tongren", Slices().series_uid)
    deps.vault.put(
        "originals", keys.manifest_object("tongren", study, series, message["sha256"]), body, content_type="application/json"
    )
    take(deps, {**message, "tenant": "tongren", "study": study, "series": series})
    row = deps.table.get(keys.manifest_state_pk("tongren", message["sha256"]), "MANIFEST")
    assert row is not None
    assert row["reason"] == "tenant_wrong"


def test_what_comes_for_a_hospital_whose_row_is_lost_waits() -> None:
    """Its rebuilding may be about to begin: nothing that came meanwhile is thrown out, however long that takes."""
    deps = Fakes()
    message = upload(deps, Slices(count=1))
    deps.clock.advance(PATIENCE_S)
    assert take(deps, message) == ["message-0"]
    assert deps.table.everything() == []
    assert deps.ingest_queue.postponed == [("message-0", REBUILDING_S)]


def test_what_comes_while_a_hospital_is_rebuilt_waits() -> None:
    """Decided on half of its rows, an exam that a person hid could be shown."""
    deps = Fakes()
    add_hospital(deps, rebuilding="2026-11-24T06:00:00Z")
    message = upload(deps, Slices(count=1))
    deps.clock.advance(PATIENCE_S)
    assert take(deps, message) == ["message-0"]
    assert not [row for row in deps.table.everything() if row["kind"] != "hospital"]


@pytest.mark.parametrize("suffix", [".heads", ".low", ".rest"])
def test_storages_checksum_of_each_parcel_object_is_compared(deps: Fakes, suffix: str) -> None:
    message = upload(deps, Slices(count=2, number=11))
    damaged(deps, suffix, lambda body: body[:-1] + bytes([body[-1] ^ 1]))
    take(deps, message)
    assert receipt(deps, message).reason == "checksum_wrong"


def test_a_shortened_object_is_found_by_its_size(deps: Fakes) -> None:
    message = upload(deps, Slices(count=2, number=12))
    damaged(deps, ".low", lambda body: body[:-1])
    take(deps, message)
    assert receipt(deps, message).reason == "size_wrong"


def test_a_manifest_whose_bytes_are_not_its_name_is_quarantined(deps: Fakes) -> None:
    message = upload(deps, Slices(count=1))
    damaged(deps, ".json", lambda body: body + b" ")
    take(deps, message)
    assert receipt(deps, message).reason == "digest_wrong"


def test_heads_that_are_no_heads_are_quarantined(deps: Fakes) -> None:
    """Uploaded with a right checksum, and still not what it claims to be."""
    good = upload(deps, Slices(count=1))
    manifest = json.loads(
        deps.vault.get("originals", keys.manifest_object(TENANT, good["study"], good["series"], good["sha256"]))
    )
    junk = b"no parcel"
    sha256 = keys.sha256_hex(junk)
    bucket, key = keys.parcel_object(TENANT, good["study"], good["series"], "heads", sha256)
    deps.vault.put(bucket, key, junk, content_type="application/octet-stream")
    manifest["parcels"][0]["heads"] = {"sha256": sha256, "bytes": len(junk)}
    message = {
        **good,
        "sha256": uploads.put_json(
            deps.vault, lambda name: keys.manifest_object(TENANT, good["study"], good["series"], name), manifest
        ),
    }
    take(deps, message)
    assert receipt(deps, message).reason == "heads_damaged"


@pytest.mark.parametrize("lie", [{"sop_uid": "1.2.3"}, {"sha256": "0" * 64}, {"bytes": 1}, {"parts": 2}])
def test_a_manifest_that_lists_other_instances_than_its_parcels_is_quarantined(deps: Fakes, lie: dict[str, Any]) -> None:
    good = upload(deps, Slices(count=1))
    manifest = json.loads(
        deps.vault.get("originals", keys.manifest_object(TENANT, good["study"], good["series"], good["sha256"]))
    )
    manifest["parcels"][0]["instances"][0] |= lie
    message = {
        **good,
        "sha256": uploads.put_json(
            deps.vault, lambda name: keys.manifest_object(TENANT, good["study"], good["series"], name), manifest
        ),
    }
    take(deps, message)
    assert receipt(deps, message).reason == "instances_differ"


def test_an_image_of_another_study_in_a_manifest_is_quarantined(deps: Fakes) -> None:
    message = upload(deps, Slices(count=1, changes={"StudyInstanceUID": "9.9.9"}))
    take(deps, message)
    assert receipt(deps, message).reason == "uid_differs"


def test_a_parcel_that_never_arrives_is_waited_for_and_then_told(deps: Fakes) -> None:
    message = upload(deps, Slices(count=1, number=13))
    for key in list(deps.vault.keys("pixels", "")):
        del deps.vault._objects["pixels", key]
    for tries in range(1, 10):
        assert take(deps, message, tries=tries) == ["message-0"]
    assert [seconds for _, seconds in deps.ingest_queue.postponed] == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    deps.clock.advance(PATIENCE_S)
    assert take(deps, message, tries=10) == []
    assert receipt(deps, message).reason == "parcel_missing"


def test_one_bad_record_does_not_hold_up_the_others(deps: Fakes) -> None:
    bad, good = upload(deps, Slices(count=1, number=14)), upload(deps, Slices(count=1, number=15))
    event = sqs_event("no json", json.dumps(bad), json.dumps(good), json.dumps({"kind": "surprise"}))
    for key in list(deps.vault.keys("pixels", keys.parcel_prefix(TENANT, bad["study"], bad["series"]))):
        del deps.vault._objects["pixels", key]
    failed = [one["itemIdentifier"] for one in ingest(event, deps)["batchItemFailures"]]
    assert failed == ["message-0", "message-1", "message-3"]
    assert receipt(deps, good).state == "indexed"


def test_every_reason_that_is_given_has_advice() -> None:
    import re
    from pathlib import Path

    from functions.core.study.quarantine import REASONS

    given_reasons: set[str] = set()
    for path in [*Path("functions/ingest").glob("*.py"), Path("functions/core/study/release.py")]:
        text = path.read_text()
        given_reasons |= set(re.findall(r'reason="([a-z_]+)"', text)) | set(re.findall(r'found\.append\("([a-z_]+)"\)', text))
    assert given_reasons - {"no_report", "not_audited", "no_images"} <= set(REASONS)


def test_what_was_quarantined_waits_for_a_person_until_it_is_good(deps: Fakes) -> None:
    message = upload(deps, Slices(count=1, number=16))
    stored = {place: stored for place, stored in deps.vault._objects.items() if place[0] == "pixels"}
    for place in stored:
        del deps.vault._objects[place]
    deps.clock.advance(PATIENCE_S)
    take(deps, message)
    (entry,) = deps.table.rows(keys.quarantine_pk(TENANT))
    assert (entry["name"], entry["open"]) == (message["sha256"], True)
    deps.vault._objects |= stored
    row = deps.table.get(*receipt(deps, message).key())
    assert row is not None
    deps.table.put({**row, "state": "queued"}, expect=row["version"])  # confirmed again
    take(deps, message)
    (entry,) = deps.table.rows(keys.quarantine_pk(TENANT))
    assert (receipt(deps, message).state, entry["open"]) == ("indexed", False)


def test_storages_own_events_are_the_safety_net(deps: Fakes) -> None:
    """And storage tells of a report's PDF too, which is nothing for the index."""
    message, text = upload(deps, Slices(count=1)), report(deps)
    pdf = keys.report_object(TENANT, "f" * 64)
    deps.vault.put("originals", pdf, b"%PDF", content_type="application/pdf")
    manifest = keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"])
    listed = [manifest, keys.report_object(TENANT, text["sha256"]), pdf, "manifests/strange"]
    body = json.dumps({"Records": [{"s3": {"object": {"key": key, "size": 10}}} for key in listed]})
    test = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    event = sqs_event(body, test)
    deps.clock.advance(CONFIRMED_S)
    assert ingest(event, deps) == {"batchItemFailures": []}
    assert exam_of(deps).release == "released"
    assert not list(deps.table.rows(keys.quarantine_pk(TENANT)))


def test_storages_events_give_way_to_the_agents_word(deps: Fakes) -> None:
    """Both tell of the same manifest within moments: two that verify it at once would hold each other up."""
    message = upload(deps, Slices(count=1))
    key = keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"])
    told = sqs_event(json.dumps({"Records": [{"s3": {"object": {"key": key, "size": 10}}}]}))
    again = {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    assert ingest(told, deps) == again
    queued = Receipt(TENANT, "manifest", message["sha256"], study=message["study"], series=message["series"], at=iso(NOW))
    deps.table.put(queued.to_row(), expect=None)
    deps.clock.advance(CONFIRMED_S)
    assert ingest(told, deps) == again
    assert not list(deps.table.rows(keys.study_pk(TENANT, message["study"])))
    deps.clock.advance(GIVES_WAY_S)
    assert ingest(told, deps) == {"batchItemFailures": []}
    assert receipt(deps, message).state == "indexed"


class NamesThatFail(Naming):
    """Stands for a defect that one image brings out: naming its frame fails while `fails` says so."""

    def __init__(self, key: bytes, fails: Callable[[str], bool]) -> None:
        super().__init__(key)
        object.__setattr__(self, "fails", fails)

    def frame(self, tenant: str, sop_uid: str, number: int) -> str:
        if self.fails(sop_uid):  # type: ignore[attr-defined]
            raise ZeroDivisionError
        return super().frame(tenant, sop_uid, number)


class DefectiveCloud(Fakes):
    fails: Callable[[str], bool]

    @property
    def naming(self) -> Naming:
        return NamesThatFail(NAMING_KEY, getattr(self, "fails", lambda _: False))


@pytest.fixture
def defective() -> DefectiveCloud:
    fakes = DefectiveCloud()
    add_hospital(fakes)
    return fakes


def test_a_manifest_that_no_index_can_be_built_of_does_not_hold_up_its_series(defective: DefectiveCloud) -> None:
    bad, good, later = (Slices(number=30, first=first, count=1) for first in range(3))
    defective.fails = bad.sop_uids().__contains__
    messages = [upload(defective, slices) for slices in (bad, good, later)]
    assert take(defective, *messages[:2]) == []
    assert take(defective, messages[2]) == []
    assert [receipt(defective, message).state for message in messages] == ["quarantined", "indexed", "indexed"]
    assert receipt(defective, messages[0]).reason == "index_impossible"
    assert series_of(defective, good).received == 2


def test_what_is_no_index_together_with_what_came_before_is_taken_back_out(deps: Fakes) -> None:
    """Frames without end would take all memory, and with it the series and the other records of the batch."""
    one, two, three = (Slices(number=31, first=first, count=count) for first, count in ((0, 1), (1, 2), (3, 1)))
    messages = [upload(deps, slices) for slices in (one, two, three)]
    for message in messages:
        assert ingest(sqs_event(json.dumps(message)), deps, max_frames=2) == {"batchItemFailures": []}
    assert [receipt(deps, message).state for message in messages] == ["indexed", "quarantined", "indexed"]
    assert receipt(deps, messages[1]).reason == "series_too_large"
    assert series_of(deps, one).received == 2


def test_a_document_larger_than_any_agents_is_quarantined_unread(deps: Fakes) -> None:
    """A manifest of 32 MiB would take the whole time of a call, and the other records of its batch with it."""
    body = b" " * (DOCUMENT_BYTES["manifest"] + 1)
    message = {**upload(deps, Slices(count=1)), "sha256": keys.sha256_hex(body)}
    key = keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"])
    deps.vault.put("originals", key, body, content_type="application/json")
    before = deps.vault.reads
    assert take(deps, message) == []
    assert (receipt(deps, message).reason, deps.vault.reads) == ("document_too_large", before)


def test_nothing_is_begun_shortly_before_the_function_is_stopped(deps: Fakes) -> None:
    """What is done by then stays done; the rest comes again alone."""
    first, second = upload(deps, Slices(count=1, number=40)), upload(deps, Slices(count=1, number=41))
    left = iter([100.0, 10.0, *[60.0] * 10])
    answer = ingest(sqs_event(json.dumps(first), json.dumps(second)), deps, lambda: next(left))
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["message-1"]
    assert receipt(deps, first).state == "indexed"
    assert deps.table.get(*Receipt(TENANT, "manifest", second["sha256"]).key()) is None
