"""What packing decides about one instance, and what it takes on trust."""

from __future__ import annotations

import hashlib
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.parcel import Received
from functions.core.imaging.preparing import prepare
from functions.core.imaging.rebuilding import weaves_into
from tests.core.imaging.samples import image, opened, rebuild_opened, rebuilt, received

PIXELS = np.random.default_rng(5).integers(300, 900, (64, 64))


def slice_of(values: np.ndarray, **attributes: object) -> Received:
    return received(image(values, BitsStored=12, HighBit=11, **attributes))


@pytest.mark.parametrize(
    ("values", "stray"),
    [
        (PIXELS.astype("u2"), [0, 4095]),
        (PIXELS.astype("i2") - 600, [-2048, 2047]),
    ],
)
def test_words_that_are_not_their_stored_values_stay_out_of_the_wavelet(values: np.ndarray, stray: list[int]) -> None:
    """A mean of an overlay bit is no value: at quarter size a reader could not mask it out."""
    values.flat[:2] = stray
    assert prepare(slice_of(values)).mode == "htj2k"
    for word in (stray[0] - 1, stray[1] + 1):
        odd = values.copy()
        odd.flat[2000] = word % 65536 if odd.dtype.kind == "u" else word
        item = slice_of(odd)
        assert prepare(item).mode == "zstd"
        assert rebuilt([item]) == {item.sha256: item.data_set}


def test_a_digest_taken_at_reception_names_the_instance() -> None:
    """The agent has just compared it with the bytes: to take it once more would cost more than half of the rest of packing."""
    item = slice_of(PIXELS.astype("u2"))
    given = Received(
        item.sop_uid,
        item.sop_class_uid,
        item.transfer_syntax_uid,
        item.data_set,
        checked_sha256=hashlib.sha256(item.data_set).hexdigest(),
    )
    ((_, one),), ((_, other),) = opened([item]), opened([given])
    assert [blob.data for blob in one.blobs] == [blob.data for blob in other.blobs]


def test_a_digest_that_is_not_that_of_the_bytes_is_found_when_they_are_rebuilt() -> None:
    """A caller that has not compared it cannot make a reader believe it."""
    item = slice_of(PIXELS.astype("u2"))
    parcels = opened(
        [Received(item.sop_uid, item.sop_class_uid, item.transfer_syntax_uid, item.data_set, checked_sha256="0" * 64)]
    )
    with pytest.raises(ParcelDamaged, match="differs"):
        rebuild_opened(parcels)


def test_the_frames_of_a_long_cine_are_not_in_memory_twice() -> None:
    """An angiogram may have gigabytes: its bytes are there, what is stored of them, and one decoded frame at a time."""
    frames = np.cumsum(np.random.default_rng(3).integers(-3, 4, (24, 256, 256)), axis=2) + 1000
    item = slice_of(frames.astype("u2"))
    prepare(item)  # imports
    tracemalloc.start()
    try:
        prepared = prepare(item)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    stored = sum(frame.size for frame in prepared.frames)
    assert (prepared.mode, len(prepared.frames)) == ("htj2k", 24)
    assert peak < stored + 3 * len(item.data_set) / 24


@given(st.data())
def test_a_recipe_gives_the_data_set_however_its_pixels_come(data: st.DataObject) -> None:
    """And never gives another: not with a byte changed, missing or too many."""
    pieces = data.draw(st.lists(st.binary(max_size=6), min_size=1, max_size=9).filter(lambda found: len(found) % 2))
    whole, runs = b"".join(pieces), [len(piece) for piece in pieces]
    head, pixels = b"".join(pieces[::2]), b"".join(pieces[1::2])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pixels)), max_size=4)))
    chunks = [pixels[start:end] for start, end in pairwise([0, *cuts, len(pixels)])]
    assert weaves_into(whole, runs, head, chunks)
    assert not weaves_into(whole, runs, head, [*chunks, b"x"])
    assert not weaves_into(whole + b"x", runs, head, chunks)
    if pixels:
        place = data.draw(st.integers(0, len(pixels) - 1))
        other = pixels[:place] + bytes([pixels[place] ^ 1]) + pixels[place + 1 :]
        assert not weaves_into(whole, runs, head, [other])
        assert not weaves_into(whole, runs, head, [pixels[:-1]])
