"""Whose words stand on paper: those of the exam's own report, and of no document that came before, after or about others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.handlers.render_world import RenderWorld, ct_slice

pytestmark = pytest.mark.slow  # some ten films are drawn

Step = Callable[[RenderWorld], None]


def images(world: RenderWorld) -> None:
    world.send([ct_slice(1)])
    world.declare({"1.2.3.1": 1})


def report(world: RenderWorld) -> None:
    world.report()


def correction(world: RenderWorld) -> None:
    world.report(version=2, state="corrected", item="胸部CT增强")


def other_exam(world: RenderWorld) -> None:
    """Of the same person, with another name and a later audit."""
    person = {"id": "P1", "issuer": "his", "name": "张珊", "sex": "F", "birth_date": "1963-05-01", "phone": "13800001234"}
    world.report(accession_number="A2", patient=person, audited_at="2026-11-24T08:00:00Z")


@cache
def after(*steps: Step) -> RenderWorld:
    """A world where each step's events were rendered, once, before the next; only looked at: the same steps give the same one."""
    if not steps:
        return RenderWorld()
    world = after(*steps[:-1]).copied()
    steps[-1](world)
    world.render()
    world.events.clear()
    return world


def test_a_reports_pdf_is_the_same_whether_images_came_before_or_after_it() -> None:
    """Who opens it twice reads the same twice."""
    assert after(report, images).report_row().document == after(images, report).report_row().document is not None


@pytest.mark.req("ING-05")
def test_a_correction_reaches_the_film_whenever_it_comes() -> None:
    """The exam stays released, so that no release tells of it."""
    late, early = after(images, report, correction), after(images, correction, report)
    assert late.study().films == early.study().films
    assert late.study().films != after(images, report).study().films


def test_what_another_exam_says_of_the_person_changes_no_paper_of_this_one() -> None:
    plain = after(images, report)
    for world in (after(other_exam, images, report), after(images, report, other_exam, correction)):
        assert world.report_row().document == plain.report_row().document
    assert after(other_exam, images, report).study().films == plain.study().films


def test_a_study_of_somebody_else_than_the_report_names_keeps_the_words_of_its_images() -> None:
    """Held for a person, who must not find the one's images under the other's name."""

    def contradicting(world: RenderWorld) -> None:
        world.report(patient={"id": "P9", "issuer": "his", "name": "李四"}, item="")

    named = after(images).study().films
    assert after(images, contradicting).study().films == after(contradicting, images).study().films == named is not None


def test_a_released_film_says_at_once_that_more_was_declared() -> None:
    """Of a series that never comes nothing else would tell."""

    def more(world: RenderWorld) -> None:
        world.declare({"1.2.3.1": 1, "1.2.3.2": 5})

    late, early = after(images, report, more), after(images, more, report)
    assert late.study().films == early.study().films
    assert late.study().films != after(images, report).study().films
