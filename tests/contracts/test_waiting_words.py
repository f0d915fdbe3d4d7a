"""What waits for a person has a name and words on the page, and fits what is answered and journalled, whoever wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.adapters import schemas
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.changes import quarantine_settled
from functions.core.study.quarantine import DOCUMENTS, REASONS, SUBJECTS, may_retry
from functions.staff_api.quarantine import entry_view

ROOT = Path(__file__).resolve().parents[2]
CODE = [path for folder in ("functions", "iac") for path in sorted((ROOT / folder).rglob("*.py"))]
LANGUAGES = ("zh-CN", "en")


def written(pattern: str) -> set[str]:
    return {name for path in CODE for name in re.findall(pattern, path.read_text(encoding="utf-8"))}


def words(language: str, group: str) -> dict[str, str]:
    """Of the page: `quarantine.{group}` in web/src/text."""
    text = (ROOT / f"web/src/text/quarantine.{language}.ts").read_text(encoding="utf-8")
    block = re.search(rf"^  {group}: \{{(.*?)\}},$", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    return dict(re.findall(r'(\w+): "([^"]+)"', block[1]))


def entry(subject: str, reason: str) -> QuarantineEntry:
    return QuarantineEntry("xiehe", subject, "a" * 32, reason, at="2026-11-24T06:00:00Z")


def test_every_subject_that_code_writes_is_known() -> None:
    """A new one must be given a name on the page and a place in the schemas."""
    named = written(r'QuarantineEntry\([\w.]+, "(\w+)"') | written(r'quarantine\.(?:close|waiting)\([\w.]+, [\w.]+, "(\w+)"')
    assert {"study", "series", "exam", "notice"} <= named
    assert named <= set(SUBJECTS)


def test_every_reason_that_code_gives_is_known() -> None:
    given = written(r'Poison\(reason="(\w+)"') | written(r'QuarantineEntry\([^)]*?"\w+", [\w.]+, "(\w+)"')
    assert {"study_expired", "retention_ends", "schema_broken"} <= given
    assert given <= set(REASONS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_whatever_waits_can_be_shown_and_settled(subject: str) -> None:
    settled = {"by": "staff:operator", "at": "2026-11-24T07:00:00Z", "note": "已核实"}
    for reason in REASONS:
        waiting = entry(subject, reason)
        view = entry_view(waiting)
        schemas.check(view, "staff_quarantine_entry.v1")
        schemas.check({"entries": [view], "more": False}, "staff_quarantine_answer.v1")
        schemas.check(quarantine_settled({**waiting.to_row(), "settled": settled})["body"], "quarantine_settled.v1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_words_for_every_reason_and_subject(language: str) -> None:
    assert set(words(language, "subject")) == set(SUBJECTS)
    for group in ("reason", "todo"):
        assert set(words(language, group)) == set(REASONS), group


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_sends_nobody_to_a_terminal(language: str) -> None:
    """Whoever reads it has none."""
    said = " ".join([*words(language, "reason").values(), *words(language, "todo").values()])
    assert not re.search(r"`|study hold|exam show|link issue|notice show|iac\.operator", said)


def test_only_documents_that_may_turn_out_good_are_tried_again() -> None:
    assert all(may_retry(subject, "object_missing") for subject in DOCUMENTS)
    assert not any(may_retry(subject, "object_missing") for subject in set(SUBJECTS) - set(DOCUMENTS))
    assert not any(may_retry(subject, "study_expired") for subject in SUBJECTS)
