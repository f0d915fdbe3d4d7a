"""The order in which a series' frames are shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from functions.core.imaging.geometry import along_normal

PARALLEL = 1e-3  # largest difference of a direction cosine within one stack
DISTINCT_MM = 1e-3  # slices closer than this stand at the same place


class Placed(NamedTuple):
    """Where a frame stands. arrival: number of its instance; frame_number: from 1 within it."""

    orientation: tuple[float, ...] | None
    position: tuple[float, ...] | None
    number: int | None
    arrival: int
    frame_number: int


def display_order(frames: Sequence[Placed]) -> list[int]:
    """Indices of `frames` in display order.

    A stack of parallel slices, each at its own place, is ordered along its normal, in the direction in which the instance numbers
    grow (from head to feet, or as the scanner counted). Anything else (scouts, time series, cine, radiographs) by instance
    number, frame number and arrival.
    """
    by_number = sorted(range(len(frames)), key=lambda index: _numbered(frames[index]))
    places = stack_places(frames)
    if places is None:
        return by_number
    ascending = sorted(range(len(frames)), key=lambda index: places[index])
    low, high = frames[ascending[0]], frames[ascending[-1]]
    return ascending if _numbered(low) <= _numbered(high) else ascending[::-1]


def stack_places(frames: Sequence[Placed]) -> list[float] | None:
    """Millimetres along the common normal; None unless the frames are one stack of parallel slices at different places."""
    if not frames or frames[0].orientation is None:
        return None
    axis = frames[0].orientation
    places = []
    for frame in frames:
        if frame.orientation is None or frame.position is None:
            return None
        if max(abs(a - b) for a, b in zip(axis, frame.orientation, strict=True)) > PARALLEL:
            return None
        place = along_normal(axis, frame.position)
        if place is None:
            return None
        places.append(place)
    ordered = sorted(places)
    if any(after - before < DISTINCT_MM for before, after in pairwise(ordered)):
        return None
    return places


def _numbered(frame: Placed) -> tuple[int, int, int, int]:
    missing = frame.number is None
    return int(missing), 0 if frame.number is None else frame.number, frame.arrival, frame.frame_number
