"""What a visit may see: the hospital's switches, hidden series, a share's choice, anonymity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.core.access.scope import SWITCHES, Scope, of_hospital
from functions.core.study.records import Series, Study

CT, MR = (
    Series("t", "s", name, name, modality=modality, received=count, declared=count, complete=True, marks=[])
    for name, modality, count in (("ct", "CT", 3), ("mr", "MR", 5))
)
HIDDEN = replace(MR, hidden={"by": "staff:1", "at": "2026-11-25T00:00:00Z", "reason": "wrong patient"})
STUDY = Study("t", "s", "1.2", received=8, declared=8, complete=True, modalities=["CT", "MR"], films={"pages": ["film/a.jpg"]})


def test_without_a_word_of_the_hospital_a_patient_sees_everything() -> None:
    """Hospitals that were added before there were switches go on as they were."""
    scope = of_hospital({})
    assert scope.seen(STUDY, [CT, MR]) == (STUDY, [CT, MR])
    assert scope.sees_whole([CT, MR])
    assert all(scope.has(switch) for switch in SWITCHES)
    assert scope.sees_report_pdf


@pytest.mark.parametrize(("switch", "sees"), [("report", "sees_report"), ("film", "sees_film"), ("images", "sees_images")])
def test_a_switch_takes_away_what_it_names_and_nothing_else(switch: str, sees: str) -> None:
    """A hospital that gives no films still gives reports."""
    scope = of_hospital({switch: False})
    assert {name: getattr(scope, name) for name in ("sees_report", "sees_film", "sees_images")} == {
        "sees_report": True,
        "sees_film": True,
        "sees_images": True,
        sees: False,
    }


def test_a_hidden_series_takes_the_studys_cookies_and_films_along() -> None:
    """A study's cookie opens all of its series, and any of them may be on its film."""
    scope = of_hospital({})
    study, shown = scope.seen(STUDY, [CT, HIDDEN])
    assert shown == [CT]
    assert study.films is None
    assert (study.received, study.declared, study.complete, study.modalities) == (3, 3, True, ["CT"])
    assert not scope.sees_whole([CT, HIDDEN])


@pytest.mark.req("SHR-05")
def test_a_share_gives_the_chosen_series_and_no_cookie_that_opens_another() -> None:
    """Selective sharing is worth what the widest cookie opens."""
    scope = Scope(series=frozenset({"ct"}))
    assert scope.visible([CT, MR]) == [CT]
    assert not scope.sees_whole([CT, MR])
    assert scope.sees_whole([CT])
    assert not scope.sees_film_of([CT, MR])


@pytest.mark.req("SHR-05")
def test_a_share_gives_nothing_that_the_hospital_hides() -> None:
    """Who shares gives on what they see, never more."""
    scope = Scope(shows={"report": False, "images": False}, series=frozenset({"ct"}))
    assert not scope.sees_report
    assert scope.visible([CT]) == []
    assert Scope(series=frozenset({"mr"})).visible([CT, HIDDEN]) == []


@pytest.mark.req("SHR-03", "PLUS-05")
def test_an_anonymous_share_has_no_film_no_pdf_and_cookies_for_single_series_only() -> None:
    """Films and PDFs bear the name; a series that arrives tomorrow may hold it in its pixels."""
    scope = Scope(anonymous=True)
    study, shown = scope.seen(STUDY, [CT, MR])
    assert shown == [CT, MR]
    assert study.films is None
    assert not scope.sees_whole([CT, MR])
    assert scope.sees_report
    assert not scope.sees_report_pdf
