"""Anonymous shares: what they give, what they refuse and why, and that no answer tells who it is [SHR-03, PLUS-05]."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters import corrections, schemas
from functions.core.access import anonymity
from functions.core.study import keys
from functions.core.study.records import Exam, Patient, Series, Study
from tests.handlers.patient_world import REPORT, WHOLE, Browser, World, guest, let_in, share, world_of_three

pytestmark = pytest.mark.req("SHR-03", "PLUS-05")
ANONYMOUS_ALONE: dict[str, Any] = {"anonymous": True}
ANONYMOUS: dict[str, Any] = {**ANONYMOUS_ALONE, "film": False}


@pytest.fixture
def world() -> World:
    return world_of_three()


def change_series(world: World, **values: Any) -> None:
    case = world.cases["a"]
    world.change(Series, keys.study_pk(case.tenant, case.study), keys.series_sk(case.series), **values)


def asked(world: World, **wanted: Any) -> dict[str, Any]:
    browser = Browser(world)
    assert browser.verify(world.token("a"), "1234").status == 201
    reply = browser.call("POST", "/shares", {**WHOLE, **ANONYMOUS, **wanted})
    return {"status": reply.status, **reply.body}


def say_in_report(world: World, **words: Any) -> None:
    """The current report, in other words."""
    case = world.cases["a"]
    document = json.dumps({**REPORT, "tenant": case.tenant, **words}).encode()
    digest = keys.sha256_hex(document)
    world.deps.vault.put("originals", keys.report_object(case.tenant, digest), document, content_type="application/json")
    row = world.deps.table.get(keys.exam_pk(case.tenant, case.exam), keys.exam_report_sk(1))
    assert row is not None
    world.deps.table.put({**row, "digests": [digest]}, expect=row["version"])


def test_no_answer_tells_who_it_is(world: World) -> None:
    """Everything that every guest's route says, searched for whatever names the patient or the study."""
    case = world.cases["a"]
    world.change(
        Patient,
        keys.patient_pk(case.tenant, world.deps.naming.patient(case.tenant, issuer="his", patient_id="a")),
        "PATIENT",
        id="ZY0012345",
        images={"id": "ZY0012345", "name": "ZHANG SANFENG", "birth_date": "1963-05-01", "stamp": "x"},
    )
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", item="张三丰 胸部CT", accession_number="ACC-778899")
    change_series(world, description="CHEST Zhang^Sanfeng 1mm", body_part="ZHANG SANFENG")
    world.change(Study, keys.study_pk(case.tenant, case.study), "STUDY", description="CT 19630501")
    shared = share(world, "a", **ANONYMOUS)
    browser = guest(world, shared)
    answers = [
        Browser(world, guest=True).call("POST", "/links/open", {"token": shared["token"]}),
        browser.call("GET", "/exam"),
        browser.call("GET", "/report"),
        browser.call("POST", "/series/{series}/open", {}, series=case.series),
        browser.call("POST", "/derived/open", {"study": case.study}),
        browser.call("POST", "/derived/open", {"study": case.exam}),
        browser.call("DELETE", "/sessions"),
    ]
    text = json.dumps([[one.body, one.cookies, one.headers] for one in answers], ensure_ascii=False)
    words = ("张", "三丰", "anfeng", "ANFENG", "ZY00", "1963", "13800001234", "0501", "778899", "1.2.a")
    assert [word for word in words if word in text] == []
    exam = answers[1].body
    assert exam["patient"] == {"name": "", "sex": "M", "age": "060Y"}
    assert (exam["item"], exam["films"], exam["guest"]["anonymous"]) == ("", [], True)
    assert [one.status for one in answers[4:6]] == [404, 200]
    assert answers[5].cookies == []
    assert answers[2].body["pdf"] is None
    assert answers[2].body["findings"] == "所见 a"


def test_when_is_told_by_the_day_and_what_by_what_is_given(world: World) -> None:
    """The second at which somebody was imaged names them to whoever has the hospital's lists."""
    case, other = world.cases["a"], world.deps.naming.series("shiyi", "1.2.a.8")
    times = {"at": "2026-11-24T16:30:07Z", "modalities": ["CT", "US"]}
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", **times)
    world.put(Series(case.tenant, case.study, other, "1.2.a.8", modality="US", frames=1, index="c" * 64 + ".index", marks=[]))
    chosen = {"series": [case.series]}
    anonymous, named = (guest(world, share(world, "a", film=False, **chosen, **more)) for more in (ANONYMOUS_ALONE, {}))
    exam = anonymous.call("GET", "/exam").body
    schemas.check(exam, "patient_exam.v1")
    assert (exam["at"], exam["modalities"]) == ("2026-11-25", ["CT"])
    report = anonymous.call("GET", "/report").body
    schemas.check(report, "patient_report.v1")
    assert report["audited_at"] == "2026-11-24"
    assert named.call("GET", "/exam").body["at"] == "2026-11-24T16:30:07Z"


def test_by_name_a_guest_reads_the_name_in_full(world: World) -> None:
    inside = guest(world, share(world, "a"))
    assert inside.call("GET", "/exam").body["patient"] == {"name": "张三丰", "sex": "M", "age": "063Y"}
    assert inside.call("GET", "/report").body["pdf"] is not None


