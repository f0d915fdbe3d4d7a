"""What is drawn of an instance in several versions: the one that the index shows, and nothing of what is withheld."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.core.study import keys
from functions.render.pictures import SeriesPictures
from tests.handlers.render_world import TENANT, RenderWorld, ct_slice


@pytest.fixture
def world() -> RenderWorld:
    return RenderWorld()


def grey(picture: bytes) -> NDArray[np.float64]:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"), float)


def index_of(world: RenderWorld) -> tuple[str, Any]:
    """(prefix of the series' objects, its index)."""
    row = world.series()
    prefix = keys.parcel_prefix(TENANT, row.study, row.series)
    return prefix, json.loads(gzip.decompress(world.deps.vault.get("pixels", f"{prefix}{row.index}")))


def blank_what_is_not_shown(world: RenderWorld) -> None:
    """Zeros for all bytes of pixel objects that the index does not name."""
    prefix, index = index_of(world)
    kept: dict[str, bytearray] = {}
    for columns in (index["columns"][piece] for piece in ("quarter", "half", "full")):
        for number, at, size in zip(columns["object"], columns["offset"], columns["bytes"], strict=True):
            name = prefix + index["objects"][number]["name"]
            body = world.deps.vault.get("pixels", name)
            kept.setdefault(name, bytearray(len(body)))[at : at + size] = body[at : at + size]
    for name in list(world.deps.vault.keys("pixels", prefix)):
        if name.endswith((".low", ".rest")):
            world.deps.vault.overwrite("pixels", name, bytes(kept.get(name, bytearray(100))))


def test_a_frame_is_drawn_from_the_version_that_the_index_shows(world: RenderWorld) -> None:
    """All versions of a frame have its name; another's parcel may be damaged, in an archive, or in a syntax nobody decodes."""
    for number, note in enumerate("ABCDE", start=2):
        world.send([ct_slice(1, InstitutionName=note), ct_slice(number, level=-900 + number)])
    _, index = index_of(world)
    assert (world.series().conflicts["instances"], index["page"]["frames"]) == (1, 6)
    blank_what_is_not_shown(world)
    pictures = SeriesPictures(world.deps, world.series())
    assert [grey(pictures.thumbnail(frame)).max() > 100 for frame in pictures.frames] == [True, *[False] * 5]


def test_what_is_withheld_is_black_on_film_and_has_no_thumbnail(world: RenderWorld) -> None:
    """Left out of the film, the next slice would move up into its place."""
    world.send([ct_slice(1)])
    world.report()
    world.declare({"1.2.3.1": 1})
    world.render()
    assert world.series().thumbnail
    before = middle_of_film(world)
    world.send([ct_slice(1, level=300)])
    world.render("series_indexed")
    assert world.series().thumbnail is None
    assert middle_of_film(world) < 30 < 100 < before


def middle_of_film(world: RenderWorld) -> float:
    """Mean grey in the middle of a film with one cell."""
    films = world.study().films
    assert films
    picture = grey(world.derived(films["pages"][0]))
    rows, columns = picture.shape
    return float(picture[rows // 2 - 50 : rows // 2 + 50, columns // 2 - 50 : columns // 2 + 50].mean())
