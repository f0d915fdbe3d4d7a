"""The one way from heads to an index, and what it means when it fails.

Building is a pure function of bytes that storage vouches for: what fails once fails always, so that it is poison and no reason to
try again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.wiring import Deps
from functions.core.errors import Poison
from functions.core.imaging import series_index
from functions.core.imaging.series_index import MAX_FRAMES, HeadsRows
from functions.core.study.records import Series
from functions.ingest.heads import read_rows


def rows_by_heads(
    tenant: str, study: str, series: str, names: Iterable[str], deps: Deps, max_frames: int = MAX_FRAMES
) -> Mapping[str, HeadsRows]:
    """Rows of each heads object, in this order. Raises as `read_rows`, also when all together have too many frames."""
    found: dict[str, HeadsRows] = {}
    frames = 0
    for sha256 in dict.fromkeys(names):
        found[sha256] = read_rows(tenant, study, series, sha256, deps)
        frames += found[sha256].frames
        if frames > max_frames:
            raise Poison(reason="series_too_large")
    return found


def build(series: Series, rows: Iterable[HeadsRows], version: int, withheld: Collection[str] = ()) -> list[dict[str, Any]]:
    """Pages of the index; counts are the row's. withheld: SOP Instance UIDs. Raises Poison (index_impossible)."""
    try:
        return series_index.build_rows(
            rows,
            series=series.series,
            version=version,
            declared=series.declared,
            complete=series.complete,
            withheld=withheld,
        )
    except MemoryError:
        raise
    except Exception as error:
        logger.error("index impossible", extra={"study": series.study, "series": series.series, "error": type(error).__name__})
        raise Poison(reason="index_impossible") from None
