"""Every schema is a schema, every event has one, and every recorded sample meets its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = sorted((ROOT / "events/schemas").glob("*.json"))
OPEN = {"error.v1": "each error brings its own details"}
SAMPLES = sorted((ROOT / "events/samples").glob("*.json"))


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def schema_of(sample: Path) -> str:
    """`exam_released.v1.json` and `exam_released.v1.held.json` are samples of `exam_released.v1`."""
    return ".".join(sample.name.split(".")[:2])


def broken_rules(document: Any, name: str) -> list[str]:
    checker = Draft202012Validator(load(ROOT / f"events/schemas/{name}.json"), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(document)]


def event_types() -> list[str]:
    return list(load(ROOT / "events/schemas/event.v1.json")["properties"]["type"]["enum"])


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_schema_is_valid_and_named_as_its_file(path: Path):
    schema = load(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:lightbox:{path.stem}"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_a_document_with_an_unknown_key_is_refused(path: Path):
    """A misspelt key must not pass as an absent one."""
    schema = load(path)
    if path.stem in OPEN:
        return
    closed = {False} | {False for each in schema.get("oneOf", []) if each.get("additionalProperties") is False}
    assert schema.get("additionalProperties", schema.get("unevaluatedProperties", "oneOf" not in schema)) in closed


@pytest.mark.parametrize("kind", event_types())
def test_an_event_has_a_schema_for_its_body(kind: str):
    assert (ROOT / f"events/schemas/{kind}.v1.json").is_file()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_meets_its_schema(path: Path):
    document, name = load(path), schema_of(path)
    if name.removesuffix(".v1") in event_types():  # recorded as it stood on the bus, in its envelope
        assert broken_rules(document, "event.v1") == []
        assert document["type"] == name.removesuffix(".v1")
        document = document["body"]
    assert broken_rules(document, name) == []


def test_every_event_has_a_recorded_sample():
    """Whoever builds on an event sees one that really happened."""
    recorded = {schema_of(path) for path in SAMPLES}
    assert sorted(kind for kind in event_types() if f"{kind}.v1" not in recorded) == []


def test_samples_name_nobody_real_and_no_secret():
    """Recorded from the demo: its invented people and no token, key or host name."""
    for path in SAMPLES:
        text = path.read_text(encoding="utf-8")
        assert "PRIVATE KEY" not in text
        assert "X-Amz-Signature" not in text
        assert "X-Amz-Credential" not in text
