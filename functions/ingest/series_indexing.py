"""Builds the index of a series from all of its manifests and makes it the current one.

The row's version is read before the manifests, and the row is written only if that version still stands: whoever wrote last has
seen everything, however many builders ran at once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.imaging import series_index
from functions.core.imaging.parcel import Heads
from functions.core.study import keys, merge
from functions.core.study.records import ManifestSeen, Series, Study
from functions.core.times import iso
from functions.ingest.heads import read_heads


def index_series(tenant: str, study: str, series: str, deps: Deps) -> None:
    """Twice is once: nothing is built or written when the row already says everything."""
    pk = keys.study_pk(tenant, study)
    change(deps.table, pk, keys.series_sk(series), lambda row: _indexed(row, deps) if row else None)
    standing = deps.table.get(pk, keys.series_sk(series))
    if standing is None:
        return
    now = iso(deps.clock.now())
    change(
        deps.table,
        pk,
        "STUDY",
        lambda row: merge.study_with_counts(Study.from_row(row), Series.from_row(standing), now).to_row() if row else None,
    )


def _indexed(row: Row, deps: Deps) -> Row | None:
    series = Series.from_row(row)
    pk = keys.study_pk(series.tenant, series.study)
    study_row = deps.table.get(pk, "STUDY")
    if study_row is None:
        return None
    study = Study.from_row(study_row)
    seen = [ManifestSeen.from_row(one) for one in deps.table.rows(pk, "MANIFEST#")]
    seen = sorted((one for one in seen if one.series == series.series), key=lambda one: (one.packed_at, one.sha256))
    version = len(seen) + len(study.declarations)
    if not seen or version == series.index_version:
        return None
    heads = [
        read_heads(series.tenant, series.study, series.series, sha256, deps)
        for sha256 in dict.fromkeys(sha256 for one in seen for sha256 in one.heads)
    ]
    built = _built(series, study, heads, len(seen), version, deps)
    return replace(built, bytes_stored=sum(one.bytes_stored for one in seen)).to_row()


def _built(series: Series, study: Study, heads: Sequence[Heads], manifests: int, version: int, deps: Deps) -> Series:
    declared = study.declaration["series"].get(series.series) if study.declaration else None
    received, size = received_of(heads)
    naming = deps.naming
    with deps.tracer.span("build index", series=series.series, parcels=len(heads)):
        pages = series_index.build(
            heads,
            series=series.series,
            version=version,
            declared=declared,
            complete=declared is not None and received >= declared,
            frame_name=lambda sop_uid, number: naming.frame(series.tenant, sop_uid, number),
        )
    names = [_put_page(series, page, deps) for page in pages]
    count("IndexBuilt")
    logger.info(
        "series indexed",
        extra={"study": series.study, "series": series.series, "received": received, "frames": pages[0]["page"]["frames"]},
    )
    return replace(
        series,
        received=received,
        frames=pages[0]["page"]["frames"],
        bytes_received=size,
        manifests=manifests,
        declared=declared,
        index=names[0],
        pages=names,
        index_version=version,
        updated_at=iso(deps.clock.now()),
    )


def received_of(heads: Sequence[Heads]) -> tuple[int, int]:
    """(instances of which every part is here, bytes of their data sets); an instance that came twice counts once."""
    parts: dict[str, set[int]] = {}
    whole: dict[str, int] = {}
    for one in heads:
        for instance in one.instances:
            have = parts.setdefault(instance.sop_uid, set())
            have.add(instance.part)
            if len(have) == instance.parts:
                whole.setdefault(instance.sop_uid, instance.bytes)
    return len(whole), sum(whole.values())


def _put_page(series: Series, page: dict[str, Any], deps: Deps) -> str:
    """Write one page of the index under its own digest; returns its name. mtime=0: equal pages are one object."""
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    body = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    name = keys.index_name(hashlib.sha256(body).hexdigest())
    key = keys.parcel_prefix(series.tenant, series.study, series.series) + name
    deps.vault.put("pixels", key, body, content_type="application/json", content_encoding="gzip")
    return name
