"""Builds the index of a series from all of its manifests and makes it the current one.

The row's version is read before the manifests, and the row is written only if that version still stands: whoever wrote last has
seen everything, however many builders ran at once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.imaging.series_index import MAX_FRAMES, HeadsRows
from functions.core.imaging.versions import shown, versions_of
from functions.core.study import keys
from functions.core.study.bookkeeping import Declared, ManifestSeen
from functions.core.study.completeness import expected, is_complete
from functions.core.study.records import Series
from functions.core.times import iso
from functions.ingest.building import build, rows_by_heads
from functions.ingest.conflicts import conflicts_in, note_conflicts
from functions.ingest.totals import add_up


def index_series(tenant: str, study: str, series: str, deps: Deps, max_frames: int = MAX_FRAMES) -> None:
    """Twice is once: nothing is built or written when the row already says everything.

    Raises Poison (index_impossible; series_too_large: with more than `max_frames`).
    """
    pk = keys.study_pk(tenant, study)
    change(deps.table, pk, keys.series_sk(series), lambda row: _indexed(row, deps, max_frames) if row else None)
    note_conflicts(tenant, study, series, deps)
    add_up(tenant, study, deps)


def _indexed(row: Row, deps: Deps, max_frames: int) -> Row | None:
    series = Series.from_row(row)
    pk = keys.study_pk(series.tenant, series.study)
    seen = [ManifestSeen.from_row(one) for one in deps.table.rows(pk, "MANIFEST#")]
    seen = sorted((one for one in seen if one.series == series.series), key=lambda one: (one.packed_at, one.sha256))
    declared = _declared(series, deps)
    version = len(seen) + sum(declared.values())  # grows with each of both
    if not seen or version == series.index_version:
        return None
    names = [sha256 for one in seen for sha256 in one.heads]
    heads = rows_by_heads(series.tenant, series.study, series.series, names, deps, max_frames)
    received, size = received_of(heads.values())
    found = conflicts_in(series, heads, deps)
    counted = replace(
        series,
        conflicts=found.counts,
        thumbnail=None if found.withheld else series.thumbnail,  # it may be of what is withheld now; render makes another
        received=received,
        received_by=_received_by(seen, heads),
        bytes_received=size,
        bytes_stored=sum(one.bytes_stored for one in seen),
        manifests=len(seen),
    )
    counted = replace(
        counted,
        declared=expected(declared, counted.received_by, received),
        complete=is_complete(declared, counted.received_by),
    )
    return _built(counted, list(heads.values()), version, found.withheld, deps).to_row()


def _declared(series: Series, deps: Deps) -> Mapping[str, int]:
    row = deps.table.get(*Declared(series.tenant, series.study, series.series).key())
    return Declared.from_row(row).by if row else {}


def _built(series: Series, heads: Sequence[HeadsRows], version: int, withheld: Collection[str], deps: Deps) -> Series:
    with deps.tracer.span("build index", series=series.series, parcels=len(heads)):
        pages = build(series, heads, version, withheld)
    names = [_put_page(series, page, deps) for page in pages]
    count("IndexBuilt")
    frames = pages[0]["page"]["frames"]
    about = {"study": series.study, "series": series.series, "received": series.received, "frames": frames}
    logger.info("series indexed", extra=about)
    now = iso(deps.clock.now())
    return replace(series, frames=frames, index=names[0], pages=names, index_version=version, updated_at=now)


def received_of(heads: Iterable[HeadsRows]) -> tuple[int, int]:
    """(instances of which every part is here, bytes of their data sets).

    An instance that came twice, or in several versions, counts once, and parts of two different files are no whole.
    """
    whole = [one for same in versions_of(heads).values() if (one := shown(same.values())).is_whole]
    return len(whole), sum(one.bytes for one in whole)


def _received_by(seen: Iterable[ManifestSeen], heads: Mapping[str, HeadsRows]) -> dict[str, int]:
    """Agent → instances that came whole from it."""
    came: dict[str, dict[str, HeadsRows]] = {}
    for one in seen:
        came.setdefault(one.agent, {}).update({sha256: heads[sha256] for sha256 in one.heads})
    return {agent: received_of(own.values())[0] for agent, own in came.items()}


def _put_page(series: Series, page: dict[str, Any], deps: Deps) -> str:
    """Write one page of the index under its own digest; returns its name. mtime=0: equal pages are one object.

    gzip is its type, not its encoding: a browser would undo an encoding before it can compare the bytes with the name.
    """
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    body = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    name = keys.index_name(hashlib.sha256(body).hexdigest())
    key = keys.parcel_prefix(series.tenant, series.study, series.series) + name
    deps.vault.put("pixels", key, body, content_type="application/gzip")
    return name
