"""Ingest with real parcels and a cloud in memory: what arrives, in whatever order, and what the index then says."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters import schemas
from functions.adapters.table.memory import MemoryTable
from functions.core.study import keys
from functions.core.study.records import Exam, Receipt, Series, Study
from functions.core.study.release import with_decision
from functions.ingest.batch import PATIENCE, ingest
from functions.ingest.exams import decide_exam
from tests.fakes import Fakes, sqs_event
from tests.handlers import uploads
from tests.handlers.uploads import TENANT, Slices, add_hospital, declare, report, upload


@pytest.fixture
def deps() -> Fakes:
    fakes = Fakes()
    add_hospital(fakes)
    return fakes


def take(deps: Fakes, *messages: dict[str, Any], tries: int = 1) -> list[str]:
    """Deliver a batch; returns the ids that came back."""
    event = sqs_event(*(json.dumps(message) for message in messages))
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = str(tries)
    return [failure["itemIdentifier"] for failure in ingest(event, deps)["batchItemFailures"]]


def study_of(deps: Fakes, slices: Slices) -> Study:
    row = deps.table.get(keys.study_pk(TENANT, deps.naming.study(TENANT, slices.study_uid)), "STUDY")
    assert row is not None
    return Study.from_row(row)


def series_of(deps: Fakes, slices: Slices) -> Series:
    pk = keys.study_pk(TENANT, deps.naming.study(TENANT, slices.study_uid))
    row = deps.table.get(pk, keys.series_sk(deps.naming.series(TENANT, slices.series_uid)))
    assert row is not None
    return Series.from_row(row)


def exam_of(deps: Fakes, accession_number: str = "A1", study_uid: str = "") -> Exam:
    name = deps.naming.exam(TENANT, accession_number=accession_number, study_uid=study_uid)
    row = deps.table.get(keys.exam_pk(TENANT, name), "EXAM")
    assert row is not None
    return Exam.from_row(row)


def receipt(deps: Fakes, message: dict[str, Any]) -> Receipt:
    row = deps.table.get(*Receipt(TENANT, message["kind"], message["sha256"]).key())
    assert row is not None
    return Receipt.from_row(row)


def index_of(deps: Fakes, series: Series) -> dict[str, Any]:
    assert series.index is not None
    body = deps.vault.get("pixels", keys.parcel_prefix(TENANT, series.study, series.series) + series.index)
    index: dict[str, Any] = json.loads(gzip.decompress(body))
    schemas.check(index, "series_index.v1")
    return index


# -- what is indexed --------------------------------------------------------------------------------------------------------


@pytest.mark.req("ING-01", "ING-02")
def test_a_manifest_becomes_patient_study_series_exam_and_an_index(deps: Fakes) -> None:
    slices = Slices(count=3)
    message = upload(deps, slices)
    assert take(deps, message) == []
    study, series, exam = study_of(deps, slices), series_of(deps, slices), exam_of(deps)
    assert (study.description, study.at, study.modalities, study.imaging) == (
        "胸部CT平扫",
        "2026-11-24T06:05:00Z",
        ["CT"],
        "viewable",
    )
    assert (series.received, series.frames, series.declared, series.description) == (3, 3, None, "肺窗")
    assert study.exam == exam.exam
    assert list(exam.studies) == [study.study]
    assert deps.table.get(keys.patient_pk(TENANT, study.patient), "PATIENT")["name"] == "张三"  # type: ignore[index]
    assert index_of(deps, series)["received"] == 3
    assert receipt(deps, message).state == "indexed"


def test_the_index_says_nothing_of_whom_it_is_about(deps: Fakes) -> None:
    slices = Slices(count=2)
    take(deps, upload(deps, slices))
    text = json.dumps(index_of(deps, series_of(deps, slices)), ensure_ascii=False)
    for secret in ("张", "Zhang", "P1", "A1", slices.study_uid, "19800102"):
        assert secret not in text


@pytest.mark.req("ING-01")
def test_a_partial_study_is_never_shown_as_whole(deps: Fakes) -> None:
    first, rest = Slices(count=3), Slices(first=3, count=2)
    take(deps, upload(deps, first), declare(deps, [(first, 5)]))
    study, series = study_of(deps, first), series_of(deps, first)
    assert (study.imaging, study.received, study.declared, study.complete) == ("viewable", 3, 5, False)
    assert (series.declared, series.complete, index_of(deps, series)["complete"]) == (5, False, False)
    take(deps, upload(deps, rest))
    study, series = study_of(deps, first), series_of(deps, first)
    assert (study.imaging, study.received, study.complete, series.complete) == ("complete", 5, True, True)
    assert index_of(deps, series)["complete"] is True


def test_a_surplus_in_one_series_does_not_hide_a_loss_in_another(deps: Fakes) -> None:
    full, poor = Slices(count=4), Slices(series=2, count=1)
    take(deps, upload(deps, full), upload(deps, poor), declare(deps, [(full, 2), (poor, 3)]))
    study = study_of(deps, full)
    assert study.received == study.declared == 5
    assert study.imaging == "viewable"


def test_a_declared_series_of_which_nothing_came_keeps_the_study_partial(deps: Fakes) -> None:
    slices, missing = Slices(count=1), Slices(series=2)
    take(deps, upload(deps, slices), declare(deps, [(slices, 1), (missing, 3)]))
    assert study_of(deps, slices).imaging == "viewable"


def test_a_later_declaration_of_more_makes_the_study_partial_again(deps: Fakes) -> None:
    slices = Slices(count=2)
    take(deps, upload(deps, slices), declare(deps, [(slices, 2)]))
    assert study_of(deps, slices).imaging == "complete"
    take(deps, declare(deps, [(slices, 3)], at="07:00:00"))
    assert study_of(deps, slices).imaging == "viewable"
    take(deps, declare(deps, [(slices, 1)], at="06:30:00"))
    assert study_of(deps, slices).declared == 3


# -- order and repetition ---------------------------------------------------------------------------------------------------

TIMES = ("version", "release_serial", "updated_at", "index_version")


def state_of(table: MemoryTable) -> list[dict[str, Any]]:
    """All rows without what counts writes."""
    return [{name: value for name, value in row.items() if name not in TIMES} for row in table.everything()]


class World:
    """Everything that will arrive, packed once; each run starts from an empty table and the same vault."""

    def __init__(self) -> None:
        self.deps = Fakes()
        hospital = add_hospital(self.deps)
        one, two = Slices(count=2), Slices(first=2, count=2)
        bare = Slices(number=2, accession_number="", count=1)
        self.messages = [
            upload(self.deps, one),
            upload(self.deps, two),
            upload(self.deps, Slices(series=2, count=1)),
            upload(self.deps, bare),
            declare(self.deps, [(one, 4), (Slices(series=2), 1)]),
            declare(self.deps, [(one, 3)], at="05:00:00"),
            report(self.deps, state="preliminary", version=1),
            report(self.deps, version=2),
            report(self.deps, version=1, accession_number="B7", study_uids=[bare.study_uid]),
        ]
        self.hospital = hospital.to_row()
        self.expected = self.run([[message] for message in self.messages])

    def run(self, batches: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        self.deps.table = MemoryTable()
        self.deps.table.put(self.hospital, expect=None)
        for batch in batches:
            assert take(self.deps, *batch) == []
        return state_of(self.deps.table)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.req("ING-05")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_any_repetition_and_any_batching_give_the_same_index(world: World, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(world.messages))))
    again = data.draw(st.lists(st.sampled_from(range(len(world.messages))), max_size=5))
    numbers = list(order)
    for number in again:
        numbers.insert(data.draw(st.integers(0, len(numbers))), number)
    cuts = data.draw(st.lists(st.integers(0, len(numbers)), max_size=3).map(sorted))
    batches = [numbers[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(numbers)], strict=True)]
    assert world.run([[world.messages[number] for number in batch] for batch in batches if batch]) == world.expected


@pytest.mark.req("ING-05")
def test_what_came_twice_in_other_parcels_is_counted_once(deps: Fakes) -> None:
    """The agent lost its memory and packed the same images anew, in another parcel."""
    take(deps, upload(deps, Slices(count=3)), upload(deps, Slices(first=1, count=4)))
    series = series_of(deps, Slices())
    assert (series.received, series.frames) == (5, 5)


def test_a_redelivery_of_what_is_indexed_reads_nothing(deps: Fakes) -> None:
    message = upload(deps, Slices(count=2))
    take(deps, message)
    before = deps.vault.reads
    take(deps, message)
    assert deps.vault.reads == before


def test_a_series_in_many_manifests_is_indexed_once_per_batch(deps: Fakes) -> None:
    messages = [upload(deps, Slices(first=number, count=1)) for number in range(8)]
    take(deps, *messages)
    series = series_of(deps, Slices())
    indexes = [key for key in deps.vault.keys("pixels", "") if key.endswith(".index")]
    assert (series.received, len(indexes)) == (8, 1)


def test_each_heads_object_is_read_once_while_the_function_is_warm(deps: Fakes) -> None:
    """A series that grows is indexed from all of its parcels; reading them again each time would be quadratic."""
    for number in range(6):
        before = deps.vault.reads
        take(deps, upload(deps, Slices(number=77, first=number, count=1)))
        assert deps.vault.reads - before == 2  # the manifest and the new heads


# -- what goes to quarantine ------------------------------------------------------------------------------------------------


def damaged(deps: Fakes, suffix: str, change: Any) -> None:
    for bucket in ("originals", "pixels"):
        for key in list(deps.vault.keys(bucket, "")):  # type: ignore[arg-type]
            if key.endswith(suffix):
                deps.vault.overwrite(bucket, key, change(deps.vault.get(bucket, key)))  # type: ignore[arg-type]


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


def test_an_unknown_hospital_is_told_as_such() -> None:
    deps = Fakes()
    message = upload(deps, Slices(count=1))
    take(deps, message)
    assert receipt(deps, message).reason == "tenant_unknown"


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
    for tries in range(1, PATIENCE):
        assert take(deps, message, tries=tries) == ["message-0"]
    assert take(deps, message, tries=PATIENCE) == []
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
    take(deps, message, tries=PATIENCE)
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
    assert ingest(sqs_event(body, test), deps) == {"batchItemFailures": []}
    assert exam_of(deps).release == "released"
    assert not list(deps.table.rows(keys.quarantine_pk(TENANT)))


# -- release ----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("EDGE-07")
def test_the_audit_publishes_what_was_there_unseen(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)))
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["no_report"])
    take(deps, report(deps, state="preliminary"))
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["not_audited"])
    take(deps, report(deps, version=2))
    exam = exam_of(deps)
    assert (exam.release, exam.reasons, exam.report_version, exam.release_serial) == ("released", [], 2, 1)


@pytest.mark.req("EDGE-07")
def test_a_report_before_the_images_waits_for_them_unless_the_hospital_says_otherwise(deps: Fakes) -> None:
    take(deps, report(deps))
    assert exam_of(deps).reasons == ["no_images"]
    take(deps, upload(deps, Slices(count=1)))
    assert exam_of(deps).release == "released"
    alone = Fakes()
    add_hospital(alone, release_rule="report_alone")
    take(alone, report(alone))
    assert exam_of(alone).release == "released"


@pytest.mark.req("EDGE-07")
@pytest.mark.parametrize(
    ("slices", "reason"),
    [
        (Slices(count=1, patient_id="P2"), "patient_differs"),
        (Slices(count=1, issuer="OTHER"), "patient_differs"),
        (Slices(count=1, patient_id=""), "patient_unknown"),
    ],
)
def test_a_report_of_somebody_else_is_never_shown_with_these_images(deps: Fakes, slices: Slices, reason: str) -> None:
    take(deps, upload(deps, slices), report(deps))
    exam = exam_of(deps)
    assert (exam.release, exam.reasons) == ("held", [reason])
    (entry,) = deps.table.rows(keys.quarantine_pk(TENANT))
    assert (entry["subject"], entry["name"], entry["reason"]) == ("exam", exam.exam, reason)


def test_images_of_two_patients_in_one_study_hold_a_released_exam(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)), report(deps))
    assert exam_of(deps).release == "released"
    take(deps, upload(deps, Slices(first=1, count=1, patient_id="P2")))
    exam = exam_of(deps)
    assert (exam.release, exam.reasons) == ("held", ["identities_differ"])


def test_the_hospitals_issuer_stands_in_where_none_is_given() -> None:
    deps = Fakes()
    add_hospital(deps, issuer="HIS")
    patient = {"id": "P1", "issuer": "HIS", "name": "张三", "phone": "13800001234"}
    take(deps, upload(deps, Slices(count=1)), report(deps, patient=patient))
    assert exam_of(deps).release == "released"


def test_a_study_without_accession_number_belongs_to_the_report_that_lists_it(deps: Fakes) -> None:
    slices = Slices(count=1, accession_number="")
    take(deps, upload(deps, slices))
    own = exam_of(deps, "", slices.study_uid)
    assert own.studies
    take(deps, report(deps, accession_number="B7", study_uids=[slices.study_uid]))
    assert exam_of(deps, "B7").release == "released"
    assert study_of(deps, slices).exam == exam_of(deps, "B7").exam
    assert deps.table.get(*own.key()) is None


def test_a_study_that_two_exams_claim_belongs_to_neither(deps: Fakes) -> None:
    slices = Slices(count=1, accession_number="")
    take(deps, upload(deps, slices))
    for number in ("B7", "B8"):
        take(deps, report(deps, accession_number=number, study_uids=[slices.study_uid]))
    assert {exam_of(deps, number).release for number in ("B7", "B8")} == {"held"}
    assert "study_claimed_twice" in {row["reason"] for row in deps.table.rows(keys.quarantine_pk(TENANT)) if row["open"]}


def test_an_accession_number_of_the_images_beats_a_list(deps: Fakes) -> None:
    slices = Slices(count=1)
    take(deps, upload(deps, slices), report(deps, accession_number="B7", study_uids=[slices.study_uid]))
    assert exam_of(deps, "B7").release == "held"
    assert study_of(deps, slices).exam == exam_of(deps, "A1").exam


def test_a_retraction_hides_at_once_and_only_a_person_shows_again(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)), report(deps), report(deps, state="retracted", version=2))
    assert (exam_of(deps).release, exam_of(deps).reasons[0]) == ("hidden", "report_retracted")
    take(deps, report(deps, version=3))
    assert exam_of(deps).release == "hidden"
    exam = exam_of(deps)
    row = deps.table.get(*exam.key())
    assert row is not None
    deps.table.put(with_decision(exam, "show", by="operator:x", now="2026-11-24T07:00:00Z").to_row(), expect=row["version"])
    assert exam_of(deps).release == "released"
    take(deps, report(deps, state="retracted", version=4))
    assert exam_of(deps).release == "hidden"


def test_a_person_who_hides_is_not_overruled_by_what_arrives(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)), report(deps))
    exam = exam_of(deps)
    row = deps.table.get(*exam.key())
    assert row is not None
    deps.table.put(with_decision(exam, "hide", by="operator:x", now="2026-11-24T07:00:00Z").to_row(), expect=row["version"])
    take(deps, report(deps, state="corrected", version=2), upload(deps, Slices(first=1, count=1)))
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("hidden", ["hidden_by_person"])


def test_two_documents_that_claim_to_be_one_version_are_both_held(deps: Fakes) -> None:
    one, other = report(deps), report(deps, findings="别的")
    take(deps, upload(deps, Slices(count=1)), one)
    assert exam_of(deps).release == "released"
    take(deps, other)
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["report_contradicted"])
    assert {receipt(deps, message).reason for message in (one, other)} == {"report_contradicted"}
    take(deps, report(deps, version=2))
    assert exam_of(deps).release == "released"


def test_a_correction_keeps_the_exam_released_without_a_second_release(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)), report(deps), report(deps, state="corrected", version=2))
    exam = exam_of(deps)
    assert (exam.release, exam.release_serial, exam.reporting, exam.report_version) == ("released", 1, "corrected", 2)


@pytest.mark.parametrize(("fault", "reason"), [("missing", "pdf_missing"), ("size", "pdf_wrong"), ("none", "")])
def test_a_reports_pdf_must_be_there_and_be_the_one_it_names(deps: Fakes, fault: str, reason: str) -> None:
    body = b"%PDF-1.7"
    sha256 = keys.sha256_hex(body)
    if fault != "missing":
        deps.vault.put("originals", keys.report_object(TENANT, sha256), body, content_type="application/pdf")
    message = report(deps, pdf={"sha256": sha256, "bytes": len(body) + (fault == "size")})
    take(deps, message, tries=PATIENCE)
    assert receipt(deps, message).reason == reason


def test_a_reports_patient_is_the_one_on_file(deps: Fakes) -> None:
    """A late image must not overwrite the name or lose the phone."""
    take(deps, report(deps), upload(deps, Slices(count=1, name="WRONG^NAME")))
    patient = deps.naming.patient(TENANT, issuer="", patient_id="P1")
    row = deps.table.get(keys.patient_pk(TENANT, patient), "PATIENT")
    assert row is not None
    assert (row["name"], row["phone"]) == ("张三", "13800001234")


def test_deciding_again_changes_nothing(deps: Fakes) -> None:
    take(deps, upload(deps, Slices(count=1)), report(deps))
    before = deps.table.everything()
    decide_exam(TENANT, exam_of(deps).exam, deps)
    assert deps.table.everything() == before
