"""Opened heads objects, and the index rows made of them, kept while the function is warm.

They are immutable, and a series that grows is indexed anew from all of its parcels: the rows of each are made once. What is kept
is bounded, so that it does not matter how much one manifest or series names: heads are opened one after the other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from functions.adapters.observability import logger
from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, ObjectMissing, Poison
from functions.core.imaging.parcel import Heads, Instance, ParcelDamaged, ParcelUnknown, open_heads
from functions.core.imaging.series_index import HeadsRows, TooManyFrames, rows_of
from functions.core.study import keys

if TYPE_CHECKING:
    import pydicom

KEPT_BYTES = 192 * 1024 * 1024
KEPT_ROWS = 200_000  # some 2 kB each
INSTANCE_BYTES, FRAME_BYTES = 2048, 256  # of memory beside the blob, about

T = TypeVar("T")
Look = Callable[[Instance, "pydicom.Dataset"], None]


class Kept(Generic[T]):
    """Recently used values by bucket key, least recently used out first. The last one stays whatever it costs."""

    def __init__(self, limit: int, cost: Callable[[T], int]) -> None:
        self._limit, self._cost = limit, cost
        self._values: OrderedDict[str, T] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: str, value: T) -> None:
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._total += self._cost(value)
            while self._total > self._limit and len(self._values) > 1:
                _, gone = self._values.popitem(last=False)
                self._total -= self._cost(gone)


def memory_of(heads: Heads) -> int:
    """About how many bytes an opened heads object takes."""
    frames = sum(len(instance.frames) for instance in heads.instances)
    return len(heads.blob) + INSTANCE_BYTES * len(heads.instances) + FRAME_BYTES * frames


def rows_in(rows: HeadsRows) -> int:
    return len(rows.instances) + rows.frames


_kept: Kept[Heads] = Kept(KEPT_BYTES, memory_of)
_kept_rows: Kept[HeadsRows] = Kept(KEPT_ROWS, rows_in)


def read_heads(tenant: str, study: str, series: str, sha256: str, deps: Deps, kept: Kept[Heads] = _kept) -> Heads:
    """Raises NotArrived, Poison (heads_damaged): storage vouched for the bytes, so that another copy would be no better."""
    bucket, key = keys.parcel_object(tenant, study, series, "heads", sha256)
    heads = kept.get(key)
    if heads is None:
        try:
            heads = open_heads(deps.vault.get(bucket, key))
        except ObjectMissing:
            raise NotArrived(reason="parcel_missing") from None
        except (ParcelDamaged, ParcelUnknown):
            raise Poison(reason="heads_damaged") from None
        kept.put(key, heads)
    return heads


def read_rows(tenant: str, study: str, series: str, sha256: str, deps: Deps, kept: Kept[HeadsRows] = _kept_rows) -> HeadsRows:
    """The index rows of a heads object. Raises as `read_heads`, and Poison (series_too_large, index_impossible)."""
    _, key = keys.parcel_object(tenant, study, series, "heads", sha256)
    return kept.get(key) or _made_rows(tenant, study, series, sha256, deps, kept, None)


def look_through(
    tenant: str, study: str, series: str, sha256: str, deps: Deps, look: Look, kept: Kept[HeadsRows] = _kept_rows
) -> HeadsRows:
    """As `read_rows`; `look` is shown each data set of the object, once."""
    return _made_rows(tenant, study, series, sha256, deps, kept, look)


def _made_rows(
    tenant: str, study: str, series: str, sha256: str, deps: Deps, kept: Kept[HeadsRows], look: Look | None
) -> HeadsRows:
    """Making rows is a pure function of bytes that storage vouches for: what fails once fails always."""
    heads = read_heads(tenant, study, series, sha256, deps)
    try:
        rows = rows_of(heads, lambda sop_uid, number: deps.naming.frame(tenant, sop_uid, number), look=look)
    except (MemoryError, Poison):
        raise
    except TooManyFrames:
        raise Poison(reason="series_too_large") from None
    except Exception as error:
        logger.error("index impossible", extra={"study": study, "series": series, "error": type(error).__name__})
        raise Poison(reason="index_impossible") from None
    _, key = keys.parcel_object(tenant, study, series, "heads", sha256)
    kept.put(key, rows)
    return rows
