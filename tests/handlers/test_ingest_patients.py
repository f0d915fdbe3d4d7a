"""Whose phone and name a report may change: its own patient's, while its exam is released."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from functions.adapters.exams import note_decided
from functions.adapters.people import patient_of
from functions.core.study import keys
from functions.core.study.people import KEPT, with_report
from functions.core.study.records import Patient
from functions.core.study.release import with_decision
from tests.fakes import Fakes
from tests.handlers.ingest_world import cloud, exam_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, report, upload
from tests.operator.small_hospital import SmallHospital

Message = dict[str, Any]
P = {"id": "P", "issuer": "", "name": "张三", "sex": "M", "birth_date": "1980-01-01", "phone": "13800001234"}
Q = {"id": "Q", "issuer": "", "name": "王五", "sex": "F", "birth_date": "1990-01-01", "phone": "13900005555"}
Q_WITHOUT_PHONE = {name: value for name, value in Q.items() if name != "phone"}


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def at(hour: int) -> str:
    return f"2026-11-24T{hour:02d}:00:00Z"


def known(deps: Fakes, patient_id: str) -> tuple[str, str]:
    """(name, phone) on file."""
    row = deps.table.get(*Patient(TENANT, deps.naming.patient(TENANT, issuer="", patient_id=patient_id)).key())
    return (row["name"], row["phone"]) if row else ("", "")


def exam_of_q(deps: Fakes) -> list[Message]:
    images = upload(deps, Slices(number=1, count=1, patient_id="Q", accession_number="AQ"))
    return [images, report(deps, accession_number="AQ", patient=Q, audited_at=at(1))]


def images_of_p(deps: Fakes) -> Message:
    return upload(deps, Slices(number=2, count=1, patient_id="P", accession_number="AP"))


@pytest.mark.req("NTF-02")
@pytest.mark.parametrize("state", ["audited", "preliminary"])
@pytest.mark.parametrize("images_first", [True, False])
def test_a_report_under_the_wrong_patient_changes_nobody(deps: Fakes, state: str, images_first: bool) -> None:
    """The RIS chose Q's record for P's request: P's name and phone stand in it."""
    wrong = report(deps, accession_number="AP", state=state, patient={**P, "id": "Q"}, audited_at=at(2))
    take(deps, *exam_of_q(deps))
    for message in (images_of_p(deps), wrong) if images_first else (wrong, images_of_p(deps)):
        take(deps, message)
        assert known(deps, "Q") == ("王五", "13900005555")
    assert "patient_differs" in exam_of(deps, "AP").reasons
    take(deps, report(deps, accession_number="AP", version=2, patient=P, audited_at=at(4)))
    assert exam_of(deps, "AP").release == "released"
    assert (known(deps, "P"), known(deps, "Q")) == (("张三", "13800001234"), ("王五", "13900005555"))


def test_a_contradicted_version_speaks_for_nobody_whatever_it_said_before(deps: Fakes) -> None:
    take(deps, *exam_of_q(deps))
    take(deps, report(deps, accession_number="AQ", patient={**Q, "phone": P["phone"]}, audited_at=at(2)))
    assert exam_of(deps, "AQ").reasons == ["report_contradicted"]
    assert known(deps, "Q")[1] == ""
    take(deps, report(deps, accession_number="AQ", version=2, patient=Q_WITHOUT_PHONE, audited_at=at(3)))
    assert exam_of(deps, "AQ").release == "released"
    assert known(deps, "Q") == ("王五", "")


@pytest.mark.parametrize("first", [0, 1])
def test_whomever_a_contradicted_version_named_it_names_no_more(first: int) -> None:
    """Its row keeps the patient of one of the two documents: the other's must not be forgotten there."""
    deps = Fakes()
    add_hospital(deps, release_rule="report_alone")
    said = [report(deps, patient=P), report(deps, patient=Q)]
    take(deps, said[first])
    assert known(deps, ("P", "Q")[first])[1] != ""
    take(deps, said[1 - first])
    assert (known(deps, "P"), known(deps, "Q")) == (("", ""), ("", ""))


def test_a_hidden_exam_speaks_for_nobody_until_it_is_shown_again(deps: Fakes) -> None:
    take(deps, *exam_of_q(deps))
    for action, phone in (("hide", ""), ("show", "13900005555")):
        row = deps.table.get(*exam_of(deps, "AQ").key())
        assert row is not None
        decided = with_decision(exam_of(deps, "AQ"), action, by="operator:x", now=at(7))
        deps.table.put(decided.to_row(), expect=row["version"])
        note_decided(decided, deps)
        assert known(deps, "Q")[1] == phone


def test_of_several_exams_the_newest_signature_that_names_a_phone_counts(deps: Fakes) -> None:
    for number, (hour, phone) in enumerate([(5, "13900000005"), (3, "13900000003"), (6, "")]):
        accession = f"B{number}"
        person = {**Q_WITHOUT_PHONE, "name": f"王{hour}"} | ({"phone": phone} if phone else {})
        take(deps, upload(deps, Slices(number=10 + number, count=1, patient_id="Q", accession_number=accession)))
        take(deps, report(deps, accession_number=accession, patient=person, audited_at=at(hour)))
    assert known(deps, "Q") == ("王6", "13900000005")


