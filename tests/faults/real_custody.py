"""What a cloud holds in the end, counted and given back: the judge of a run with real processes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from typing import Any

from functions.core.imaging.parcel import open_heads, rebuild_parts
from tests.agent.cloud_server import CloudServer


def indexed(cloud: CloudServer, kind: str) -> list[dict[str, Any]]:
    """Documents that were confirmed and indexed; what only lies in storage counts for nothing."""
    with cloud.lock:
        good = {sha256 for sha256, told in cloud.states.items() if told["state"] == "indexed"}
        documents = [(key, data) for key, data in cloud.objects.items() if key.startswith(f"{kind}/")]
    return [json.loads(data) for key, data in documents if key.partition("/")[2] in good]


def named(cloud: CloudServer) -> Counter[tuple[str, str]]:
    """(SOP Instance UID, SHA-256) → how often the indexed manifests name it."""
    return Counter(
        (instance["sop_uid"], instance["sha256"])
        for manifest in indexed(cloud, "manifest")
        for parcel in manifest["parcels"]
        for instance in parcel["instances"]
        if instance["part"] == instance["parts"] - 1
    )


def given_back(cloud: CloudServer) -> dict[str, str]:
    """SOP Instance UID → SHA-256 of its data set, rebuilt from the parcels that indexed manifests name."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for manifest in indexed(cloud, "manifest"):
        for parcel in manifest["parcels"]:
            heads = open_heads(cloud.objects[f"heads/{parcel['heads']['sha256']}"])

            def fetch(kind: str, offset: int, length: int, parcel: dict[str, Any] = parcel) -> bytes:
                return cloud.objects[f"{kind}/{parcel[kind]['sha256']}"][offset : offset + length]

            for instance in heads.instances:
                parts[instance.sop_uid].append((heads, instance, fetch))
    return {sop_uid: hashlib.sha256(rebuild_parts(found)).hexdigest() for sop_uid, found in parts.items()}


def declared(cloud: CloudServer) -> dict[str, int]:
    """Series Instance UID → the most instances that were ever declared of it."""
    most: Counter[str] = Counter()
    for declaration in indexed(cloud, "declaration"):
        for entry in declaration["series"]:
            most[entry["series_uid"]] = max(most[entry["series_uid"]], entry["instances"])
    return dict(most)
