"""An exam that turns out to be another patient's: held where nobody can say whose it is, and nothing of the first opens it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from functions.core.access.tokens import token_digest
from functions.core.study import keys
from functions.core.study.records import Exam, Study
from tests.fakes import Fakes
from tests.handlers.ingest_world import exam_of, take
from tests.handlers.patient_world import Browser, World, world_of_three
from tests.handlers.uploads import TENANT, Slices, add_hospital, report, upload
from tests.operator.small_hospital import SmallHospital

P = {"id": "P1", "issuer": "", "name": "张三", "phone": "13800001234"}
Q = {"id": "Q1", "issuer": "", "name": "王五", "phone": "13900005555"}


def hospital() -> SmallHospital:
    """That publishes a report alone."""
    here = SmallHospital()
    here.open(release_rule="report_alone")
    return here


def deliver(here: SmallHospital, message: dict[str, Any]) -> None:
    here.deliver(message)
    here.settle()


def browser(here: SmallHospital) -> Browser:
    world = World(deps=here.deps)
    return Browser(world)


def token(here: SmallHospital) -> str:
    """Of the latest SMS."""
    return here.provider.delivered[-1].text.partition("#t=")[2].split(" ")[0]


def test_a_correction_that_names_another_patient_is_not_read_in_the_first_ones_session() -> None:
    here, deps = (one := hospital()), one.deps
    deliver(here, report(deps, patient=P, findings="张三的结果"))
    first, page = token(here), browser(here)
    assert page.verify(first, "1234").status == 201
    assert page.call("GET", "/report").body["findings"] == "张三的结果"
    deliver(here, report(deps, version=2, state="corrected", patient=Q, findings="王五的结果"))
    assert (exam_of(deps).release, exam_of(deps).reasons) == ("held", ["patient_changed"])
    assert page.call("GET", "/report").status == 409
    here.operator("exam", "show", "--tenant", TENANT, "--accession-number", "A1")
    here.settle()
    assert exam_of(deps).release == "released"
    (ended,) = (row for row in here.rows() if row["kind"] == "link" and row["revoked"])
    assert ended["digest"] == token_digest(first)
    assert {page.call("GET", route).status for route in ("/report", "/exam")} == {401}
    assert [browser(here).call("POST", "/links/open", {"token": first}).body["code"]] == ["link_revoked"]
    assert browser(here).verify(first, "1234").status == 410
    assert here.provider.delivered[-1].phone == Q["phone"]
    assert token(here) != first
    other = browser(here)
    assert other.verify(token(here), "5555").status == 201
    assert other.call("GET", "/report").body["findings"] == "王五的结果"


@pytest.mark.req("PLUS-04")
def test_a_rebuild_brings_no_link_back_to_the_first_patient() -> None:
    here, deps = (one := hospital()), one.deps
    deliver(here, report(deps, patient=P))
    first = token(here)
    deliver(here, report(deps, version=2, state="corrected", patient=Q))
    here.operator("exam", "show", "--tenant", TENANT, "--accession-number", "A1")
    here.settle()
    here.lose_the_table()
    here.reconcile()
    here.settle()
    assert exam_of(here.deps).release == "released"
    assert browser(here).verify(first, "1234").status == 410
    assert browser(here).verify(token(here), "5555").status == 201


@pytest.mark.req("ING-05")
def test_versions_that_name_different_patients_are_held_whatever_came_first() -> None:
    ends = set()
    for order in itertools.permutations(range(3)):
        deps = Fakes()
        add_hospital(deps, release_rule="report_alone")
        sent = [
            report(deps, patient=P),
            report(deps, version=2, state="corrected", patient=Q),
            report(deps, version=3, state="corrected", patient=Q),
        ]
        for place in order:
            take(deps, *[sent[place]] * 3)
        ends.add((exam_of(deps).release, *exam_of(deps).reasons))
    assert ends == {("held", "patient_changed")}


def test_a_person_showed_it_to_one_patient_and_not_to_the_next() -> None:
    here, deps = (one := hospital()), one.deps
    deliver(here, report(deps, patient=P))
    deliver(here, report(deps, version=2, state="corrected", patient=Q))
    here.operator("exam", "show", "--tenant", TENANT, "--accession-number", "A1")
    deliver(here, report(deps, version=3, state="corrected", patient={**P, "id": "R1"}))
    assert exam_of(deps).reasons == ["patient_changed"]


def test_images_say_which_version_is_right_and_the_right_patient_is_told_of_a_release_of_their_own() -> None:
    """Also when the exam was never held in between: both came at once."""
    here, deps = (one := hospital()), one.deps
    deliver(here, report(deps, patient=P))
    before = exam_of(deps)
    here.deliver(report(deps, version=2, state="corrected", patient=Q), upload(deps, Slices(count=1, patient_id="Q1")))
    here.settle()
    assert (exam_of(deps).release, exam_of(deps).patient != before.patient) == ("released", True)
    assert exam_of(deps).release_serial > before.release_serial
    assert [message.phone for message in here.provider.delivered] == [P["phone"], Q["phone"]]


@pytest.mark.parametrize("change", [{"identities": ["p/e", "q/e"]}, {"patient": "q" * 32}])
def test_another_patients_images_are_not_shown_while_the_exam_is_not_held_yet(change: dict[str, Any]) -> None:
    """Ingest writes whose images came, indexes them, and holds the exam last."""
    world = world_of_three()
    page, case = Browser(world), world.cases["a"]
    assert page.verify(world.token("a"), "1234").status == 201
    assert len(page.call("GET", "/exam").body["studies"]) == 1
    assert page.call("POST", "/series/{series}/open", {}, series=case.series).status == 200
    world.change(Study, keys.study_pk(case.tenant, case.study), "STUDY", **change)
    seen = page.call("GET", "/exam").body
    assert (seen["studies"], seen["films"]) == ([], [])
    assert page.call("POST", "/series/{series}/open", {}, series=case.series).status == 404
    assert page.call("POST", "/derived/open", {"study": case.study}).status == 404


def test_a_session_ends_when_its_exam_is_another_patients() -> None:
    world = world_of_three()
    page, case = Browser(world), world.cases["a"]
    assert page.verify(world.token("a"), "1234").status == 201
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", patient="q" * 32)
    assert page.call("GET", "/exam").status == 401
    assert page.call("POST", "/links/open", {"token": world.token("a")}).status == 410
