"""Every real file of the reference set: kept exactly, indexed without error, shown where a decoder exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import jsonschema
import numpy as np
import pydicom
import pytest

from functions.core.imaging import series_index
from functions.core.imaging.display import thumbnail
from functions.core.imaging.errors import PixelsUnreadable
from functions.core.imaging.parcel import Heads, Instance, Parcel, Received, decode_frame, pack
from iac.local.packages import pins
from tests.core.imaging.samples import fetch_from, opened, read_file, rebuild_opened, rebuilt
from tests.data import files, real_ct_native, real_mr

pytestmark = pytest.mark.slow
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "events/schemas/series_index.v1.json").read_text())
)
BROKEN = {  # file: why it is kept verbatim
    "ExplVR_BigEndNoMeta.dcm": "leaves the data set",
    "MR_truncated.dcm": "leaves the data set",
    "SC_rgb_small_odd_big_endian.dcm": "odd 8-bit pixels",
    "badVR.dcm": "number of frames unusable",
    "meta_missing_tsyntax.dcm": "pixel format not supported",
    "nested_priv_SQ.dcm": "pixel format not supported",
    "no_meta.dcm": "leaves the data set",
    "rtplan_truncated.dcm": "leaves the data set",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "cut off",
}
UNDECODED = {"JPEG2000-embedded-sequence-delimiter.dcm"}  # damaged on purpose: no decoder takes it


class Packed(NamedTuple):
    path: Path
    item: Received
    parcels: list[tuple[Heads, Parcel]]


@pytest.fixture(scope="module", params=sorted(pins()))
def package(request: pytest.FixtureRequest) -> list[Packed]:
    """Every file of one pinned package, packed alone."""
    items = [(path, read_file(path)) for path in files(request.param)]
    return [Packed(path, item, opened([item])) for path, item in items]


def test_the_reference_set_is_there() -> None:
    """Over fewer files, the tests below would promise too much."""
    assert sum(len(pin.files) for pin in pins().values()) > 300


@pytest.mark.req("ING-12", "PLUS-01", "EDGE-13")
def test_real_files_come_back_byte_for_byte(package: list[Packed]) -> None:
    """All tags, private ones, odd lengths, broken ones: the bytes received are the bytes returned."""
    for path, item, parcels in package:
        assert rebuild_opened(parcels) == {item.sha256: item.data_set}, path.name


@pytest.mark.req("ING-12")
def test_files_kept_whole_say_why_in_one_line(package: list[Packed]) -> None:
    """An operator who finds one not displayed should not have to guess; and the reason holds no value of the data set."""
    for path, _, parcels in package:
        for heads, _ in parcels:
            for instance in heads.instances:
                assert "\n" not in instance.reason
                expected = BROKEN.get(path.name)
                assert expected in instance.reason if expected else not instance.reason, path.name


def test_every_index_meets_its_schema_and_names_nobody(package: list[Packed]) -> None:
    """One odd file must not take a series out of the index, nor its UIDs into it."""
    for path, item, parcels in package:
        pages = series_index.build(
            [heads for heads, _ in parcels],
            series="a" * 32,
            version=1,
            declared=1,
            complete=False,
            frame_name=lambda uid, number: "b" * 16,
        )
        for page in pages:
            SCHEMA.validate(page)
            assert not item.sop_uid or item.sop_uid not in json.dumps(page), path.name


@pytest.mark.req("ING-12")
def test_stored_values_are_those_another_decoder_gives(package: list[Packed]) -> None:
    """pydicom with other codecs reads the file; we read the parcel."""
    for path, _, parcels in package:
        for heads, parcel in parcels:
            for instance in heads.instances:
                if instance.frames and instance.part == 0 and path.name not in UNDECODED:
                    compare(path, heads, instance, parcel)


def compare(path: Path, heads: Heads, instance: Instance, parcel: Parcel) -> None:
    """The first frame against pydicom's, where pydicom has a decoder."""
    ours = decode_frame(heads, instance, 0, fetch_from(parcel)).values
    thumbnail(heads, instance, 0, fetch_from(parcel), 64)
    try:
        theirs = pydicom.pixels.pixel_array(pydicom.dcmread(path, force=True), index=0, raw=True)
    except (RuntimeError, AttributeError, ValueError, NotImplementedError, KeyError):
        return
    ds = heads.data_set(instance)
    if ds.BitsStored < ds.BitsAllocated and instance.mode == "zstd" and ds.BitsAllocated > 1:
        theirs = theirs & ((1 << ds.BitsStored) - 1)  # pydicom leaves what stands above the high bit
        ours = ours & ((1 << ds.BitsStored) - 1)
    assert np.array_equal(ours, theirs), path.name


@pytest.mark.req("EDGE-13")
@pytest.mark.parametrize("series", [real_ct_native, real_mr], ids=["CT", "MR"])
def test_real_series_shrink_to_less_than_half_without_loss(series: object) -> None:
    """The tenders' ratio: data set bytes received over all bytes stored."""
    assert callable(series)
    items = [read_file(path) for path in series()]
    assert ratio(items) > 2
    assert rebuilt(items) == {item.sha256: item.data_set for item in items}


@pytest.mark.req("EDGE-13")
def test_the_reference_ct_and_mr_together_reach_the_ratio_asked_for() -> None:
    series = [[read_file(path) for path in paths] for paths in (real_ct_native(), real_mr())]
    received = sum(len(item.data_set) for items in series for item in items)
    assert received / sum(stored(items) for items in series) >= 2.2


def stored(items: list[Received]) -> int:
    return sum(len(blob.data) for parcel in pack(items) for blob in parcel.blobs)


def ratio(items: list[Received]) -> float:
    return sum(len(item.data_set) for item in items) / stored(items)


def test_a_frame_no_decoder_takes_is_an_error_never_a_picture() -> None:
    (path,) = [path for path in files("pydicom") if path.name in UNDECODED]
    ((heads, parcel),) = opened([read_file(path)])
    with pytest.raises(PixelsUnreadable):
        decode_frame(heads, heads.instances[0], 0, fetch_from(parcel))
