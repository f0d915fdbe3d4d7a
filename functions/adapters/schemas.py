"""Reads `events/schemas/` and checks documents against them; each schema is compiled once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.core import schema as core_schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

FOLDER = Path(__file__).resolve().parents[2] / "events" / "schemas"


@cache
def checker(name: str) -> Draft202012Validator:
    """name: `manifest.v1`. Raises FileNotFoundError on one that does not exist: a programming error."""
    return core_schema.validator(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def check(document: Any, name: str) -> None:
    """Raises DocumentInvalid, naming place and rule."""
    core_schema.check(checker(name), document, schema=name)