@pytest.mark.parametrize("modality", ["US", "SC", "OT", "XA", "RF", "CR", "DX", "MG", "ECG", "DOC", ""])
def test_pictures_that_may_bear_a_name_are_refused_with_the_reason(world: World, modality: str) -> None:
    change_series(world, modality=modality)
    assert (asked(world)["status"], asked(world)["reason"]) == (409, "modality")


@pytest.mark.parametrize(
    ("marks", "reason"), [(["burned_in"], "marks"), (["capture"], "marks"), (["face"], "marks"), (None, "unknown")]
)
def test_marked_pictures_and_those_that_nobody_looked_at_are_refused(world: World, marks: list[str] | None, reason: str) -> None:
    """A dose report is of modality CT and a picture of a screen with the name."""
    change_series(world, marks=marks)
    assert asked(world)["reason"] == reason


def test_a_share_that_is_there_loses_a_series_that_turns_out_to_bear_a_name(world: World) -> None:
    inside = guest(world, share(world, "a", **ANONYMOUS))
    change_series(world, marks=["burned_in"])
    assert inside.call("GET", "/exam").body["studies"][0]["series"] == []
    assert inside.call("POST", "/series/{series}/open", {}, series=world.cases["a"].series).status == 404


def test_a_series_that_arrives_later_is_not_in_an_anonymous_share(world: World) -> None:
    inside, case = guest(world, share(world, "a", **ANONYMOUS)), world.cases["a"]
    late = world.deps.naming.series(case.tenant, "1.2.a.9")
    thing = Series(case.tenant, case.study, late, "1.2.a.9", modality="CT", frames=1, index="b" * 64 + ".index", marks=[])
    world.put(thing)
    assert [one["series"] for one in inside.call("GET", "/exam").body["studies"][0]["series"]] == [case.series]


@pytest.mark.parametrize(
    "words",
    [
        {"findings": "患者张三丰，双肺清晰。"},
        {"findings": "张 三 丰：双肺清晰。"},
        {"impression": "生于1963年5月1日，未见异常。"},
        {"impression": "出生日期 1963-05-01"},
        {"findings": "电话 138-0000-1234"},
        {"item": "胸部CT 张三丰"},
    ],
)
def test_a_report_that_names_the_patient_is_refused_and_hidden_if_it_came_later(world: World, words: dict[str, str]) -> None:
    inside = guest(world, share(world, "a", **ANONYMOUS))
    assert inside.call("GET", "/report").status == 200
    say_in_report(world, **words)
    assert asked(world)["reason"] == "report_names"
    assert asked(world, report=False)["status"] == 201
    assert inside.call("GET", "/report").body["code"] == "not_in_exam"


@pytest.mark.parametrize("text", ["身份证 110105 19491231 002x", "电话 13800001234", "电话 139-0000-4321"])
def test_a_report_with_a_corrected_number_is_refused_whichever_it_names(world: World, text: str) -> None:
    """The birth date in an ID card's number is no help where nobody knows one."""
    name = world.deps.naming.patient("shiyi", issuer="his", patient_id="a")
    world.change(Patient, keys.patient_pk("shiyi", name), "PATIENT", birth_date="")
    values = {"phone": "13900004321", "id_card": "11010519491231002X"}
    corrections.correct(world.deps, "shiyi", name, values, by="staff:1", reason="x")
    case = replace(world.cases["a"], phone="13900004321")
    world.cases["a"] = case
    say_in_report(world, findings=text, patient={**REPORT["patient"], "birth_date": ""})
    browser = let_in(world)
    assert browser.call("POST", "/shares", {**WHOLE, **ANONYMOUS}).body["reason"] == "report_names"


@pytest.mark.parametrize("series", [None, []])
def test_a_film_is_refused_with_the_reason_since_it_bears_the_name(world: World, series: list[str] | None) -> None:
    """Dropped in silence, the patient would believe that it was given."""
    assert [asked(world, film=True, series=series)[name] for name in ("status", "reason")] == [409, "film_names"]
    assert share(world, "a", **ANONYMOUS)["share"]["film"] is False


def test_the_sheet_says_beforehand_what_cannot_be_anonymous(world: World) -> None:
    change_series(world, modality="US")
    say_in_report(world, findings="张三丰")
    browser = Browser(world)
    browser.verify(world.token("a"), "1234")
    assert browser.call("GET", "/shares").body["anonymous"] == {
        "series": {world.cases["a"].series: "modality"},
        "report": "names",
    }


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("Liver normal", "Li", False),
        ("Dr. Li said", "Li", True),
        ("ZHANG^SAN", "Zhang", True),
        ("张  三丰", "张三丰", True),
        ("id 2024-0012-3", "202400123", True),
        ("１９６３０５０１", "19630501", True),
        ("P1 lesion", "P1", True),
        ("P12 lesion", "P1", False),
    ],
)
def test_words_are_found_between_signs_and_not_inside_other_words(text: str, word: str, found: bool) -> None:
    assert anonymity.holds(text, [word]) is found


@pytest.mark.parametrize(
    ("age", "decade"),
    [("063Y", "060Y"), ("089Y", "080Y"), ("090Y", "090Y"), ("103Y", "090Y"), ("014M", "000Y"), ("009D", "000Y"), ("", "")],
)
def test_an_age_is_told_by_its_decade(age: str, decade: str) -> None:
    """An age in days and the day of the exam are a birth date."""
    assert anonymity.decade(age) == decade
