"""The thumbnail of a series: its middle frame."""

from __future__ import annotations

from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import ObjectArchived
from functions.core.imaging.errors import DataSetMalformed, ParcelDamaged, PixelsUnreadable
from functions.core.study import keys
from functions.core.study.records import Series
from functions.render.pictures import IndexedFrame, SeriesPictures

TRIES = 5  # frames that are looked at when the middle one cannot be decoded


def render_thumbnail(tenant: str, study: str, series: str, index: str, deps: Deps) -> None:
    """Make the thumbnail of that index of the series and name it in the row, unless a newer index has come: while a series grows,
    a thumbnail for each of its indexes would be made in vain."""
    key = keys.study_pk(tenant, study), keys.series_sk(series)
    row = deps.table.get(*key)
    if row is None or row["index"] != index:
        return
    standing = Series.from_row(row)
    image = _image(SeriesPictures(deps, standing))
    if image is None:
        return
    name = keys.thumbnail_name(keys.sha256_hex(image))
    deps.vault.put("pixels", keys.parcel_prefix(tenant, study, series) + name, image, content_type="image/jpeg")

    def decide(old: Row | None) -> Row | None:
        if old is None or old["index"] != standing.index:
            return None  # its own event renders it
        return {**old, "thumbnail": name}

    change(deps.table, *key, decide)


def _image(pictures: SeriesPictures) -> bytes | None:
    for frame in _candidates(pictures.frames):
        try:
            return pictures.thumbnail(frame)
        except (PixelsUnreadable, ParcelDamaged, DataSetMalformed, ObjectArchived) as error:
            logger.info("frame not shown", extra={"series": pictures.row.series, "code": error.code})
            count("FrameNotShown", where="thumbnail")
    return None


def _candidates(frames: list[IndexedFrame]) -> list[IndexedFrame]:
    """The middle frame, then its neighbours outwards."""
    middle = len(frames) // 2
    places = sorted(range(len(frames)), key=lambda place: abs(place - middle))
    return [frames[place] for place in places[:TRIES]]