@pytest.mark.req("ING-05")
def test_who_a_patient_is_does_not_depend_on_what_came_first_or_how_often() -> None:
    """A contradiction, a wrong patient, a correction and another exam, in every order, each three times."""

    def messages(deps: Fakes) -> list[Message]:
        return [
            report(deps, accession_number="AP", patient={**P, "id": "Q"}, audited_at=at(2)),
            report(deps, accession_number="AP", patient={**P, "id": "Q", "phone": "13700000000"}, audited_at=at(2)),
            report(deps, accession_number="AP", version=2, state="corrected", patient=P, audited_at=at(4)),
            report(deps, accession_number="AQ", patient=Q, audited_at=at(1)),
        ]

    ends = set()
    for order in itertools.permutations(range(4)):
        deps = Fakes()
        add_hospital(deps)
        sent = messages(deps)
        images = [images_of_p(deps), upload(deps, Slices(number=1, count=1, patient_id="Q", accession_number="AQ"))]
        for place in order:
            for _ in range(3):
                take(deps, sent[place])
            take(deps, *images)
        people = [row for row in deps.table.everything() if row["kind"] == "patient"]
        ends.add(repr([{**row, "version": 0} for row in people]))
    assert len(ends) == 1


def test_what_a_release_says_counts_before_the_patients_own_row_has_it(deps: Fakes) -> None:
    """The exam's row is written first: the SMS may be on its way before the patient's is."""
    take(deps, *exam_of_q(deps))
    exam = exam_of(deps, "AQ")
    row = deps.table.get(keys.patient_pk(TENANT, exam.patient), "PATIENT")
    assert row is not None
    deps.table.delete(row["pk"], row["sk"], expect=row["version"])
    patient = patient_of(deps.table, exam)
    assert patient is not None
    assert patient.phone == "13900005555"


def test_an_id_that_thousands_share_keeps_the_newest_exams() -> None:
    """Of all unknown persons, perhaps: its row must not outgrow what a row may hold."""
    patient = None
    for number in range(KEPT + 5):
        words = {"id": "0", "issuer": "", "name": "", "sex": "", "birth_date": "", "phone": f"1380000{number:04d}"}
        patient = with_report(patient, TENANT, "p" * 32, f"exam{number}", {**words, "stamp": f"{number:06d}"})
    assert patient is not None
    assert (len(patient.said), patient.phone) == (KEPT, f"1380000{KEPT + 4:04d}")


@pytest.mark.req("NTF-02", "PLUS-04")
def test_the_sms_goes_to_nobody_elses_phone_and_what_cannot_be_told_waits_for_a_person() -> None:
    """Also after the table was lost: nothing that was withdrawn comes back with it."""
    here = SmallHospital()
    here.open()
    deps = here.deps
    wrong = report(deps, accession_number="AQ", patient={**Q, "phone": P["phone"]}, audited_at=at(2))
    later = report(deps, accession_number="AQ", version=2, patient=Q_WITHOUT_PHONE, audited_at=at(3))
    for message in (*exam_of_q(deps), wrong, later):
        here.deliver(message)
        here.settle()
    sent = len(here.provider.delivered)
    assert {message.phone for message in here.provider.delivered} == {"13900005555"}
    here.deliver(upload(deps, Slices(number=3, count=1, patient_id="Q", accession_number="AQ2")))
    here.deliver(report(deps, accession_number="AQ2", patient=Q_WITHOUT_PHONE, audited_at=at(5)))
    here.settle()
    assert exam_of(deps, "AQ2").release == "released"
    assert len(here.provider.delivered) == sent
    assert untold(here) == {exam_of(deps, "AQ").exam, exam_of(deps, "AQ2").exam}
    people = [row for row in here.rows() if row["kind"] == "patient"]
    here.lose_the_table()
    here.reconcile()
    here.settle()
    assert untold(here) == {exam_of(here.deps, "AQ").exam, exam_of(here.deps, "AQ2").exam}
    again = [row for row in here.rows() if row["kind"] == "patient"]
    assert [{**row, "version": 0} for row in again] == [{**row, "version": 0} for row in people]
    here.deliver(report(here.deps, accession_number="AQ2", version=2, state="corrected", patient=Q, audited_at=at(5)))
    here.operator("link", "issue", "--tenant", TENANT, "--accession-number", "AQ2")
    here.settle()
    assert here.provider.delivered[-1].phone == "13900005555"
    assert untold(here) == {exam_of(here.deps, "AQ").exam}


def untold(here: SmallHospital) -> set[str]:
    rows = here.deps.table.rows(keys.quarantine_pk(TENANT))
    return {row["name"] for row in rows if row["open"] and row["reason"] == "no_phone"}
