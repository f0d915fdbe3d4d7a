"""The vectors that the TypeScript reader is held to as well."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.core.imaging import series_index
from functions.core.imaging.parcel import Heads, check_parcel, decode_frame, open_heads, rebuild
from tests.golden.make_parcels import SERIES, frame_name
from tests.golden.make_windowing import cases, grey, written

HERE = Path(__file__).parent
BINARY = (HERE / "parcels.bin").read_bytes()
PARCELS: list[dict[str, Any]] = json.loads((HERE / "parcels.json").read_text())
WINDOWING: list[dict[str, Any]] = json.loads((HERE / "windowing.json").read_text())


def stored(place: dict[str, Any]) -> bytes:
    return BINARY[place["offset"] : place["offset"] + place["bytes"]]


def opened(vector: dict[str, Any]) -> tuple[Heads, dict[str, bytes]]:
    objects = {kind: stored(place) for kind, place in vector["objects"].items()}
    return open_heads(objects["heads"]), objects


@pytest.mark.parametrize("vector", PARCELS, ids=lambda vector: str(vector["name"]))
def test_a_parcel_written_once_gives_the_same_data_sets_and_pixels_for_ever(vector: dict[str, Any]) -> None:
    """A vault outlives every version of its reader."""
    heads, objects = opened(vector)
    check_parcel(heads, objects.get("low"), objects.get("rest"))
    frames = iter(vector["frames"])
    for instance, known in zip(heads.instances, vector["instances"], strict=True):

        def fetch(kind: str, offset: int, length: int) -> bytes:
            return objects[kind][offset : offset + length]

        assert hashlib.sha256(rebuild(heads, instance, fetch)).hexdigest() == known["sha256"]
        for index in range(len(instance.frames)):
            for size, values in next(frames)["sizes"].items():
                reduce = {"full": 0, "half": 1, "quarter": 2}[size]
                pixels = decode_frame(heads, instance, index, fetch, reduce).values
                assert list(pixels.shape) == values["shape"]
                expected = np.frombuffer(stored(values), f"<{values['type'][0]}{int(values['type'][1:]) // 8}")
                assert np.array_equal(pixels.reshape(-1), expected)


@pytest.mark.parametrize("vector", PARCELS, ids=lambda vector: str(vector["name"]))
def test_the_index_of_an_old_parcel_is_built_as_before(vector: dict[str, Any]) -> None:
    """An index is made again from the heads objects at every change of a series; viewers hold pieces under the old one."""
    heads, _ = opened(vector)
    (page,) = series_index.build(
        [heads],
        series=SERIES,
        version=1,
        declared=len(heads.instances),
        complete=True,
        frame_name=frame_name,
    )
    assert json.loads(json.dumps(page)) == vector["index"]


@pytest.mark.parametrize("number", range(len(WINDOWING)), ids=lambda number: str(WINDOWING[number]["name"]))
def test_grey_levels_are_those_both_languages_agreed_on(number: int) -> None:
    """The picture on the film and the one in the browser must not differ."""
    case, known = cases()[number], WINDOWING[number]
    assert np.abs(grey(case).astype(int) - np.asarray(known["expected"])).max() <= 1
    assert json.loads(json.dumps(written(case))) == known | {"expected": grey(case).tolist()}


def test_the_vectors_are_small_enough_to_keep() -> None:
    assert sum((HERE / name).stat().st_size for name in ("parcels.bin", "parcels.json", "windowing.json")) < 300_000
