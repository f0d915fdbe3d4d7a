"""Hostile content under proper names in the vault: each goes to quarantine with its reason, or is harmless; the next goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core import plain_text
from functions.core.access.exam_view import report_view
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.quarantine import REASONS
from functions.core.study.records import Patient, ReportVersion
from functions.ingest.batch import ingest
from functions.render.reports import render_report
from iac.operator.__main__ import main
from tests.fakes import Fakes, sqs_event
from tests.handlers.ingest_world import cloud, exam_of, receipt, series_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, declare, report, upload
from tests.security.hostile.bounds import bounded
from tests.security.hostile.documents import HEADS, MANIFESTS, PERSONS, REPORTS

MIB, SECONDS = 512, 60
HOSTILE, NEXT = Slices(count=1), Slices(number=2, count=1, accession_number="A2", patient_id="P2")


@pytest.fixture
def deps() -> Fakes:
    fakes = cloud()
    add_hospital(fakes, "tongren")
    return fakes


def put_instead(deps: Fakes, message: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The same message about other bytes, which are in the vault under their own digest."""
    other = {**message, "sha256": keys.sha256_hex(body)}
    deps.vault.put("originals", key_of(other), body, content_type="application/json")
    return other


def key_of(message: dict[str, Any]) -> str:
    if message["kind"] == "report":
        return keys.report_object(TENANT, message["sha256"])
    return keys.manifest_object(TENANT, message["study"], message["series"], message["sha256"])


