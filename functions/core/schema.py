"""Checks documents against JSON Schema without repeating what stands in them: errors name place and rule, never the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from functions.core.errors import DocumentInvalid

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A reusable checker; `schema` is a JSON Schema of draft 2020-12 with formats enforced."""
    from jsonschema import Draft202012Validator, FormatChecker

    return Draft202012Validator(dict(schema), format_checker=FormatChecker())


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
