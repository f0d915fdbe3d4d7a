"""What the exam and the report show to a patient who was let in."""

from __future__ import annotations

import pytest

from functions.adapters import schemas
from functions.adapters.vault.memory import MemoryVault
from functions.core.errors import ObjectRefused
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, ReportVersion, Study
from tests.handlers.patient_world import Browser, World, guest, let_in, share, world_of_three


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def browser(world: World) -> Browser:
    return let_in(world)


def test_a_partial_study_is_told_as_partial(browser):
    (study,) = browser.call("GET", "/exam").body["studies"]
    assert (study["received"], study["declared"], study["complete"]) == (214, 300, False)
    (series,) = study["series"]
    assert (series["pages"][0], len(series["pages"])) == (series["index"], 2)
    assert (study["series"][0]["received"], study["series"][0]["declared"]) == (214, 300)


@pytest.mark.req("LIFE-02", "LIFE-03")
def test_the_patient_is_told_until_when_the_hospital_keeps_it(world, browser):
    """Fifteen years where the hospital says nothing, its own years where it does; never a day that a hold makes untrue."""
    case = world.cases["a"]
    assert browser.call("GET", "/exam").body["kept_until"] == "2041-11-24"
    world.change(Hospital, keys.hospital_pk(case.tenant), "HOSPITAL", retention={"default": 15, "CT": 3})
    assert browser.call("GET", "/exam").body["kept_until"] == "2029-11-24"
    hold = {"serial": 1, "action": "place", "by": "operator", "at": "2026-11-24T06:00:00Z", "reason": "医疗纠纷"}
    world.change(Study, keys.study_pk(case.tenant, case.study), "STUDY", hold=hold)
    answer = browser.call("GET", "/exam").body
    schemas.check(answer, "patient_exam.v1")
    assert "kept_until" not in answer
    world.change(Study, keys.study_pk(case.tenant, case.study), "STUDY", hold=hold | {"serial": 2, "action": "lift"})
    assert browser.call("GET", "/exam").body["kept_until"] == "2029-11-24"


@pytest.mark.req("LIFE-03", "SHR-02")
def test_a_guest_is_not_told_until_when_the_hospital_keeps_it(world):
    """The share's own end counts for them."""
    assert "kept_until" not in guest(world, share(world, "a")).call("GET", "/exam").body


@pytest.mark.req("SEC-07")
def test_the_exam_shows_a_masked_name_and_no_number_of_the_person(browser):
    answer = browser.call("GET", "/exam").body
    assert answer["patient"] == {"name": "张*", "sex": "M", "age": "063Y"}
    text = repr(answer)
    assert "三丰" not in text
    assert "13800001234" not in text
    assert "1963" not in text


def test_the_report_is_the_hospitals_words_and_names_its_pdf(world, browser):
    report = browser.call("GET", "/report")
    schemas.check(report.body, "patient_report.v1")
    assert report.body["findings"] == "所见 a"
    assert report.body["pdf"] == f"/derived/shiyi/{world.cases['a'].exam}/report/{keys.sha256_hex('a')}.pdf"


class Closed(MemoryVault):
    """As S3 is to whoever may not list its buckets."""

    def get(self, bucket: keys.Bucket, key: str) -> bytes:
        raise ObjectRefused(bucket=bucket)


@pytest.mark.parametrize(("vault", "code"), [(MemoryVault(), "object_missing"), (Closed(), "object_refused")])
def test_a_report_whose_object_is_gone_is_a_failure_of_ours_that_somebody_hears_of(world, browser, vault, code):
    """The row names it: to say that there is no report would be wrong, and no alarm would go off."""
    world.deps.vault = vault
    answer = browser.call("GET", "/report")
    schemas.check(answer.body, "error.v1")
    assert (answer.status, answer.body["code"], answer.body["retry"]) == (503, code, True)


def change_report(world: World, **values: object) -> None:
    case = world.cases["a"]
    world.change(ReportVersion, keys.exam_pk(case.tenant, case.exam), keys.exam_report_sk(1), **values)


@pytest.mark.parametrize("state", ["preliminary", "retracted"])
@pytest.mark.req("EDGE-07")
def test_a_report_that_is_not_audited_is_not_shown(world, browser, state):
    change_report(world, state=state)
    assert browser.call("GET", "/exam").body["report"] is None
    answer = browser.call("GET", "/report")
    assert (answer.status, answer.body["code"]) == (404, "not_in_exam")


SHUT = [
    (["held"], "held", 409, "exam_not_released"),
    (["hidden_by_person"], "hidden", 409, "exam_not_released"),
    (["expired"], "hidden", 410, "exam_expired"),
]


@pytest.mark.parametrize(("reasons", "release", "status", "code"), SHUT)
@pytest.mark.req("EDGE-07", "LIFE-03")
def test_an_exam_that_is_not_shown_opens_nothing_and_names_whom_to_call(world, browser, reasons, release, status, code):
    """Held, taken back or at its end: an open session sees nothing more either. Who knocks after its end is told why."""
    case = world.cases["a"]
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", release=release, reasons=reasons)
    answers = [
        browser.call("GET", "/exam"),
        browser.call("GET", "/report"),
        browser.call("POST", "/series/{series}/open", {}, series=case.series),
        browser.call("POST", "/derived/open", {"study": case.study}),
        browser.call("POST", "/links/open", {"token": world.token("a")}),
        browser.verify(world.token("a"), "1234"),
    ]
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (status, code)
        assert answer.body["hospital"]["phone"] == "0757-88880000"
        assert answer.cookies == []
