"""The tree of errors: drawn as it is, each told with what to do next, none with a bare exception's words."""

from __future__ import annotations

import re

import pytest

from edge_agent import errors
from edge_agent.errors import AgentError, ObjectRefused, SpoolError


def classes(kind: type[AgentError] = AgentError) -> list[type[AgentError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in classes(child))]


def test_the_drawing_shows_every_class_once():
    drawn = re.findall(r"(?:^|─ )([A-Z]\w+)", errors.__doc__, re.MULTILINE)
    assert sorted(name for name in drawn if name in vars(errors)) == sorted(each.__name__ for each in set(classes()))


@pytest.mark.parametrize("kind", [each for each in classes() if not each.__subclasses__()], ids=lambda kind: kind.__name__)
def test_each_error_says_what_happened_in_its_own_words(kind):
    """Chinese and English say it with the same numbers, and neither leaves a place unfilled."""
    words = (kind.message, kind.hint, kind.zh, kind.zh_hint)
    places = set(re.findall(r"{(\w+)", " ".join(words)))
    error = kind(**{place: 7 if place.endswith("_s") else "x" for place in places})
    assert "{" not in error.line()
    assert error.code == kind.__name__
    in_english, in_chinese = (set(re.findall(r"{(\w+)", text)) for text in (kind.message, kind.zh))
    assert {place.removesuffix("_zh") for place in in_chinese} == in_english


@pytest.mark.parametrize("kind", [each for each in classes() if not each.__subclasses__()], ids=lambda kind: kind.__name__)
def test_each_error_is_told_in_chinese_too(kind):
    assert re.search("[\u4e00-\u9fff]", kind.zh)
    assert kind.zh != AgentError.zh
    assert re.search("[\u4e00-\u9fff]", kind.zh_hint)


@pytest.mark.parametrize("kind", [each for each in classes() if not each.__subclasses__()], ids=lambda kind: kind.__name__)
def test_each_error_says_what_to_do(kind):
    assert kind.hint.strip()


def test_what_a_sender_is_told_is_a_failure_status():
    for kind in classes(ObjectRefused) + classes(SpoolError):
        assert kind.dicom_status >> 8 in (0xA7, 0xA9, 0xC0, 0x01)
