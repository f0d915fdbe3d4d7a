"""What a hospital's system says of an exam before there is an image [NTF-03]; exams that wait for a set time [NTF-04]."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import pytest

from functions.core.notice.records import Registration
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.release import with_decision
from functions.core.times import iso
from functions.watch.handler import wake
from tests.fakes import NOW, Fakes
from tests.handlers.ingest_world import cloud, exam_of, receipt, take
from tests.handlers.uploads import TENANT, Slices, registration, report, upload


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def registered(deps: Fakes) -> Registration:
    row = deps.table.get(keys.exam_pk(TENANT, exam_of(deps).exam), keys.exam_registration_sk())
    assert row is not None
    return Registration.from_row(row)


def publishing_at(time: str) -> Fakes:
    """A hospital in China that publishes daily at this time; NOW is 14:05 there."""
    deps = cloud()
    row = deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")
    assert row is not None
    deps.table.put({**Hospital.from_row(row).to_row(), "notice": {"publish_at": time}}, expect=row["version"])
    return deps


@pytest.mark.req("NTF-03")
def test_a_registration_makes_the_exam_before_there_is_an_image(deps: Fakes) -> None:
    message = registration(deps)
    assert take(deps, message) == []
    exam = exam_of(deps)
    assert (exam.release, exam.reasons) == ("held", ["no_report", "no_images"])
    assert (exam.item, exam.at, exam.accession_number) == ("胸部CT平扫", "2026-11-24T06:30:00Z", "A1")
    assert exam.patient == registered(deps).patient
    assert receipt(deps, message).state == "indexed"


@pytest.mark.req("NTF-03")
def test_images_and_report_of_a_registered_exam_are_that_exam(deps: Fakes) -> None:
    take(deps, registration(deps), upload(deps, Slices(count=1)), report(deps))
    exam = exam_of(deps)
    assert (exam.release, exam.imaging != "none", exam.report_version) == ("released", True, 1)


@pytest.mark.req("NTF-03")
def test_the_word_that_changed_last_counts_in_whatever_order_they_come(deps: Fakes) -> None:
    words: list[dict[str, Any]] = [
        {},
        {"changed_at": "2026-11-24T05:50:00Z", "scheduled_at": "2026-11-25T01:00:00Z"},
        {"changed_at": "2026-11-24T06:00:00Z", "state": "cancelled"},
    ]
    for order in itertools.permutations(words):
        fresh = cloud()
        for changes_ in order:
            take(fresh, registration(fresh, **changes_))
        assert (registered(fresh).state, registered(fresh).changed_at) == ("cancelled", "2026-11-24T06:00:00Z")
        take(fresh, registration(fresh, changed_at="2026-11-24T06:01:00Z"))
        assert registered(fresh).state == "registered"


@pytest.mark.parametrize("name", ["registered_at", "changed_at"])
def test_a_registration_from_the_future_waits_for_a_person(deps: Fakes, name: str) -> None:
    """It would keep every later word out."""
    message = registration(deps, **{name: "2099-01-01T00:00:00Z"})
    assert take(deps, message) == []
    assert receipt(deps, message).reason == "time_in_future"


def test_a_registration_changes_no_patients_words(deps: Fakes) -> None:
    """Typed under the wrong patient it must not send anybody's later SMS elsewhere."""
    take(deps, registration(deps), upload(deps, Slices(count=1)), report(deps))
    before = [row for row in deps.table.everything() if row["kind"] == "patient"]
    patient = {"id": "P1", "issuer": "", "name": "李四", "phone": "13900009999"}
    take(deps, registration(deps, patient=patient, changed_at="2026-11-24T06:00:00Z"))
    assert [row for row in deps.table.everything() if row["kind"] == "patient"] == before


def test_one_word_is_told_once(deps: Fakes) -> None:
    take(deps, registration(deps))
    row = registered(deps).to_row()
    (event,) = changes.events(None, row, iso(NOW))
    assert event["type"] == "registration_received"
    assert changes.events(row, row, iso(NOW)) == []


# -- held until a set time ------------------------------------------------------------------------------------------------------


@pytest.mark.req("NTF-04", "EDGE-07")
def test_an_exam_is_held_until_its_time_and_then_released_whatever_is_delivered_twice() -> None:
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    exam = exam_of(deps)
    assert (exam.release, exam.reasons, exam.due_at) == ("held", ["held_until"], "2026-11-24T09:00:00Z")
    until = (datetime.fromisoformat("2026-11-24T09:00:00+00:00") - NOW).total_seconds()
    deps.clock.advance(until - 1)
    wake(deps)
    assert deps.ingest_queue.messages == []
    take(deps, report(deps))
    assert exam_of(deps).release == "held", "a redelivery is no reason to publish early"
    deps.clock.advance(1)
    wake(deps)
    (message,) = deps.ingest_queue.messages
    assert take(deps, message, message) == []
    exam = exam_of(deps)
    assert (exam.release, exam.reasons, exam.release_serial) == ("released", [], 1)
    wake(deps)
    assert len(deps.ingest_queue.messages) == 1


@pytest.mark.req("NTF-04")
def test_waiting_for_the_time_is_the_ordinary_course_and_no_event() -> None:
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)))
    before = exam_of(deps).to_row()
    take(deps, report(deps))
    assert [event["type"] for event in changes.events(before, exam_of(deps).to_row(), iso(NOW))] == ["case_earned"]
    assert list(deps.table.rows(keys.quarantine_pk(TENANT))) == []


@pytest.mark.req("NTF-04")
def test_what_is_ready_after_the_time_waits_for_tomorrows() -> None:
    deps = publishing_at("14:05")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    assert exam_of(deps).due_at == "2026-11-25T06:05:00Z"


@pytest.mark.req("NTF-04")
def test_what_was_published_once_is_corrected_at_once() -> None:
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    deps.clock.advance(4 * 3600)
    take(deps, {"kind": "exam", "tenant": TENANT, "exam": exam_of(deps).exam})
    take(deps, report(deps, version=2, state="corrected"))
    assert (exam_of(deps).release, exam_of(deps).report_version) == ("released", 2)


@pytest.mark.req("NTF-04")
def test_a_person_who_shows_it_does_so_at_once() -> None:
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    assert with_decision(exam_of(deps), "show", by="operator:li", now=iso(NOW)).release == "released"


@pytest.mark.req("NTF-04")
def test_a_time_that_passed_while_something_was_missing_is_set_anew() -> None:
    """Ready on Monday, in doubt on Monday evening, good on Wednesday: it waits for Wednesday's time."""
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    take(deps, report(deps, version=2, state="preliminary"))
    assert exam_of(deps).due_at == ""
    deps.clock.advance(2 * 86400)
    take(deps, report(deps, version=3))
    assert exam_of(deps).due_at == "2026-11-26T09:00:00Z"


def test_a_message_of_a_closed_hospital_waits() -> None:
    deps = publishing_at("17:00")
    take(deps, upload(deps, Slices(count=1)), report(deps))
    row = deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")
    assert row is not None
    deps.table.put({**row, "rebuilding": iso(NOW)}, expect=row["version"])
    assert take(deps, {"kind": "exam", "tenant": TENANT, "exam": exam_of(deps).exam}) == ["message-0"]
