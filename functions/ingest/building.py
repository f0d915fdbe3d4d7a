"""The one call that makes an index of heads, and what it means when it fails.

Building is a pure function of bytes that storage vouches for: what fails once fails always, so that it is poison and no reason to
try again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.adapters.observability import logger
from functions.adapters.wiring import Deps
from functions.core.errors import Poison
from functions.core.imaging import series_index
from functions.core.imaging.parcel import Heads
from functions.core.study.records import Series


def build(series: Series, heads: Sequence[Heads], version: int, deps: Deps) -> list[dict[str, Any]]:
    """Pages of the index; counts are the row's. Raises Poison (index_impossible)."""
    try:
        return series_index.build(
            heads,
            series=series.series,
            version=version,
            declared=series.declared,
            complete=series.complete,
            frame_name=lambda sop_uid, number: deps.naming.frame(series.tenant, sop_uid, number),
        )
    except MemoryError:
        raise
    except Exception as error:
        logger.error("index impossible", extra={"study": series.study, "series": series.series, "error": type(error).__name__})
        raise Poison(reason="index_impossible") from None
