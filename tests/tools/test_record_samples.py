"""Samples come out of the vault as they lie there, one of each kind."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path

from tests.tools.record_samples import record


class Bucketful:
    """As much of an S3 client as recording needs."""

    def __init__(self, objects: dict[str, tuple[int, bytes]]) -> None:
        self.objects = objects

    def get_paginator(self, _: str) -> Bucketful:
        return self

    def paginate(self, *, Bucket: str, Prefix: str):
        keys = (key for key in self.objects if key.startswith(Bucket) and key.removeprefix(f"{Bucket}/").startswith(Prefix))
        yield {
            "Contents": [
                {"Key": key.removeprefix(f"{Bucket}/"), "LastModified": datetime(2026, 11, self.objects[key][0], tzinfo=UTC)}
                for key in keys
            ]
        }

    def get_object(self, *, Bucket: str, Key: str):
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"][1])}


def test_the_newest_of_each_kind_is_written_and_bytes_are_not(tmp_path: Path):
    def event(kind: str, mark: int) -> bytes:
        return json.dumps({"type": kind, "mark": mark}).encode()

    vault = Bucketful(
        {
            "o/journal/t/2026/11/01/a.json": (1, event("exam_released", 1)),
            "o/journal/t/2026/11/03/b.json": (3, event("exam_released", 3)),
            "o/journal/t/2026/11/02/c.json": (2, event("notice_sent", 2)),
            "o/manifests/t/s/x/0.json": (1, b'{"is": "manifest"}'),
            "o/manifests/t/s/0.declaration.json": (1, b'{"is": "declaration"}'),
            "o/reports/t/0": (2, b"%PDF-1.7"),
            "o/reports/t/1": (1, b'{"is": "report"}'),
            "o/k1/t/s/x/0.heads": (1, b"LBXP"),
            "p/k1/t/s/x/0.index": (1, gzip.compress(b'{"is": "index"}')),
            "p/k1/t/s/x/0.low": (1, b"LBXP"),
        }
    )
    record(vault, "o", "p", tmp_path)
    written = {path.name: json.loads(path.read_text()) for path in tmp_path.iterdir()}
    assert written == {
        "exam_released.v1.json": {"type": "exam_released", "mark": 3},
        "notice_sent.v1.json": {"type": "notice_sent", "mark": 2},
        "manifest.v1.json": {"is": "manifest"},
        "declaration.v1.json": {"is": "declaration"},
        "report.v1.json": {"is": "report"},
        "series_index.v1.json": {"is": "index"},
    }
