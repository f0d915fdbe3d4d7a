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
    """The message has places only for what its users hand in."""
    places = set(re.findall(r"{(\w+)}", kind.message))
    error = kind(**dict.fromkeys(places, "x"))
    assert "{" not in str(error)
    assert error.code == kind.__name__


def test_what_a_sender_is_told_is_a_failure_status():
    for kind in classes(ObjectRefused) + classes(SpoolError):
        assert kind.dicom_status >> 8 in (0xA7, 0xA9, 0xC0, 0x01)
