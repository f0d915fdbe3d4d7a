"""JSON from outside has one meaning for every reader, and a document that passes its schema can be stored and counted."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core import json_text
from functions.core.errors import DocumentInvalid
from functions.core.schema import check, validator

NOT_PLAIN = {
    "nothing": b"",
    "no JSON": b"{",
    "two documents": b"{}{}",
    "another encoding": '{"a": 1}'.encode("utf-16"),
    "bytes that are no text": b'{"a": "\xff"}',
    "half a character, escaped": b'{"a": "\\ud800"}',
    "half a character in a key": b'{"\\uDFFF": 1}',
    "half a character, as bytes": b'{"a": "\xed\xa0\x80"}',
    "a key twice": b'{"tenant": "a", "b": [{"x": 1, "x": 2}]}',
    "a key twice, spelt in two ways": b'{"tenant": "a", "\\u0074enant": "b"}',
    "no number": b"[NaN]",
    "infinity": b"[-Infinity]",
    "more than a float holds": b"[1e999]",
    "a number of a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "brackets without end": b"[" * 8_000_000,
    "objects in objects": b'{"a":' * 1_000_000,
}


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_what_two_readers_could_read_in_two_ways_is_refused(name: str) -> None:
    """What one part checked, the next must not read as something else, and no database takes half a character."""
    with pytest.raises(json_text.NotPlain) as refused:
        json_text.read(NOT_PLAIN[name])
    assert len(str(refused.value)) < 60


def test_a_whole_number_is_one_however_it_is_spelt() -> None:
    """JSON Schema takes 1.0 for an integer; as a float it cannot be counted, padded or stored."""
    assert [type(one) for one in json_text.read(b"[1.0, 1e3, -0.0, 1.5, 1e300]")] == [int, int, int, float, float]


def test_plain_json_is_read_as_it_stands() -> None:
    assert json_text.read('{"a": [1, 1.5, -2e3, true, null, "两肺 \\ud83d\\ude00"]}'.encode()) == {
        "a": [1, 1.5, -2000, True, None, "两肺 😀"]
    }


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ({"type": "string", "pattern": "^[0-9a-f]{4}$"}, "12ab\n", "12ab"),
        ({"type": "string", "pattern": "^(a|b)?$"}, "a\n", "a"),
        ({"type": "string", "pattern": "\\$$"}, "1$\n", "1$"),
        ({"type": "integer"}, 1.0, 1),
        ({"type": "integer", "maximum": 5}, True, 5),
        ({"type": "string", "format": "date-time"}, "2026-11-24T06:05:60Z", "2026-11-24T06:05:00Z"),
        ({"type": "string", "format": "date-time"}, "0001-01-01T00:00:00+08:00", "2026-11-24T14:05:00.5+08:00"),
        ({"type": "string", "format": "date-time"}, "9999-12-31T23:59:59-08:00", "2026-11-24T06:05:00-12:00"),
        ({"type": "string", "format": "date-time"}, "2026-11-24 06:05:00Z", "2026-11-24T06:05:00Z"),
    ],
)
def test_a_rule_means_what_the_code_behind_it_needs(rule: dict[str, Any], bad: Any, good: Any) -> None:
    """A digest with a line break is another object's name; 1.0 cannot be stored; a leap second is on no clock of ours."""
    check(validator(rule), good, schema="x.v1")
    with pytest.raises(DocumentInvalid):
        check(validator(rule), bad, schema="x.v1")
