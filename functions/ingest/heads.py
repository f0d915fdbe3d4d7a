"""Opened heads objects, kept while the function is warm.

They are immutable, and a series that grows is indexed anew from all of its parcels.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, ObjectMissing, Poison
from functions.core.imaging.parcel import Heads, ParcelDamaged, ParcelUnknown, open_heads
from functions.core.study import keys

KEPT_BYTES = 192 * 1024 * 1024


class Kept:
    """Recently opened heads by bucket key, least recently used out first. bytes: of their blobs, the bulk of them."""

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._limit = limit_bytes
        self._heads: OrderedDict[str, Heads] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> Heads | None:
        with self._lock:
            heads = self._heads.get(key)
            if heads is not None:
                self._heads.move_to_end(key)
            return heads

    def put(self, key: str, heads: Heads) -> None:
        with self._lock:
            if key in self._heads:
                return
            self._heads[key] = heads
            self._bytes += len(heads.blob)
            while self._bytes > self._limit and len(self._heads) > 1:
                _, gone = self._heads.popitem(last=False)
                self._bytes -= len(gone.blob)


_kept = Kept()


def read_heads(tenant: str, study: str, series: str, sha256: str, deps: Deps, kept: Kept = _kept) -> Heads:
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
