"""A day of a small hospital, all of it delivered three times and shuffled: the end is as if each had come once, in order.

The long day holds 40 studies of all kinds in tests/operator/hospital_day.py, some 170 messages, and is shuffled anew four times;
nothing is drawn. The short day holds one study of each kind of which what a patient sees changes or ends, and all is drawn.
"""

from __future__ import annotations

import json
import random

import pytest

from functions.core.study.changes import events
from functions.render.handler import render
from tests.handlers.outcome import made_of, misnamed, told_once, unlike
from tests.handlers.storm import RENDERED, Storm, opened, ordered
from tests.operator.hospital_day import CHANGING, Day, day
from tests.operator.small_hospital import SmallHospital

STUDIES = 40


def stormy(today: Day, seed: int, *, renders: bool = False) -> SmallHospital:
    here = opened(today)
    Storm(here, random.Random(seed), renders=renders).blow(today.messages)
    assert not here.deps.failures.messages
    return here


def requests(here: SmallHospital) -> list[str]:
    return [message.request_id for message in here.provider.delivered]


# -- a long day ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def today() -> Day:
    return day(seed=11, studies=STUDIES)


@pytest.fixture(scope="module")
def calm(today: Day) -> SmallHospital:
    return ordered(today, renders=False)


def test_the_day_has_every_kind_of_trouble(calm: SmallHospital) -> None:
    """Else the storm would show nothing."""
    rows = calm.rows()
    assert len([row for row in rows if row["kind"] == "study"]) >= STUDIES - 6
    assert {row["release"] for row in rows if row["kind"] == "exam"} == {"held", "released", "hidden"}
    reasons = {row["reason"] for row in rows if row["kind"] == "quarantine" and row["open"]}
    assert reasons == {
        *("schema_broken", "report_contradicted", "patient_differs", "identities_differ"),
        *("report_retracted", "study_claimed_twice", "instance_conflict", "attributes_conflict"),
    }
    told_once(rows, requests(calm))


@pytest.fixture(scope="module", params=range(4))
def shaken(today: Day, request: pytest.FixtureRequest) -> SmallHospital:
    return stormy(today, seed=request.param)


@pytest.mark.req("ING-05", "NTF-05")
def test_everything_three_times_and_shuffled_ends_as_once_and_in_order(calm: SmallHospital, shaken: SmallHospital) -> None:
    assert unlike(calm.rows(), shaken.rows()) == []
    told_once(shaken.rows(), requests(shaken))


@pytest.mark.req("ING-05")
def test_the_journal_names_each_lasting_fact_once_and_the_same(calm: SmallHospital, shaken: SmallHospital) -> None:
    """Bills and statistics will be made of it. What an exam went through on the way may differ."""

    def told(here: SmallHospital) -> list[str]:
        names = here.deps.vault.keys("originals", "journal/")
        entries = [json.loads(here.deps.vault.get("originals", name)) for name in names]
        return sorted(entry["id"] for entry in entries if entry["type"] in ("study_viewable", "document_quarantined"))

    assert told(shaken) == told(calm)
    assert len(told(calm)) > STUDIES - 6


# -- a short day, with thumbnails, films and report PDFs drawn -------------------------------------------------------------------


@pytest.fixture(scope="module")
def short_day() -> Day:
    return day(seed=12, studies=len(CHANGING), of=CHANGING)


@pytest.fixture(scope="module")
def drawn(short_day: Day) -> SmallHospital:
    return ordered(short_day, renders=True)


@pytest.mark.slow
def test_every_kind_of_thing_is_drawn(drawn: SmallHospital) -> None:
    """Else nothing is compared below."""
    made = [key for _, key in made_of(drawn.rows())]
    for part in (".thumb.jpg", "/film/", "/report/"):
        assert len([key for key in made if part in key]) >= 5


@pytest.mark.slow
def test_nothing_drawn_on_an_ordinary_day_is_behind(drawn: SmallHospital) -> None:
    """Every change of what stands on paper brings its own event."""
    assert redrawn(drawn) == []


@pytest.mark.slow
@pytest.mark.req("ING-05", "NTF-05")
def test_what_is_drawn_is_the_same_whatever_came_first_and_how_often(short_day: Day, drawn: SmallHospital) -> None:
    """The same names, and under each the bytes that it stands for; nothing made of what was overtaken is shown."""
    here = stormy(short_day, 0, renders=True)
    rows = here.rows()
    assert unlike(drawn.rows(), rows) == []
    assert misnamed(here.deps.vault, [("derived", key) for key in here.deps.vault.keys("derived", "")]) == []
    assert misnamed(here.deps.vault, made_of(rows)) == []
    told_once(rows, requests(here))
    assert redrawn(here) == []


def redrawn(here: SmallHospital) -> list[str]:
    """What is made anew when render is told once more of everything that stands: it was stale."""
    before = here.rows()
    for row in before:
        for event in events(None, row, "2026-11-24T20:00:00Z"):
            if event["type"] in RENDERED:
                render(event, here.deps)
    return unlike(before, here.rows())
