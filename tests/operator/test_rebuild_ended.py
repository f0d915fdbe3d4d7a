"""A table is lost after some exams ended: none of them comes back, and what is held is held [LIFE-03, PLUS-04]."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from functions.adapters import corrections
from functions.core.access.agreements import Consent
from functions.core.errors import ServiceBusy
from functions.core.notice.records import Binding, Bound
from functions.core.retention.due import SIGNATURES_END_S
from functions.core.study import keys
from functions.core.study.records import Exam, Study
from functions.core.times import epoch_s, iso
from functions.lifecycle.ending import settle
from functions.lifecycle.walking import walk_hospital
from iac.operator import hospitals
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("LIFE-03", "PLUS-04")
REMOVED, CLOSED, HELD, WARNED, PARTLY = (
    Slices(number=n, count=1, accession_number=f"A{n}", patient_id=f"P{n}") for n in range(1, 6)
)
PARTLY_TOO = Slices(number=6, count=1, accession_number="A5", patient_id="P5")


@pytest.fixture
def here() -> SmallHospital:
    """Of five exams: removed, closed a minute ago, held, warned of, and one that lost one of its two studies."""
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    hospitals.amend(here.deps, TENANT, retention={"default": 3})
    for slices in (REMOVED, CLOSED, HELD, WARNED, PARTLY, PARTLY_TOO):
        said = [upload(here.deps, slices), declare(here.deps, [(slices, 1)])]
        if slices is not PARTLY_TOO:
            patient = {"id": slices.patient_id, "issuer": "", "name": "张三", "phone": ""}
            said.append(report(here.deps, accession_number=slices.accession_number, patient=patient))
        here.deliver(*map(here.confirm, said))
    here.settle()
    here.operator("study", "hold", "--tenant", TENANT, "--study", name(here, HELD), "--reason", "医疗纠纷")
    here.clock.advance(timedelta(days=3 * 366 - 60).total_seconds())
    for slices in (WARNED, REMOVED, PARTLY, CLOSED):
        look_at(here, slices)
    here.clock.advance(timedelta(days=60).total_seconds())
    for slices in (REMOVED, PARTLY):
        look_at(here, slices)
    here.clock.advance(SIGNATURES_END_S + 1)
    for slices in (REMOVED, PARTLY, CLOSED, HELD):
        look_at(here, slices)
    here.settle()
    return here


def name(here: SmallHospital, slices: Slices) -> str:
    return here.deps.naming.study(TENANT, slices.study_uid)


def look_at(here: SmallHospital, slices: Slices) -> None:
    with contextlib.suppress(ServiceBusy):
        settle({"tenant": TENANT, "study": name(here, slices)}, here.deps)


def study(here: SmallHospital, slices: Slices) -> Study:
    row = here.deps.table.get(keys.study_pk(TENANT, name(here, slices)), "STUDY")
    assert row is not None
    return Study.from_row(row)


def exam(here: SmallHospital, slices: Slices) -> Exam:
    row = here.deps.table.get(keys.exam_pk(TENANT, study(here, slices).exam), "EXAM")
    assert row is not None
    return Exam.from_row(row)


def lose_and_rebuild(here: SmallHospital) -> None:
    here.lose_the_table()
    assert here.reconcile()["failed"] == []


def test_what_ended_comes_back_as_ended(here: SmallHospital) -> None:
    """Its objects are gone, or about to be: nobody may be told that it is there, nor that it is still to come."""
    before = {slices.number: (study(here, slices), exam(here, slices)) for slices in (REMOVED, CLOSED)}
    lose_and_rebuild(here)
    for slices in (REMOVED, CLOSED):
        was, was_exam = before[slices.number]
        assert (study(here, slices).tier, study(here, slices).expired_at) == ("expired", was.expired_at)
        assert study(here, slices).removed == was.removed
        assert exam(here, slices).removed == was_exam.removed
        assert (exam(here, slices).release, exam(here, slices).reasons[0]) == ("hidden", "expired")
    assert study(here, REMOVED).removed
    assert not study(here, CLOSED).removed


def test_what_was_known_of_a_patient_whose_last_exam_is_gone_does_not_come_back(here: SmallHospital) -> None:
    """The journal still says it: whom they bound, what they agreed to, and their number as staff corrected it."""
    patient = exam(here, CLOSED).patient
    corrections.correct(here.deps, TENANT, patient, {"phone": "13900005678"}, by="staff:doctor", reason="患者换号")
    binding = Binding(TENANT, patient, "c" * 64, "wx1", "open-id", epoch_s(here.deps.clock.now()))
    consent = Consent(
        TENANT, patient, exam(here, CLOSED).exam, 1, "a" * 64, True, "patient", "b" * 64, iso(here.deps.clock.now())
    )
    for record in (binding, Bound(TENANT, patient, binding.wechat), consent):
        here.deps.table.put(record.to_row(), expect=None)
    here.settle()
    places = [
        keys.patient_pk(TENANT, patient),
        keys.consents_pk(TENANT, patient),
        Bound(TENANT, patient, binding.wechat).key()[0],
    ]
    lose_and_rebuild(here)
    assert all(list(here.deps.table.rows(pk)) for pk in places)
    here.clock.advance(SIGNATURES_END_S + 1)
    look_at(here, CLOSED)
    here.settle()
    assert not any(list(here.deps.table.rows(pk)) for pk in places)
    lose_and_rebuild(here)
    assert not any(list(here.deps.table.rows(pk)) for pk in places)


def test_what_is_held_or_warned_of_comes_back_so_and_with_its_images(here: SmallHospital) -> None:
    kept = {row["sk"]: row for row in here.deps.table.rows(keys.study_pk(TENANT, name(here, HELD)), "")}
    lose_and_rebuild(here)
    assert differences(kept.values(), here.deps.table.rows(keys.study_pk(TENANT, name(here, HELD)), "")) == []
    assert study(here, HELD).is_held
    assert study(here, WARNED).warned == [90]
    look_at(here, HELD)
    assert not study(here, HELD).expired_at
    assert exam(here, HELD).release == "released"


def test_an_exam_of_which_one_study_ended_shows_the_other(here: SmallHospital) -> None:
    lose_and_rebuild(here)
    assert study(here, PARTLY).removed
    assert study(here, PARTLY_TOO).imaging == "complete"
    assert (exam(here, PARTLY_TOO).release, exam(here, PARTLY_TOO).removed) == ("released", None)
    assert sorted(exam(here, PARTLY_TOO).studies) == sorted([name(here, PARTLY), name(here, PARTLY_TOO)])


def test_a_removal_that_the_loss_interrupted_goes_on_with_the_next_walk(here: SmallHospital) -> None:
    """The queue is as lost as the table: the walk has to find the study by its day."""
    lose_and_rebuild(here)
    here.clock.advance(SIGNATURES_END_S + 1)
    here.deps.own_queue.messages.clear()
    for _ in range(8):
        walk_hospital(hospitals.find(here.deps, TENANT), here.deps)
    assert name(here, CLOSED) in {one["study"] for one in here.deps.own_queue.messages}
    look_at(here, CLOSED)
    assert study(here, CLOSED).removed
    assert exam(here, CLOSED).removed
    left = [key for bucket in ("originals", "pixels", "derived") for key in here.deps.vault.keys(bucket, "")]  # type: ignore[arg-type]
    assert [key for key in left if name(here, CLOSED) in key and not key.startswith("removals/")] == []


def test_a_rebuild_tells_nobody_of_what_ended(here: SmallHospital) -> None:
    told = len(here.deps.bus.events)
    lose_and_rebuild(here)
    here.settle()
    assert [event["type"] for event in here.deps.bus.events[told:] if not event["replayed"]] == []
    before = here.rows()
    here.reconcile()
    assert here.rows() == before
