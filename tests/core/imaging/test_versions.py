"""Which of several data sets under one SOP Instance UID stands for it, and when none may."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from functions.core.imaging.content import Content
from functions.core.imaging.versions import Agreement, agreement, contested, shown, versions_of

A, B, C = "a" * 64, "b" * 64, "c" * 64


def part(sha256: str, number: int = 0, parts: int = 1, codec: str | None = "htj2k") -> Any:
    """A heads object with one part of instance 1.2. codec: of its frame; None without one."""
    rows = () if codec is None else (SimpleNamespace(format=SimpleNamespace(codec=codec)),)
    return SimpleNamespace(
        instances=[SimpleNamespace(sop_uid="1.2", sha256=sha256, part=number, parts=parts, bytes=100, rows=rows)]
    )


def in_every_order(parcels: list[Any], of: Callable[[list[Any]], Any]) -> Any:
    """What `of` gives, which must be the same whatever comes first and if all of it comes again."""
    found = [of(list(order)) for order in itertools.permutations(parcels)] + [of([*parcels, *parcels])]
    assert all(one == found[0] for one in found)
    return found[0]


def standing(parcels: list[Any]) -> str:
    return shown(versions_of(parcels)["1.2"].values()).sha256


def test_of_two_that_a_browser_shows_the_smaller_digest_stands_for_the_instance() -> None:
    assert in_every_order([part(B), part(A), part(C)], standing) == A


def test_a_version_that_no_browser_shows_does_not_take_the_place_of_one_that_is_shown() -> None:
    """An archive forwards the same image in JPEG 2000: patients would read that it cannot be shown."""
    assert in_every_order([part(A, codec="jpeg2000"), part(B)], standing) == B
    assert in_every_order([part(A, codec=None), part(B, codec="jpeg2000")], standing) == B


def test_a_part_does_not_take_the_place_of_a_whole() -> None:
    assert in_every_order([part(A, 0, 2), part(B)], standing) == B


def test_only_whole_versions_are_compared() -> None:
    """The rest of an instance that is still arriving may show that it is another's equal."""
    halves = [part(A, 0, 2), part(A, 1, 2)]
    assert in_every_order([halves[0], part(B)], lambda parcels: contested(versions_of(parcels))) == {}
    assert in_every_order([*halves, part(B)], lambda parcels: contested(versions_of(parcels))) == {"1.2": [A, B]}


@pytest.mark.parametrize(
    ("contents", "verdict"),
    [
        (("w1 p1", "w1 p1"), Agreement.DUPLICATE),
        (("w1 p1", "w2 p1"), Agreement.UNSEEN_DIFFERS),
        (("w1 p1", "w2 p2"), Agreement.PICTURE_DIFFERS),
        (("w1 p1", "w1 p1", "w2 p2"), Agreement.PICTURE_DIFFERS),
        (("w1 p1", "w2 p1", "w3 p2"), Agreement.PICTURE_DIFFERS),
    ],
)
def test_one_that_differs_is_enough(contents: tuple[str, ...], verdict: Agreement) -> None:
    """Two against one prove nothing: what a modality sent twice may be what it sent wrong."""
    found = [Content(one[:2], one[3:], decoded=True) for one in contents]
    assert {agreement(order) for order in itertools.permutations(found)} == {verdict}
