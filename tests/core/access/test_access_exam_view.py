"""What a patient's page is told, whatever the rows look like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from functions.core.access.exam_view import age_at, exam_view, is_shown, report_view
from functions.core.local_times import local_day
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient, ReportVersion, Series, Study

HOSPITAL = Hospital("shiyi", "佛山市示例医院", phone="0757", hours="8–17")
EXAM = Exam(
    "shiyi", "e" * 32, modalities=["CT"], at="2026-11-24T16:30:00Z", release="released", reporting="audited", imaging="viewable"
)
PATIENT = Patient("shiyi", "p", id="P1", name="欧阳娜娜", sex="F", birth_date="2024-11-25", phone="13800001234")
STUDY = Study("shiyi", "s" * 32, "1.2", description="CHEST", at="2026-11-24T16:30:00Z")
REPORT = ReportVersion("shiyi", "e" * 32, 2, ["d"], "corrected", "p")


def series(name: str, **fields: object) -> Series:
    return replace(Series("shiyi", "s" * 32, name * 32, "1.2.1", frames=3, index="i.index"), **fields)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("1963-05-01", date(2026, 4, 30), "062Y"),
        ("1963-05-01", date(2026, 5, 1), "063Y"),
        ("2024-02-29", date(2026, 2, 28), "023M"),
        ("2024-02-29", date(2026, 3, 1), "002Y"),
        ("2026-09-24", date(2026, 11, 24), "002M"),
        ("2026-11-24", date(2026, 11, 24), "000D"),
        ("2026-11-25", date(2026, 11, 24), ""),
        ("", date(2026, 11, 24), ""),
    ],
)
def test_an_age_is_of_the_day_of_the_exam_and_finer_for_the_very_young(birth, day, age):
    assert age_at(birth, day) == age


def test_the_day_is_the_hospitals():
    """Half past midnight in China is still the day before in UTC; a birthday decides the age."""
    assert local_day("2026-11-24T16:30:00Z", "Asia/Shanghai") == date(2026, 11, 25)
    assert exam_view(HOSPITAL, EXAM, PATIENT, None, [])["patient"]["age"] == "002Y"


def test_series_stand_in_the_order_of_their_numbers_and_what_is_no_picture_is_left_out():
    rows = [
        series("c", number=None),
        series("b", number=10),
        series("a", number=2),
        series("d", number=1, frames=0),
        series("f", number=3, frames=0, index=None),
    ]
    view = exam_view(HOSPITAL, EXAM, PATIENT, None, [(STUDY, rows)])
    shown = [one["series"][0] for one in view["studies"][0]["series"]]
    assert shown == ["a", "f", "b", "c"], "d has an index and no frame; f is still arriving"


def test_an_exam_of_nobody_yet_and_without_words_is_still_a_page():
    view = exam_view(HOSPITAL, replace(EXAM, at="", created_at="2026-11-24T06:00:00Z"), None, None, [(STUDY, [])])
    assert view["patient"] == {"name": "", "sex": "", "age": ""}
    assert view["item"] == "CHEST"
    assert view["at"] == "2026-11-24T06:00:00Z"
    assert view["report"] is None
    assert view["films"] == []


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, True),
        ({"state": "audited"}, True),
        ({"state": "preliminary"}, False),
        ({"state": "retracted"}, False),
        ({"digests": ["d", "e"]}, False),
    ],
)
@pytest.mark.req("EDGE-07")
def test_only_an_audited_report_that_does_not_contradict_itself_is_shown(changes, shown):
    report = replace(REPORT, **changes)
    assert is_shown(report) is shown
    assert (exam_view(HOSPITAL, EXAM, PATIENT, report, [])["report"] is not None) is shown


def test_a_report_without_a_place_for_its_pdf_has_none():
    document = {"findings": "f", "impression": "i", "people": [], "patient": {"phone": "13800001234"}}
    view = report_view(REPORT, document, "shiyi")
    assert view["pdf"] is None
    assert "13800001234" not in repr(view)


def test_films_tell_where_they_are_and_not_what_they_were_made_from():
    films = {"pages": ["film/a.jpg"], "pdf": "film/a.pdf", "width": 2480, "height": 3508, "made_from": "secret"}
    (film,) = exam_view(HOSPITAL, EXAM, PATIENT, None, [(replace(STUDY, films=films), [])])["films"]
    assert film == {"study": STUDY.study, "pages": ["film/a.jpg"], "pdf": "film/a.pdf", "width": 2480, "height": 3508}
