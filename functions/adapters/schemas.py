"""Reads `events/schemas/` and checks documents against them; each schema is compiled once."""

from __future__ import annotations

import json
from functools import cache
from os.path import abspath, dirname, join
from typing import TYPE_CHECKING, Any

from functions.core import schema as core_schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

FOLDER = join(dirname(dirname(dirname(abspath(__file__)))), "events", "schemas")  # pathlib would be a cold start's only one


@cache
def checker(name: str) -> Draft202012Validator:
    """name: `manifest.v1`. Raises FileNotFoundError on one that does not exist: a programming error."""
    with open(join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return core_schema.validator(json.load(file))


def check(document: Any, name: str) -> None:
    """Raises DocumentInvalid, naming place and rule."""
    core_schema.check(checker(name), document, schema=name)
