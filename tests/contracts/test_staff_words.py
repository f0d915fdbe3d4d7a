"""What the cloud names by a code has words on the staff's pages, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from functions.core.study.alarms import URGENT
from functions.core.study.quarantine import REASONS

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "web" / "src" / "text"
LANGUAGES = ("zh-CN", "en")


def words(language: str, section: str, part: str) -> set[str]:
    """The keys of one part of a section of the staff's texts, which may have a file of its own."""
    text = (TEXTS / f"staff.{language}.ts").read_text()
    if f"\n  {section}: {{" not in text:
        text = (TEXTS / f"{section}.{language}.ts").read_text()
        return _keys(text, part, indent=2)
    return _keys(text[text.index(f"\n  {section}: {{") :], part, indent=4)


def _keys(text: str, part: str, *, indent: int) -> set[str]:
    before = " " * indent
    found = text[text.index(f"\n{before}{part}: {{") :]
    return set(re.findall(rf"^{before}  (\w+):", found[: found.index(f"\n{before}}}")], re.MULTILINE))


@pytest.mark.req("OPS-02")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_that_waits_for_a_person_says_why_and_what_to_do(language: str) -> None:
    """An operator at a page is not sent to the command line to read a code."""
    assert words(language, "quarantine", "reason") == words(language, "quarantine", "todo") == set(REASONS)


@pytest.mark.req("OPS-02")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_queue_of_the_deployment_is_named_in_words(language: str) -> None:
    (listed,) = re.findall(r'LIGHTBOX_QUEUES: !Sub "([^"]+)"', (ROOT / "template.yaml").read_text())
    assert words(language, "queues", "of") == {one.partition("=")[0] for one in listed.split(";")}


@pytest.mark.req("OPS-02")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_urgent_alarm_is_named_in_words(language: str) -> None:
    assert set(URGENT) <= words(language, "alarms", "kind")
