"""What the agent writes is never more than the cloud takes: its constants are the schemas', its largest documents fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge_agent import limits
from functions.core.imaging.heads import MAX_BLOB
from functions.core.study.limits import DOCUMENT_BYTES

SCHEMAS = Path(__file__).parents[2] / "events" / "schemas"
UID, NAME, SHA = "1" * 64, "a" * 32, "f" * 64
SMALLEST_TARGET_BYTES = 0.1 * (1 << 20)  # of packing.target_mib


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))["properties"]
    return found


def size_of(content: object) -> int:
    return len(json.dumps(content, separators=(",", ":")))


def test_the_agents_limits_are_those_of_the_schemas():
    assert properties("manifest.v1")["parcels"]["maxItems"] == limits.MAX_PARCELS
    series = properties("declaration.v1")["series"]
    assert series["maxItems"] == limits.MAX_SERIES
    assert series["items"]["properties"]["instances"]["maximum"] == limits.MAX_DECLARED
    assert DOCUMENT_BYTES["report"] == limits.MAX_REPORT_BYTES


def test_no_batch_makes_a_manifest_larger_than_is_taken():
    """Of a batch's objects each is listed once, and those that are cut once more for each part; a part is a target's bytes."""
    parts_per_parcel = int(MAX_BLOB // SMALLEST_TARGET_BYTES)
    instances = properties("manifest.v1")["parcels"]["items"]["properties"]["instances"]
    assert limits.BATCH_OBJECTS + parts_per_parcel <= instances["maxItems"]
    instance = {"sop_uid": UID, "sha256": SHA, "bytes": 1 << 40, "part": 9999, "parts": 9999}
    blob = {"sha256": SHA, "bytes": 1 << 25}
    parcel = size_of({"heads": blob, "low": blob, "rest": blob, "instances": []})
    listed = limits.BATCH_OBJECTS + limits.MAX_PARCELS * parts_per_parcel
    head = 2048  # names, UIDs and source of the manifest
    assert listed * (size_of(instance) + 1) + limits.MAX_PARCELS * (parcel + 1) + head <= DOCUMENT_BYTES["manifest"]


def test_the_largest_declaration_is_not_larger_than_is_taken():
    series = {"series_uid": UID, "series": NAME, "instances": limits.MAX_DECLARED}
    assert limits.MAX_SERIES * (size_of(series) + 1) + 2048 <= DOCUMENT_BYTES["declaration"]
