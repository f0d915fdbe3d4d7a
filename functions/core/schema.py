"""Checks documents against JSON Schema without repeating what stands in them: errors name place and rule, never the value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from functions.core.errors import DocumentInvalid
from functions.core.times import FIRST_YEAR, LAST_YEAR, parse

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import ValidationError

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)  # RFC 3339


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A reusable checker; `schema` is a JSON Schema of draft 2020-12 with formats enforced."""
    return _kind()(dict(schema), format_checker=_formats())


@cache
def _kind() -> type[Draft202012Validator]:
    """jsonschema's, but stricter where it is laxer than its readers: 1.0 is no integer, since it cannot be counted or stored as
    one, and `$` means the end of the text as in ECMA-262, not the place before a last line break."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    whole = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    kind: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"pattern": _pattern}, type_checker=whole
    )
    return kind


@cache
def _formats() -> FormatChecker:
    """jsonschema's, but a time is one that our own code can read and put on any clock."""
    from jsonschema import FormatChecker

    formats = FormatChecker()
    formats.checks("date-time")(_is_time)
    return formats


def _is_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return TIME.fullmatch(value) is not None and FIRST_YEAR <= parse(value).year <= LAST_YEAR
    except (ValueError, OverflowError):
        return False


@cache
def _to_the_end(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern))


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not _to_the_end(pattern).search(instance):
        yield ValidationError("pattern")


def check(checker: Draft202012Validator, document: Any, *, schema: str) -> None:
    """schema: its name, for the message. Raises DocumentInvalid on the first broken rule: looking at all of them in a large
    document would keep us busy for seconds."""
    error = next(checker.iter_errors(document), None)
    if error is not None:
        where = "/".join(_step(part) for part in error.absolute_path) or "the document"
        raise DocumentInvalid(schema=schema, where=where, rule=str(error.validator))


def _step(part: str | int) -> str:
    """Names of properties come from the sender too; only tame ones are repeated."""
    text = str(part)
    return text if text.replace("_", "").isalnum() and text.isascii() and len(text) <= 40 else "…"
