"""What packing decides about one instance, and what it takes on trust."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.parcel import Received
from functions.core.imaging.preparing import prepare
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
