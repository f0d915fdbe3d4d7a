"""The stand-in cloud says what the real one would say."""

from __future__ import annotations

import json

import pytest

from functions.adapters import schemas
from tests.browser.stand_in import (
    EXAM,
    OPEN,
    StandIn,
    a_series,
    arriving_exam,
    empty_exam,
    exam,
    opened,
    progress,
    refused,
    report,
)


@pytest.mark.parametrize("body", [exam(), arriving_exam(), empty_exam(), exam(report={"state": "corrected", "version": 2})])
def test_its_exams_have_the_shape_of_the_patient_api(body: dict[str, object]) -> None:
    """A page that works only with invented answers works for nobody."""
    schemas.check(body, "patient_exam.v1")


def test_its_other_answers_have_it_too() -> None:
    schemas.check(report(), "patient_report.v1")
    schemas.check(report(state="corrected", version=2), "patient_report.v1")
    schemas.check(opened()[1], "patient_link_answer.v1")
    schemas.check(refused(423, "link_locked", until="2026-11-24T06:17:05Z")[1], "error.v1")
    for name, answer in StandIn().answers.items():
        if name.endswith("/open") and name.startswith("POST /series"):
            schemas.check(answer[1], "patient_series_answer.v1")  # type: ignore[index]
        if name == "POST /derived/open":
            schemas.check(answer({"study": EXAM})[1], "patient_derived_answer.v1")  # type: ignore[operator, misc]
        if name == "GET /wechat":
            schemas.check(answer[1], "patient_wechat.v1")  # type: ignore[index]
        if name == "GET /wechat/exams":
            schemas.check(answer[1], "patient_wechat_exams.v1")  # type: ignore[index]
        if name in ("POST /sessions", "POST /wechat/exams"):
            schemas.check(answer[1], "patient_session_answer.v1")  # type: ignore[index]
    for state in ("registered", "imaging", "reporting", "ready", "cancelled"):
        schemas.check(progress(state), "patient_progress.v1")
    assert OPEN in StandIn().answers


def test_a_partial_series_is_not_complete() -> None:
    assert json.loads(json.dumps(a_series(0, "肺窗", 300, 214)))["complete"] is False
