"""JSON from outside, read so that no two readers can see two things in it (RFC 8259, and RFC 7493 for what it leaves open).

Refused beside what is no JSON: another encoding than UTF-8, a key that stands twice, numbers that are none or too large for a
float, and half a character (a lone surrogate), which no database and no other program would take. A whole number is an int,
however it is spelt: 1.0 is an integer to JSON Schema, and to whoever stores or counts it.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

EXACT = 2**53
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class NotPlain(ValueError):
    """Says which rule is broken and repeats nothing of the text."""


def read(body: bytes) -> Any:
    """The value that `body` holds, however deep it is nested. Raises NotPlain."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_number)
    except NotPlain:
        raise
    except UnicodeDecodeError:
        raise NotPlain("not UTF-8") from None
    except (ValueError, RecursionError):
        raise NotPlain("not JSON") from None
    if SURROGATE.search(text):
        _whole_characters(value)
    return value


def _whole_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        raise NotPlain("half a character (a lone surrogate)") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotPlain("a key stands twice")
    return found


def _no_number(_: str) -> None:
    raise NotPlain("NaN and Infinity are no numbers")


def _number(text: str) -> int | float:
    number = float(text)
    if not isfinite(number):
        raise NotPlain("a number too large")
    return int(number) if number.is_integer() and abs(number) < EXACT else number
