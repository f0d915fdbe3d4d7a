"""What a viewer loads before it can ask for pixels: our series index beside Orthanc's DICOMweb metadata of the same series."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bench._cloud_hospital import Place, page_text, running
from bench._cloud_orthanc import AE_TITLE, DicomWeb, send
from bench._cloud_parcels import granted_manifests, pack_files, put_and_confirm, put_parcels
from bench.harness import Goal, Row, compare, fact
from functions.core.study.records import Series
from iac.local.phantom import Identity, cached_phantom

SLICES = (300, 1000)
ROUNDS = 9
WORK = Path("build/bench")


def rows() -> Iterator[Row]:
    """Time and bytes, for each length of series and each of Orthanc's two ways to answer."""
    WORK.mkdir(parents=True, exist_ok=True)
    with running() as place:
        for slices in SLICES:
            ours = indexed(place, slices)
            for mode in ("Full", "MainDicomTags"):
                with TemporaryDirectory(dir=WORK.resolve(), prefix="index-") as folder:
                    yield from _rows(place, ours, slices, mode, Path(folder))


def indexed(place: Place, slices: int) -> Series:
    """The phantom's row once the cloud shows it whole and is at rest again."""
    who = Identity()
    series = pack_files(cached_phantom(slices), who.uid("study"), who.uid("series 2"))
    agent, cloud = place.enrolled()
    put_parcels(series, cloud)
    put_and_confirm(granted_manifests(series, cloud, agent, place.deps.naming), series, cloud)
    row = place.when_viewable(agent.tenant, series.study_uid, series.series_uid, slices)
    cloud.close()
    place.settle()
    return row


def _rows(place: Place, series: Series, slices: int, mode: str, folder: Path) -> Iterator[Row]:
    """The goals stand against `Full`: only that answer lets a viewer draw. The other's rows are for comparison."""
    who = Identity()
    orthanc = DicomWeb(folder, mode)
    try:
        send(orthanc.port, AE_TITLE, cached_phantom(slices))
        name = series.index or ""
        address, cookie = place.address(series, name), place.cookie(series)
        ours = _Fetch(lambda: place.http.get(address, headers=cookie), lambda body: page_text(name, body))
        theirs = _Fetch(lambda: orthanc.metadata(who.uid("study"), who.uid("series 2")))
        full = mode == "Full"
        row = compare(
            f"series index / Orthanc {mode}, {slices} slices",
            ours.milliseconds,
            theirs.milliseconds,
            unit="ms",
            goal=Goal("ratio", "≤", 0.1) if full else None,
            n=ROUNDS,
            warm_up=3,
            note=f"fetched and parsed by the same client, gzip both; ours through the gateway, signature and digest checked;"
            f" {orthanc.version}, SeriesMetadata = {mode}" + ("" if full else ", which lacks rows, spacing and window"),
        )
        if len(ours.parsed["columns"]["frame"]) != slices or len(theirs.parsed) != slices:
            raise RuntimeError(f"{slices} slices expected in both answers")
        yield row
        yield fact(
            f"series index bytes / Orthanc {mode}, {slices} slices",
            ours.bytes / 1000,
            unit="kB gz",
            reference=theirs.bytes / 1000,
            goal=Goal("ratio", "≤", 1) if full else None,
            note=f"on the line, body only; parsed JSON text of {len(ours.text) / 1e6:.2f} and {len(theirs.text) / 1e6:.2f} MB",
        )
    finally:
        orthanc.http.close()
        orthanc.stop()


class _Fetch:
    """Fetches and parses one answer, and remembers the last. bytes: of the body as it came over the line.

    opened: makes text of a body; the client has undone a content encoding by then.
    """

    def __init__(self, get: Callable[[], httpx.Response], opened: Callable[[bytes], bytes] = bytes) -> None:
        self._get, self._opened = get, opened
        self.parsed: Any = None
        self.text = b""
        self.bytes = 0

    def milliseconds(self) -> float:
        start = time.perf_counter()
        answer = self._get().raise_for_status()
        self.text = self._opened(answer.content)
        self.parsed = json.loads(self.text)
        taken = time.perf_counter() - start
        self.bytes = answer.num_bytes_downloaded
        return taken * 1000
