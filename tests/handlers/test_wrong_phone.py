"""A phone that was mistyped at registration: the SMS goes to somebody else, and what they may see ends with the signed report."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters import corrections, people
from functions.core.study import keys
from functions.core.times import iso
from tests.handlers.ingest_world import exam_of, take
from tests.handlers.patient_world import Browser
from tests.handlers.test_patient_progress import Case
from tests.handlers.uploads import TENANT, Slices, declare, report, upload

RIGHT, WRONG = "13800001234", "13900009999"


def named(phone: str) -> dict[str, str]:
    return {"id": "P1", "issuer": "", "name": "张三", "sex": "M", "birth_date": "1980-01-02", "phone": phone}


@pytest.fixture
def case() -> Case:
    """The registration names the wrong number."""
    made = Case()
    made.registers(patient=named(WRONG))
    return made


def comes(case: Case, phone: str) -> Browser:
    browser = Browser(case.world)
    browser.verify(case.token(), phone[-4:])
    return browser


def status(browser: Browser, route: str = "/report") -> int:
    return browser.call("GET", route).status


def publishes(case: Case, phone: str) -> None:
    slices = Slices()
    take(case.deps, upload(case.deps, slices), declare(case.deps, [(slices, 3)]), report(case.deps, patient=named(phone)))
    assert exam_of(case.deps).release == "released"


def correct(case: Case, phone: str = RIGHT) -> list[str]:
    patient = exam_of(case.deps).patient
    return corrections.correct(case.deps, TENANT, patient, {"phone": phone}, by="staff:li", reason="号码登记错了")


def registers_again(case: Case, phone: str, **more: Any) -> None:
    case.registers(patient=named(phone), changed_at=iso(case.deps.clock.now()), **more)


@pytest.mark.req("PAT-03", "SEC-07")
def test_once_the_report_names_a_phone_the_registrations_answers_no_more(case: Case) -> None:
    """Nor does it see more than the progress who came in by it before and stayed."""
    stranger = comes(case, WRONG)
    assert status(stranger, "/progress") == 200
    publishes(case, RIGHT)
    assert [status(stranger, route) for route in ("/progress", "/exam", "/report")] == [401, 401, 401]
    assert [status(comes(case, phone)) for phone in (WRONG, RIGHT)] == [401, 200]


@pytest.mark.req("PAT-03")
def test_the_registrations_phone_answers_where_the_report_names_none(case: Case) -> None:
    early = comes(case, WRONG)
    publishes(case, "")
    assert [status(early), status(comes(case, WRONG))] == [200, 200]


@pytest.mark.req("NTF-03", "PAT-03")
def test_who_came_in_by_a_number_that_the_hospital_changed_since_follows_no_longer(case: Case) -> None:
    stranger = comes(case, WRONG)
    case.deps.clock.advance(600)
    registers_again(case, RIGHT)
    assert status(stranger, "/progress") == 401
    assert [status(comes(case, phone), "/progress") for phone in (WRONG, RIGHT)] == [401, 200]


@pytest.mark.req("DOC-10", "PAT-03")
def test_a_corrected_number_stays_shut_whatever_the_hospitals_system_goes_on_saying(case: Case) -> None:
    case.deps.clock.advance(600)
    correct(case)
    publishes(case, "")
    case.deps.clock.advance(600)
    registers_again(case, WRONG)
    exam = exam_of(case.deps)
    assert people.phone_told(case.deps.table, exam, people.patient_of(case.deps.table, exam), "registered") == RIGHT
    assert [status(comes(case, phone)) for phone in (WRONG, RIGHT)] == [401, 200]


@pytest.mark.req("DOC-10", "PAT-03")
def test_correcting_to_what_the_report_says_already_shuts_out_the_registrations_number(case: Case) -> None:
    """And everybody who came in by it; once more changes nothing."""
    publishes(case, "")
    stranger = comes(case, WRONG)
    take(case.deps, report(case.deps, version=2, state="corrected", patient=named(RIGHT)))
    case.deps.clock.advance(600)
    key = keys.patient_pk(TENANT, exam_of(case.deps).patient), "PATIENT"
    assert (case.deps.table.get(*key) or {})["phone"] == RIGHT
    assert status(stranger) == 200
    assert correct(case) == ["phone"]
    assert (case.deps.table.get(*key) or {})["corrected"]["phone"]["wrong"] == [WRONG]
    assert status(stranger) == 401
    assert correct(case) == []
