"""The recorded samples are what the functions really tell: a fresh recording has the same documents of the same shape."""

from __future__ import annotations

import json
from typing import Any

from tests.handlers.record_samples import FOLDER, record
from tests.handlers.staff_samples import JOURNALLED


def shape(value: Any) -> Any:
    """Keys and types; not the values, which hang on the codecs' versions."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value[:1]]
    return type(value).__name__


def named(document: Any) -> Any:
    """Maps whose keys are digests keep only their values."""
    return {**document, "states": list(document["states"].values())} if "states" in document else document


def test_recording_again_gives_what_is_recorded() -> None:
    fresh = record()
    assert {f"{kind}.v1" for kind in JOURNALLED} <= set(fresh)  # no row tells of these: who else would miss them
    for name, document in fresh.items():
        recorded = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert shape(named(recorded)) == shape(named(document)), name
