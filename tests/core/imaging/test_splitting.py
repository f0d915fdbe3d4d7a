"""Large series and large instances: how they fall into parcels."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from functions.core.imaging.data_set import EXPLICIT_LITTLE
from functions.core.imaging.errors import ParcelDamaged
from functions.core.imaging.packing import split
from functions.core.imaging.parcel import MAX_OBJECT, Received, pack, rebuild_parts
from functions.core.imaging.preparing import prepare
from tests.core.imaging.samples import CT, fetch_from, image, opened, rebuild_opened, rebuilt, received

NOISE = np.random.default_rng(3)


def slices(count: int) -> list[Received]:
    return [
        received(
            image(
                NOISE.integers(0, 4000, (64, 64), "u2"),
                SOPInstanceUID=f"1.2.{number}",
                InstanceNumber=number,
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                ImagePositionPatient=[0, 0, float(number)],
            )
        )
        for number in range(1, count + 1)
    ]


def test_a_long_series_becomes_a_few_parcels_near_the_target() -> None:
    """A thousand objects are dear to put, tier, list and delete; one huge one is dear to retry."""
    items = slices(40)
    parcels = [parcel for _, parcel in opened(items, target_bytes=60_000)]
    sizes = [sum(len(blob.data) for blob in parcel.blobs) for parcel in parcels]
    assert 4 <= len(parcels) <= 6
    assert max(sizes) < 66_000
    assert [len(parcel.instances) for parcel in parcels][:-1] == [len(parcels[0].instances)] * (len(parcels) - 1)


def test_slices_stand_in_slice_order_however_they_arrived() -> None:
    """A viewer reads `low` from its beginning: the order there is the order in which previews come."""
    items = slices(9)
    shuffled = [items[index] for index in (4, 0, 8, 2, 6, 1, 7, 3, 5)]
    ((heads, _),) = opened(shuffled)
    assert [instance.sop_uid for instance in heads.instances] == [item.sop_uid for item in items]


def test_an_instance_larger_than_a_parcel_spans_several_by_frames() -> None:
    """A tomosynthesis or a long cine must not need one giant upload."""
    item = received(image(NOISE.integers(0, 4000, (12, 64, 64), "u2")))
    parcels = opened([item], target_bytes=20_000)
    parts = [heads.instances[0] for heads, _ in parcels]
    assert len(parts) > 3
    assert {part.parts for part in parts} == {len(parts)}
    assert [part.first_frame for part in parts] == list(np.cumsum([0, *(len(part.frames) for part in parts)]))[:-1]
    assert rebuild_opened(parcels) == {item.sha256: item.data_set}
    assert all(heads.data_set(heads.instances[0]).NumberOfFrames == 12 for heads, _ in parcels)


def test_a_frame_larger_than_any_object_is_kept_by_bytes() -> None:
    """Nothing is refused for its size."""
    item = received(image(NOISE.integers(0, 65535, (200, 200), "u2")))
    parcels = opened([item], target_bytes=20_000, limit_bytes=30_000)
    assert {heads.instances[0].mode for heads, _ in parcels} == {"verbatim"}
    assert sum(len(heads.instances) for heads, _ in parcels) == -(-len(item.data_set) // 20_000)
    assert all(len(blob.data) <= 30_000 for _, parcel in parcels for blob in parcel.blobs)
    assert rebuild_opened(parcels) == {item.sha256: item.data_set}


def test_parts_may_come_in_any_order_but_none_may_be_missing() -> None:
    item = received(image(NOISE.integers(0, 4000, (9, 64, 64), "u2")))
    parts = [(heads, heads.instances[0], fetch_from(parcel)) for heads, parcel in opened([item], target_bytes=20_000)]
    assert rebuild_parts(parts[::-1]) == item.data_set
    for missing in range(len(parts)):
        with pytest.raises(ParcelDamaged):
            rebuild_parts(parts[:missing] + parts[missing + 1 :])
    with pytest.raises(ParcelDamaged):
        rebuild_parts([*parts, parts[0]])


def test_a_long_one_bit_mask_whose_frames_share_bytes_spans_parcels() -> None:
    """Frames of 1-bit images do not begin at bytes: they are packed together over all parts."""
    frames = NOISE.integers(0, 2, (9, 65, 63), "u1")
    ds = image(frames, BitsAllocated=1, BitsStored=1, HighBit=0)
    bits = np.packbits(frames.reshape(-1), bitorder="little").tobytes()
    ds.PixelData = bits + b"\0" * (len(bits) % 2)
    item = received(ds)
    parcels = opened([item], target_bytes=1_500)
    assert len(parcels) > 2
    assert rebuild_opened(parcels) == {item.sha256: item.data_set}


def test_several_threads_give_the_same_parcels() -> None:
    """The order of work must not show in what is stored: a repeated upload has to meet the same names."""
    items = slices(12)
    one = [blob.sha256 for _, parcel in opened(items, target_bytes=30_000) for blob in parcel.blobs]
    two = [blob.sha256 for _, parcel in opened(items, target_bytes=30_000, workers=3) for blob in parcel.blobs]
    assert one == two


def test_the_same_instances_in_another_order_give_the_same_parcels() -> None:
    items = slices(6)
    names = {tuple(blob.sha256 for _, parcel in opened(order) for blob in parcel.blobs) for order in (items, items[::-1])}
    assert len(names) == 1


def test_nothing_gives_no_parcel() -> None:
    assert list(pack([])) == []


def test_an_empty_data_set_is_an_instance_too() -> None:
    item = Received("1.2", CT, EXPLICIT_LITTLE, b"")
    assert rebuilt([item]) == {item.sha256: b""}


def test_a_writer_that_would_store_something_else_keeps_the_bytes_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof of every packing: were the codec wrong by one level, the data set would be kept whole."""
    item = slices(1)[0]
    from functions.core.imaging import preparing

    honest = preparing._decoded
    monkeypatch.setattr(preparing, "_decoded", lambda coded, layout: honest(coded, layout) ^ 1)
    prepared = prepare(item)
    assert prepared.mode == "verbatim"
    assert prepared.reason == "Rebuilt bytes differ from those received."
    monkeypatch.undo()
    assert prepare(item).mode == "htj2k"


def test_attributes_larger_than_a_parcel_make_a_verbatim_instance() -> None:
    ds = image(NOISE.integers(0, 4000, (64, 64), "u2"))
    ds.add_new(0x00091010, "UN", NOISE.bytes(50_000))
    prepared = prepare(received(ds))
    assert prepared.mode == "htj2k"
    parts = split(prepared, 20_000, MAX_OBJECT)
    assert {part.prepared.mode for part in parts} == {"verbatim"}
    assert b"".join(part.head for part in parts) == prepared.received.data_set
    assert dataclasses.is_dataclass(parts[0])
