"""What is read from an instance's attributes, from odd ones too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from functions.core.imaging.attributes import read
from functions.core.study.facts import InstanceFacts, facts_of, person_name, study_time
from functions.core.study.keys import Naming
from functions.core.study.merge import arrival, series_with_images
from tests.handlers.uploads import EXPLICIT_LITTLE, Slices


def facts(**changes: object) -> InstanceFacts:
    received = Slices(count=1, changes=changes).received()[0]
    return facts_of(read(received.data_set, EXPLICIT_LITTLE), received.sop_uid, received.sha256)


def test_the_words_are_those_of_the_images() -> None:
    found = facts()
    assert (found.name, found.patient_id, found.birth_date, found.sex) == ("张三", "P1", "1980-01-02", "M")
    assert (found.study_description, found.series_description, found.modality) == ("胸部CT平扫", "肺窗", "CT")
    assert (found.accession_number, found.series_number) == ("A1", 1)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Zhang^San=张^三", "张三"),
        ("Zhang^San", "Zhang San"),
        ("张^三", "张三"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎"),
        ("^^^^", ""),
        ("", ""),
        ("Doe^John^^Dr.^", "Doe John Dr."),
    ],
)
def test_a_name_reads_as_people_write_it(value: str, name: str) -> None:
    assert person_name(value) == name


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_an_undeclared_character_set_is_guessed(encoding: str) -> None:
    ds = Dataset()
    ds.add_new(0x00081030, "LO", "x")
    raw = "胸部CT平扫".encode(encoding)
    head = b"\x08\x00\x30\x10LO" + (len(raw) + len(raw) % 2).to_bytes(2, "little") + raw + b" " * (len(raw) % 2)
    assert facts_of(read(head, EXPLICIT_LITTLE), "1", "a" * 64).study_description == "胸部CT平扫"


def test_time_is_the_hospitals_wall_clock_in_utc() -> None:
    assert study_time(facts(), "Asia/Shanghai") == "2026-11-24T06:05:00Z"
    assert study_time(facts(), "UTC") == "2026-11-24T14:05:00Z"
    assert study_time(facts(StudyTime=""), "UTC") == "2026-11-24T00:00:00Z"
    assert study_time(replace(facts(), study_time="99"), "UTC") == "2026-11-24T00:00:00Z"
    assert study_time(facts(StudyDate=""), "UTC") == ""


def test_odd_values_are_left_out_not_guessed() -> None:
    found = facts(PatientBirthDate="19809999", PatientSex="X", SeriesNumber=None)
    assert (found.birth_date, found.sex, found.series_number) == ("", "", None)


@pytest.mark.req("SHR-03", "PLUS-05")
@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({}, set()),
        ({"BurnedInAnnotation": "NO"}, set()),
        ({"BurnedInAnnotation": "YES"}, {"burned_in"}),
        ({"RecognizableVisualFeatures": "YES"}, {"face"}),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, {"capture"}),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.4"}, {"capture"}),
        ({"ConversionType": "WSD"}, {"capture"}),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, {"capture"}),
        ({"ImageType": ["DERIVED", "SECONDARY", "REFORMATTED"]}, set()),
    ],
)
def test_what_may_bear_a_name_is_marked(changes: dict[str, object], marks: set[str]) -> None:
    """A reformatted slice is derived and secondary too, and bears none."""
    assert facts(**changes).marks == marks


@pytest.mark.req("SHR-03", "PLUS-05")
def test_a_series_keeps_every_mark_whatever_came_first() -> None:
    """One dose report among three hundred slices is enough; a row from before there were marks stays unknown."""
    clear, marked = facts(), facts(BurnedInAnnotation="YES")
    for order in ([clear, marked], [marked, clear]):
        series = None
        for one in order:
            came = arrival("t", [one], Naming(bytes(32)), "")
            series = series_with_images(series, "t", "s", "r", came, "2026-11-24T06:05:00Z")
        assert series is not None
        assert series.marks == ["burned_in"]
        old = replace(series, marks=None)
        assert series_with_images(old, "t", "s", "r", came, "2026-11-24T06:05:00Z").marks is None
