"""The frames of a series, in the order of its index, each with what is known of it and a way to its picture."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from functions.adapters.wiring import Deps
from functions.core.errors import ObjectMissing
from functions.core.imaging import attributes, display
from functions.core.imaging.film import FilmFrame
from functions.core.imaging.film_edges import edges_of_orientation, edges_of_patient_orientation
from functions.core.imaging.geometry import along_normal
from functions.core.imaging.parcel import Heads, Instance, PixelsUnreadable, open_heads
from functions.core.imaging.rebuilding import Fetch
from functions.core.study import keys
from functions.core.study.bookkeeping import ManifestSeen
from functions.core.study.records import Series

PATIENT_ORIENTATION = 0x00200020
NO_PICTURE = ("none", "mpeg")

Place = tuple[str, int]  # name of a pixel object, offset in it


@dataclass(frozen=True)
class IndexedFrame:
    """One frame as the series index names it; mappings are rows of the index's tables.

    number: what is written beside it: the instance number, in a multi-frame image the frame's.
    place: object and offset of its full piece, since an instance may have come in several versions; None where none is shown.
    """

    name: str
    place: Place | None
    number: int | None
    format: dict[str, Any]
    plane: dict[str, Any]
    voi: dict[str, Any]
    position: tuple[float, ...] | None

    @property
    def aspect(self) -> float:
        """Width over height in mm, in pixels where no spacing is known."""
        down, across = self.plane["spacing"] or (1.0, 1.0)
        return float(self.format["columns"] * across / (self.format["rows"] * down))


@dataclass(frozen=True)
class Located:
    """A frame in its parcel. index: from 0, in instance.frames."""

    heads: Heads
    instance: Instance
    index: int
    fetch: Fetch


class SeriesPictures:
    """Reads index and parcels as they are needed. Raises ObjectMissing and ParcelDamaged as the vault and the parcels do."""

    def __init__(self, deps: Deps, row: Series) -> None:
        self._deps = deps
        self.row = row
        self._found: dict[tuple[str, Place], Located] = {}
        self._unread: Iterator[str] | None = None

    @cached_property
    def frames(self) -> list[IndexedFrame]:
        """Those that can be made into a picture here: neither video nor pixels that could not be cut into frames."""
        names = self.row.pages or ([self.row.index] if self.row.index else [])
        return [frame for name in names for frame in self._page(name) if frame.format["codec"] not in NO_PICTURE]

    def _page(self, name: str) -> Iterator[IndexedFrame]:
        page = json.loads(gzip.decompress(self._deps.vault.get("pixels", self._prefix + name)))
        columns = page["columns"]
        # The frames of a multi-frame image share its instance number: people count them by frame.
        numbers = columns["frame_number"] if max(columns["frame_number"], default=1) > 1 else columns["number"]
        for place, frame in enumerate(columns["frame"]):
            position = columns["position"][place]
            yield IndexedFrame(
                frame,
                _place(page, place),
                numbers[place],
                page["formats"][columns["format"][place]],
                page["planes"][columns["plane"][place]],
                page["vois"][columns["voi"][place]],
                None if position is None else tuple(position),
            )

    @property
    def _prefix(self) -> str:
        return keys.parcel_prefix(self.row.tenant, self.row.study, self.row.series)

    def locate(self, frame: IndexedFrame) -> Located:
        """Opens heads objects until one holds the frame. Raises ObjectMissing when none does, PixelsUnreadable when there is
        nothing to show of it."""
        if frame.place is None:
            raise PixelsUnreadable(what=frame.format["codec"])
        if self._unread is None:
            self._unread = self._heads_digests()
        while (frame.name, frame.place) not in self._found:
            digest = next(self._unread, None)
            if digest is None:
                raise ObjectMissing(bucket="pixels")
            self._open(digest)
        return self._found[frame.name, frame.place]

    def _heads_digests(self) -> Iterator[str]:
        rows = self._deps.table.rows(keys.study_pk(self.row.tenant, self.row.study), "MANIFEST#")
        seen = [ManifestSeen.from_row(row) for row in rows if row["series"] == self.row.series]
        for manifest in sorted(seen, key=lambda one: (one.packed_at, one.sha256)):
            yield from manifest.heads

    def _open(self, digest: str) -> None:
        tenant, study, series = self.row.tenant, self.row.study, self.row.series
        bucket, key = keys.parcel_object(tenant, study, series, "heads", digest)
        heads = open_heads(self._deps.vault.get(bucket, key))

        def fetch(kind: str, offset: int, length: int) -> bytes:
            home = heads.low if kind == "low" else heads.rest
            if home is None:
                raise ObjectMissing(bucket="pixels")
            return self._deps.vault.get_range("pixels", f"{self._prefix}{home.sha256}.{kind}", offset, length)

        for instance in heads.instances:
            for index, frame in enumerate(instance.frames):
                name = self._deps.naming.frame(tenant, instance.sop_uid, instance.first_frame + index + 1)
                place = f"{heads.rest.sha256 if heads.rest else ''}.rest", frame.full.offset
                self._found.setdefault((name, place), Located(heads, instance, index, fetch))

    def thumbnail(self, frame: IndexedFrame) -> bytes:
        """A small JPEG of the frame. Raises PixelsUnreadable, ParcelDamaged, DataSetMalformed."""
        found = self.locate(frame)
        return display.thumbnail(found.heads, found.instance, found.index, found.fetch)

    def film_frame(self, frame: IndexedFrame, *, wanted_px: float) -> FilmFrame:
        """The frame as it goes on film. wanted_px: width it will be printed at; a resolution below it is not chosen."""
        found = self.locate(frame)
        ds = found.heads.data_set(found.instance)
        picture = display.picture(
            found.heads, found.instance, found.index, found.fetch, _reduction(frame, wanted_px), data_set=ds
        )
        orientation = frame.plane["orientation"]
        edges = edges_of_orientation(orientation)
        if orientation is None:
            edges = edges_of_patient_orientation(attributes.texts(ds, PATIENT_ORIENTATION))
        return FilmFrame(
            picture.pixels,
            picture.spacing,
            detector=frame.plane["spacing_source"] == "imager",
            edges=edges,
            number=frame.number,
            position_mm=_position_mm(orientation, frame.position),
            thickness_mm=frame.plane["thickness"],
            window=_window(frame) if picture.pixels.ndim == 2 else None,
            pixel_aspect=picture.aspect,
        )


def _place(page: Mapping[str, Any], row: int) -> Place | None:
    full = page["columns"]["full"]
    number = full["object"][row]
    return None if number < 0 else (page["objects"][number]["name"], full["offset"][row])


def _reduction(frame: IndexedFrame, wanted_px: float) -> int:
    """How often the frame may be halved and still have the pixels that the print shows; only where the codec has resolutions."""
    if frame.format["codec"] != "htj2k":
        return 0
    columns = frame.format["columns"]
    return max(level for level in (0, 1, 2) if level == 0 or columns / 2**level >= wanted_px)


def _position_mm(orientation: list[float] | None, position: tuple[float, ...] | None) -> float | None:
    return along_normal(tuple(orientation), position) if orientation is not None and position is not None else None


def _window(frame: IndexedFrame) -> tuple[float, float] | None:
    """The window that the picture was shown with, where it was one of the image's own."""
    if frame.voi["lut"] is not None or not frame.voi["windows"]:
        return None
    first = frame.voi["windows"][0]
    return float(first["center"]), float(first["width"])
