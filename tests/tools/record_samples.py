"""pytest plug-in: `--record-samples` writes events/samples/ from what the tests of the local cloud made it say.

Samples are recorded, not invented: an event as it stands in the journal; manifest, declaration, report and series index as they
lie in the vault. One of each kind, the newest. `pytest -m cloud --record-samples` renews them; look at the difference before you
commit it.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "events/samples"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-samples", action="store_true", help="write events/samples/ from the local cloud's vault")


@pytest.fixture(scope="session", autouse=True)
def samples_of_the_run(request: pytest.FixtureRequest) -> Iterator[None]:
    """Asked for, the local cloud is read when all tests are done with it."""
    if not request.config.getoption("--record-samples"):
        yield
        return
    cloud = request.getfixturevalue("local_cloud")
    yield
    client = cloud.session("root").client("s3")
    record(client, cloud.outputs["OriginalsBucket"], cloud.outputs["PixelsBucket"], SAMPLES)


def record(s3: Any, originals: str, pixels: str, folder: Path) -> None:
    """Write one sample of each kind that the buckets hold."""
    newest: dict[str, tuple[datetime, dict[str, Any]]] = {}
    for bucket, prefix in ((originals, ""), (pixels, "k1/")):
        for listed in _objects(s3, bucket, prefix):
            kind = kind_of(listed["Key"])
            document = _document(s3, bucket, listed["Key"]) if kind is not None else None
            if document is None:
                continue
            name, time = kind or f"{document['type']}.v1", listed["LastModified"]
            if name not in newest or newest[name][0] < time:
                newest[name] = (time, document)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, document) in newest.items():
        (folder / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def kind_of(key: str) -> str | None:
    """The schema of an object by its key; "" for an event, whose type stands inside; None for bytes."""
    if key.startswith("journal/"):
        return ""
    if key.startswith("manifests/"):
        return "declaration.v1" if key.endswith(".declaration.json") else "manifest.v1"
    if key.startswith("reports/"):
        return "report.v1"
    return "series_index.v1" if key.endswith(".index") else None


def _objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def _document(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    """A JSON object, or None where the bytes are something else (a report's PDF lies beside its JSON)."""
    data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if not data.lstrip().startswith(b"{"):
        return None
    document: dict[str, Any] = json.loads(data)
    return document
