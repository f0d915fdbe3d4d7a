"""When the patient may see an exam, and what holds it back [EDGE-07]."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.exams import decide_exam, place_study
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row
from functions.core.study import keys
from functions.core.study.bookkeeping import ExamStudy
from functions.core.study.release import with_decision
from functions.ingest.batch import PATIENCE_S
from functions.ingest.messages import Ref
from functions.ingest.taking import take as take_one
from tests.fakes import Fakes
from tests.handlers.ingest_world import cloud, exam_of, receipt, study_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, report, upload


@pytest.fixture
def deps() -> Fakes:
    return cloud()


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
    deps.clock.advance(PATIENCE_S)
    take(deps, message)
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


class StopsAt(MemoryTable):
    """Fails the next write to a row of this kind, as a function that is stopped there."""

    stop_at = ""

    def put(self, row: Row, *, expect: int | None) -> Row:
        if row["kind"] == self.stop_at:
            self.stop_at = ""
            raise KeyboardInterrupt
        return super().put(row, expect=expect)

    def delete(self, pk: str, sk: str, *, expect: int) -> None:
        if sk.startswith("STUDY#") and self.stop_at == "delete":
            self.stop_at = ""
            raise KeyboardInterrupt
        super().delete(pk, sk, expect=expect)


@pytest.mark.parametrize("stop_at", ["exam_study", "delete", "exam", "study"])
def test_a_study_that_moves_is_in_one_exam_wherever_the_function_was_stopped(stop_at: str) -> None:
    """In two exams it would be shown to the patient of each."""
    table = StopsAt()
    deps = Fakes(table=table)
    add_hospital(deps)
    bare = Slices(count=1, accession_number="")
    take(deps, upload(deps, bare))
    own = exam_of(deps, accession_number="", study_uid=bare.study_uid).exam
    message = report(deps, accession_number="B7", study_uids=[bare.study_uid])
    take_report_claim(deps, message)
    table.stop_at = stop_at
    with pytest.raises(KeyboardInterrupt):
        place_study(TENANT, study_of(deps, bare).study, deps)
    assert take(deps, message) == []
    exam = exam_of(deps, accession_number="B7")
    assert list(exam.studies) == [study_of(deps, bare).study]
    row = deps.table.get(keys.exam_pk(TENANT, own), "EXAM")
    assert row is None or not row["studies"]
    assert not list(deps.table.rows(keys.exam_pk(TENANT, own), "STUDY#"))


def take_report_claim(deps: Fakes, message: dict[str, Any]) -> None:
    """The report is taken, and the function ends before its exams are decided."""
    taken = take_one(Ref("report", TENANT, message["sha256"], agent="agent-1"), deps)
    assert taken is not None


def test_a_study_whose_row_names_another_exam_does_not_count(deps: Fakes) -> None:
    """A membership may be left over; the study's own row decides."""
    take(deps, upload(deps, Slices(count=1)))
    study = study_of(deps, Slices())
    stray = deps.naming.exam(TENANT, accession_number="STRAY", study_uid="")
    deps.table.put(ExamStudy(TENANT, stray, study.study).to_row(), expect=None)
    decide_exam(TENANT, stray, deps)
    assert deps.table.get(keys.exam_pk(TENANT, stray), "EXAM") is None