def document_of(deps: Fakes, message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(deps.vault.get("originals", key_of(message)))
    return found


def settled(deps: Fakes, message: dict[str, Any], reason: str) -> None:
    """Delivered with a manifest of the next study in the same batch: that one is indexed, this one is as it should be."""
    following = upload(deps, NEXT)
    with bounded(mib=MIB, seconds=SECONDS):
        assert take(deps, message, following) == []
    found = receipt(deps, message)
    assert (found.state, found.reason) == (("quarantined", reason) if reason else ("indexed", ""))
    assert receipt(deps, following).state == "indexed"
    assert series_of(deps, NEXT).frames == 1


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_hostile_manifest(deps: Fakes, name: str) -> None:
    make, reason = MANIFESTS[name]
    good = upload(deps, HOSTILE)
    settled(deps, put_instead(deps, good, make(document_of(deps, good))), reason)
    if not reason:
        assert (series_of(deps, HOSTILE).received, series_of(deps, HOSTILE).frames) == (1, 1)


@pytest.mark.parametrize("name", REPORTS)
def test_a_hostile_report(deps: Fakes, name: str) -> None:
    make, reason = REPORTS[name]
    good = report(deps)
    settled(deps, put_instead(deps, good, make(document_of(deps, good))), reason)


@pytest.mark.parametrize("name", PERSONS)
def test_a_hostile_person_in_a_report(deps: Fakes, name: str) -> None:
    changes, reason = PERSONS[name]
    good = report(deps)
    document = document_of(deps, good)
    body = json.dumps({**document, "patient": document["patient"] | changes}, ensure_ascii=False).encode()
    settled(deps, put_instead(deps, good, body), reason)


@pytest.mark.parametrize("name", HEADS)
def test_a_hostile_heads_object(deps: Fakes, name: str) -> None:
    """Storage vouches for its checksum, the manifest for its size: what is in it is somebody's word."""
    good = upload(deps, HOSTILE)
    body, manifest = HEADS[name](), document_of(deps, good)
    sha256 = keys.sha256_hex(body)
    bucket, key = keys.parcel_object(TENANT, good["study"], good["series"], "heads", sha256)
    deps.vault.put(bucket, key, body, content_type="application/octet-stream")
    manifest["parcels"][0]["heads"] = {"sha256": sha256, "bytes": len(body)}
    settled(deps, put_instead(deps, good, json.dumps(manifest).encode()), "heads_damaged")


@pytest.mark.parametrize("body", [b"<html><script>alert(1)</script>", b"PDF", b"\x00%PDF-1.7"], ids=["page", "short", "late"])
def test_a_document_that_is_no_pdf_is_not_given_to_a_patient_as_one(deps: Fakes, body: bytes) -> None:
    sha256 = keys.sha256_hex(body)
    deps.vault.put("originals", keys.report_object(TENANT, sha256), body, content_type="application/pdf")
    settled(deps, report(deps, pdf={"sha256": sha256, "bytes": len(body)}), "pdf_wrong")


def test_a_pdf_with_script_in_it_stays_as_it_came_and_is_a_pdf_to_every_browser(deps: Fakes) -> None:
    """ING-09 wants it byte-exact. It is served as application/pdf, never sniffed, from a path without cookies of the session."""
    body = b"%PDF-1.7\n1 0 obj << /Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >> endobj\n%%EOF\n"
    sha256 = keys.sha256_hex(body)
    deps.vault.put("originals", keys.report_object(TENANT, sha256), body, content_type="application/pdf")
    patient = {"id": "P1", "issuer": "", "name": "张三", "phone": "13800001234"}
    settled(deps, upload(deps, HOSTILE), "")
    assert take(deps, report(deps, patient=patient, pdf={"sha256": sha256, "bytes": len(body)})) == []
    render_report(TENANT, exam_of(deps).exam, deps)
    (key,) = [key for key in deps.vault.keys("derived", "") if key.endswith(".pdf")]
    facts = deps.vault.head("derived", key)
    assert deps.vault.get("derived", key) == body
    assert facts is not None
    assert facts.content_type == "application/pdf"


@pytest.mark.req("ING-08")
def test_a_report_full_of_tricks_is_shown_and_printed_as_plain_text(deps: Fakes) -> None:
    """Stored as it came, since the hospital's word is kept; what is shown turns no text round and draws nothing invisible."""
    good = report(deps)
    make, _ = REPORTS["script and overrides everywhere"]
    message = put_instead(deps, good, make(document_of(deps, good)))
    assert take(deps, upload(deps, HOSTILE), declare(deps, [(HOSTILE, 1)]), message) == []
    exam = exam_of(deps)
    row = ReportVersion.from_row(deps.table.get(keys.exam_pk(TENANT, exam.exam), keys.exam_report_sk(1)) or {})
    view = report_view(row, document_of(deps, message), TENANT)
    assert view["findings"] == "<script>alert(1)</script><img src=x onerror=alert(2)>neilA x [2J"
    assert all(plain_text.lines(text) == text for text in (view["findings"], view["impression"], view["exam_item"], exam.item))
    with bounded(mib=MIB, seconds=SECONDS):
        render_report(TENANT, exam.exam, deps)
    assert [key for key in deps.vault.keys("derived", "") if key.endswith(".pdf")]


def test_a_word_of_65536_letters_is_printed_in_time(deps: Fakes) -> None:
    assert take(deps, upload(deps, HOSTILE), report(deps, findings="A" * 65_536, impression="，" * 65_536)) == []
    with bounded(mib=MIB, seconds=SECONDS):
        render_report(TENANT, exam_of(deps).exam, deps)
    assert [key for key in deps.vault.keys("derived", "") if key.endswith(".pdf")]


@pytest.mark.parametrize(
    "key",
    [
        "manifests/../xiehe/a.json",
        f"manifests/xiehe/{'a' * 32}/{'b' * 32}/{'c' * 64}.json%0A",
        f"reports/xiehe/{'c' * 64}/../x",
        f"reports/XIEHE/{'c' * 64}",
        "journal/xiehe/2026/11/24/x.json",
        "",
    ],
)
def test_a_name_that_is_none_of_ours_is_nothing_for_the_index(deps: Fakes, key: str) -> None:
    """Storage tells of every object under a folder, whatever somebody called it."""
    before = deps.table.everything()
    body = json.dumps({"Records": [{"s3": {"object": {"key": key, "size": 10}}}]})
    assert ingest(sqs_event(body), deps) == {"batchItemFailures": []}
    assert deps.table.everything() == before


def test_an_operator_reads_each_reason_in_both_languages_and_no_trick_reaches_the_terminal(
    deps: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    for reason in REASONS:
        deps.table.put(QuarantineEntry(TENANT, "manifest", f"{reason}\x1b[2J\u202e", reason, at="2026").to_row(), expect=None)
    assert main(["quarantine", "list", "--tenant", TENANT], lambda: deps) == 0  # type: ignore[arg-type,return-value]
    shown = capsys.readouterr().out
    assert all(chinese in shown and english in shown for chinese, english in REASONS.values())
    assert main(["--json", "quarantine", "list", "--tenant", TENANT], lambda: deps) == 0  # type: ignore[arg-type,return-value]
    value = capsys.readouterr().out
    assert "\x1b" not in shown + value
    assert "\u202e" not in shown + value
    assert len(json.loads(value)) == len(REASONS)


# -- UIDs of others -----------------------------------------------------------------------------------------------------------


class Borrowed(Slices):
    """A study of its own whose series and instances carry the UIDs of study 1's."""

    @property
    def series_uid(self) -> str:
        return HOSTILE.series_uid


def test_two_studies_that_share_series_and_instance_uids_stay_two(deps: Fakes) -> None:
    """Broken anonymisers make them. Neither may show, count or replace the other's images."""
    borrowed = Borrowed(number=7, count=1, accession_number="A7", patient_id="P7", name="Li^Si=李^四")
    assert take(deps, upload(deps, HOSTILE), report(deps)) == []
    before = series_of(deps, HOSTILE), exam_of(deps)
    assert take(deps, upload(deps, borrowed)) == []
    assert (series_of(deps, HOSTILE), exam_of(deps)) == before
    assert series_of(deps, borrowed).frames == 1
    assert exam_of(deps, "A7").patient != exam_of(deps).patient
    assert exam_of(deps, "A7").release == "held"


@pytest.mark.req("SEC-13")
def test_another_hospital_with_the_same_uids_touches_and_reveals_nothing(deps: Fakes) -> None:
    """Names are keyed by the hospital: the same UIDs, accession number and patient id are other rows and other objects."""
    assert take(deps, upload(deps, HOSTILE), declare(deps, [(HOSTILE, 1)]), report(deps)) == []
    mine = [row for row in deps.table.everything() if row["pk"].startswith(f"TENANT#{TENANT}#")]
    objects = {key: deps.vault.get("originals", key) for key in deps.vault.keys("originals", "")}
    theirs = Slices(count=1, name="Wang^Wu=王^五", changes={"PatientBirthDate": "19990101"})
    message = upload(deps, theirs, "tongren")
    told = report(
        deps, "tongren", findings="另一家医院", patient={"id": "P1", "issuer": "", "name": "王五", "phone": "13900009999"}
    )
    assert take(deps, message, declare(deps, [(theirs, 1)], "tongren"), told) == []
    assert [row for row in deps.table.everything() if row["pk"].startswith(f"TENANT#{TENANT}#")] == mine
    assert {key: deps.vault.get("originals", key) for key in objects} == objects
    names = {Patient.from_row(row).name for row in deps.table.everything() if row["kind"] == "patient"}
    assert names == {"张三", "王五"}
    assert message["study"] != deps.naming.study(TENANT, HOSTILE.study_uid)


def test_a_message_that_names_another_hospitals_objects_finds_nothing(deps: Fakes) -> None:
    """The key in the vault begins with the message's own hospital: an agent's word cannot lead out of it."""
    good = upload(deps, HOSTILE)
    deps.clock.advance(3600)
    assert take(deps, {**good, "tenant": "tongren"}) == []
    row = deps.table.get(keys.manifest_state_pk("tongren", good["sha256"]), "MANIFEST")
    assert row is not None
    assert (row["state"], row["reason"]) == ("quarantined", "object_missing")


@pytest.mark.req("ING-06")
def test_another_patient_under_the_same_study_uid_holds_the_exam_until_a_person_decides(
    deps: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    """And another patient's study is released beside it."""
    one, other = Slices(count=1), Slices(count=1, series=2, patient_id="P9", name="Li^Si=李^四")
    following = report(deps, accession_number="A2", patient={"id": "P2", "issuer": "", "name": "王五", "phone": "13900009999"})
    assert take(deps, upload(deps, one), report(deps), upload(deps, other), upload(deps, NEXT), following) == []
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["identities_differ"])
    assert exam_of(deps, "A2").release == "released"
    assert main(["quarantine", "list", "--tenant", TENANT], lambda: deps) == 0  # type: ignore[arg-type,return-value]
    assert " ".join(REASONS["identities_differ"]) in capsys.readouterr().out
