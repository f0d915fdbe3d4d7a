"""How soon images can be looked at: from parcels in the vault, and from the last C-STORE, to an index that shows every slice."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from bench._cloud_hospital import Place, running
from bench._cloud_parcels import PackedSeries, granted_manifests, pack_files, put_and_confirm, put_parcels
from bench._cloud_sent import sent_row
from bench.harness import Goal, Row, compare
from functions.core.study import keys
from iac.local.phantom import Identity, cached_phantom

SLICES = 1000
STUDIES = (100, 300)
READS, GRACE_S = 2, 3.0  # issue 11: at most twice the time to read the parcels once, and 3 s


def rows() -> Iterator[Row]:
    who = Identity()
    series = pack_files(cached_phantom(SLICES), who.uid("study"), who.uid("series 2"))
    with running() as place:
        yield parcels_row(place, series)
    del series
    for slices in STUDIES:
        yield sent_row(slices)


def parcels_row(place: Place, series: PackedSeries) -> Row:
    measured = _Parcels(place, series)
    row = compare(
        f"parcels to viewable, {series.slices} slices",
        measured.viewable_s,
        measured.allowed_s,
        unit="s",
        goal=Goal("ratio", "≤", 1),
        n=7,
    )
    reading = statistics.median(measured.read_s[1:])
    stored = sum(len(blob.data) for blob in series.blobs) / 1e6
    note = (
        f"{len(series.batches)} manifests put and confirmed until the index is read through the gateway; reference: 2 × reading"
        f" + 3 s; reading the {stored:.0f} MB of parcels once takes {reading:.2f} s"
    )
    return replace(row, note=note)


class _Parcels:
    """Ours and the reference, in turns: each reads or indexes the same bytes, ours in a hospital of its own."""

    def __init__(self, place: Place, series: PackedSeries) -> None:
        self._place, self._series = place, series
        self._tenant = ""
        self.read_s: list[float] = []

    def viewable_s(self) -> float:
        """Seconds from the first manifest's put until the index of all slices is here."""
        if self._tenant:
            self._place.forget_pixels(self._tenant)
        who, agent = self._place.enrolled()
        self._tenant = who.tenant
        series = self._series
        put_parcels(series, agent)
        manifests = granted_manifests(series, agent, who, self._place.deps.naming)
        self._place.settle()
        start = time.perf_counter()
        put_and_confirm(manifests, series, agent)
        row = self._place.when_viewable(who.tenant, series.study_uid, series.series_uid, series.slices)
        page = self._place.index(row)
        taken = time.perf_counter() - start
        agent.close()
        if page["page"]["frames"] != series.slices or len(page["columns"]["frame"]) != series.slices:
            raise AssertionError(f"the index shows {page['page']}")
        return taken

    def allowed_s(self) -> float:
        """What the goal allows, from reading the very objects that were indexed, one after the other."""
        place, series, tenant = self._place, self._series, self._tenant
        place.settle()
        naming = place.deps.naming
        study, name = naming.study(tenant, series.study_uid), naming.series(tenant, series.series_uid)
        vault, size = place.vault, 0
        vault.head("pixels", "nothing")  # connects
        start = time.perf_counter()
        for blob in series.blobs:
            kind = cast("keys.ParcelKind", blob.kind)
            size += len(vault.get(*keys.parcel_object(tenant, study, name, kind, blob.sha256)))
        self.read_s.append(time.perf_counter() - start)
        if size != sum(len(blob.data) for blob in series.blobs):
            raise AssertionError(f"{size} bytes read")
        return READS * self.read_s[-1] + GRACE_S
