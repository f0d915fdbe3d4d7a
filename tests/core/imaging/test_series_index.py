"""The series index: order, geometry, pieces, and nobody's name."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pytest

from functions.core.imaging import series_index
from functions.core.imaging.parcel import Received, open_heads, pack
from tests.core.imaging.samples import CT, encapsulated, image, opened, received

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[3] / "events/schemas/series_index.v1.json").read_text())
)
FRAME = np.random.default_rng(2).integers(0, 900, (36, 40), "u2")


def name_of(uid: str, number: int) -> str:
    """A name that tells the test which frame it is: letters only, as keyed names."""
    digits = f"{int(uid.split('.')[-1]):06d}{number:06d}"
    return "frame" + "".join("abcdefghij"[int(digit)] for digit in digits)[:11]


def slice_at(number: int, z: float | None, **attributes: Any) -> Received:
    place = {} if z is None else {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, z]}
    return received(image(FRAME, SOPInstanceUID=f"1.2.{number}", InstanceNumber=number, **place, **attributes))


def pages_of(items: list[Received], **options: Any) -> list[dict[str, Any]]:
    heads = [found for found, _ in opened(items, **options)]
    pages = series_index.build(heads, series="s" * 32, version=3, declared=None, complete=False, frame_name=name_of)
    for page in pages:
        SCHEMA.validate(page)
    return pages


def page_of(items: list[Received], **options: Any) -> dict[str, Any]:
    (page,) = pages_of(items, **options)
    return page


def test_a_stack_is_ordered_along_its_normal_in_the_direction_of_its_numbers() -> None:
    """Head first or feet first is the scanner's choice; a number out of turn is not."""
    down = page_of([slice_at(1, 50), slice_at(3, 45), slice_at(2, 40), slice_at(4, 35)])
    assert [place[2] for place in down["columns"]["position"]] == [50, 45, 40, 35]
    up = page_of([slice_at(number, 10 * number) for number in (4, 2, 1, 3)])
    assert up["columns"]["number"] == [1, 2, 3, 4]


@pytest.mark.parametrize("z", [None, 7.0], ids=["no geometry", "all at one place"])
def test_frames_that_are_no_stack_are_ordered_by_number(z: float | None) -> None:
    """Radiographs have no place, a perfusion series has each place many times."""
    page = page_of([slice_at(number, z) for number in (3, 10, 2, 1)])
    assert page["columns"]["number"] == [1, 2, 3, 10]


def test_a_scout_among_the_slices_does_not_scatter_them() -> None:
    scout = received(
        image(
            FRAME,
            SOPInstanceUID="1.2.99",
            InstanceNumber=0,
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
            ImagePositionPatient=[0, 0, 0],
        )
    )
    assert page_of([slice_at(2, 5), scout, slice_at(1, 9)])["columns"]["number"] == [0, 1, 2]


def test_an_instance_that_came_twice_is_one_image() -> None:
    """Agents and modalities send again; the doctor must not see each slice twice."""
    items = [slice_at(1, 5), slice_at(2, 6)]
    heads = [open_heads(parcel.heads.data) for group in (items, items[:1]) for parcel in pack(group)]
    (page,) = series_index.build(heads, series="s" * 32, version=1, declared=2, complete=True, frame_name=name_of)
    assert page["received"] == 2
    assert page["page"]["frames"] == 2


def test_which_of_two_data_sets_under_one_uid_is_shown_does_not_hang_on_their_order() -> None:
    """The first may be what was corrected, the last what was spoilt."""
    other = received(image(FRAME + 1, SOPInstanceUID="1.2.1", InstanceNumber=77))
    heads = [open_heads(parcel.heads.data) for item in (slice_at(1, 5), other) for parcel in pack([item])]
    about = {"series": "s" * 32, "version": 1, "declared": None, "complete": False, "frame_name": name_of}
    (page,), (turned,) = series_index.build(heads, **about), series_index.build(heads[::-1], **about)
    assert page == turned
    assert (page["received"], page["page"]["frames"]) == (1, 1)


def test_what_is_withheld_keeps_its_place_and_has_no_picture() -> None:
    """One image less would look like a whole series."""
    cine = received(image(np.stack([FRAME] * 3), SOPInstanceUID="1.2.3", InstanceNumber=3))
    heads = [found for found, _ in opened([slice_at(1, 5), slice_at(2, 6), cine])]
    about = {"series": "s" * 32, "version": 1, "declared": None, "complete": False, "frame_name": name_of}
    (page,) = series_index.build(heads, withheld={"1.2.1", "1.2.3"}, **about)
    SCHEMA.validate(page)
    columns = page["columns"]
    codecs = [page["formats"][number]["codec"] for number in columns["format"]]
    shown = dict(zip(columns["number"], codecs, strict=True))
    assert (shown, len(codecs), page["received"]) == ({1: "withheld", 2: "htj2k", 3: "withheld"}, 3, 3)
    for piece in ("quarter", "half", "full"):
        assert [at >= 0 for at in columns[piece]["object"]] == [codec == "htj2k" for codec in codecs]


def test_a_part_of_an_instance_shows_its_frames_but_does_not_count_as_received() -> None:
    """Half a cine is shown as far as it is here, and the study stays incomplete."""
    item = received(image(np.stack([FRAME] * 9), SOPInstanceUID="1.2.1"))
    parcels = [open_heads(parcel.heads.data) for parcel in pack([item], target_bytes=5_000)]
    assert len(parcels) > 1
    (page,) = series_index.build(parcels[:-1], series="s" * 32, version=1, declared=None, complete=False, frame_name=name_of)
    assert page["received"] == 0
    assert page["columns"]["frame_number"] == list(range(1, 10 - len(parcels[-1].instances[0].frames)))
    (none,) = series_index.build(parcels[1:], series="s" * 32, version=1, declared=None, complete=False, frame_name=name_of)
    assert (none["received"], none["page"]["frames"]) == (0, 0), "its first part says what it is"
    (whole,) = series_index.build(parcels, series="s" * 32, version=1, declared=None, complete=False, frame_name=name_of)
    assert whole["received"] == 1
    assert whole["columns"]["frame_number"] == list(range(1, 10))


def test_long_series_are_paged() -> None:
    cine = received(image(np.zeros((4200, 1, 1), "u1"), SOPInstanceUID="1.2.1", FrameTime="20"))
    first, second = pages_of([cine])
    assert (first["page"], second["page"]) == (
        {"first": 0, "count": 4096, "frames": 4200},
        {"first": 4096, "count": 104, "frames": 4200},
    )
    assert second["columns"]["frame_number"][0] == 4097
    assert first["frame_rate"] == 50
    assert second["columns"]["time_ms"][:2] == [4096 * 20, 4097 * 20]


def test_pieces_are_found_where_the_index_says() -> None:
    items = [slice_at(number, number) for number in (1, 2, 3)]
    ((_, parcel),) = opened(items)
    page = page_of(items)
    objects = {f"{blob.sha256}.{blob.kind}": blob.data for blob in parcel.blobs}
    names = [entry["name"] for entry in page["objects"]]
    assert {entry["name"]: entry["bytes"] for entry in page["objects"]} == {name: len(objects[name]) for name in names}
    assert [name.split(".")[1] for name in names] == ["low", "rest"]
    quarter, columns = page["columns"]["quarter"], page["columns"]
    assert objects[names[quarter["object"][0]]][quarter["offset"][0] :][:4] == b"\xff\x4f\xff\x51"
    assert [columns["half"]["offset"][i] + columns["half"]["bytes"][i] for i in range(3)] == columns["full"]["offset"]


def test_equal_rows_stand_once() -> None:
    """A thousand equal planes would be most of the index."""
    page = page_of([slice_at(number, number, WindowCenter="40", WindowWidth="400") for number in range(1, 20)])
    assert {key: len(page[key]) for key in ("formats", "planes", "modality_luts", "vois", "palettes")} == {
        "formats": 1,
        "planes": 1,
        "modality_luts": 1,
        "vois": 1,
        "palettes": 0,
    }


def test_nothing_of_the_person_or_the_uids_is_in_an_index() -> None:
    """Whoever may see a series reads its index, an anonymous guest too."""
    secrets = {
        "PatientName": "Zhang^San",
        "PatientID": "P77001",
        "PatientBirthDate": "19610203",
        "AccessionNumber": "ACC9911",
        "StudyInstanceUID": "1.9.8.7",
        "SeriesInstanceUID": "1.9.8.6",
        "FrameOfReferenceUID": "1.9.8.5",
        "InstitutionName": "Hospital 8",
        "StudyDate": "20261124",
        "SeriesDescription": "CHEST of Zhang",
        "BodyPartExamined": "ZHANG SAN",
        "PatientPosition": "ZHANGSAN",
        "Laterality": "ZHAN",
        "WindowCenterWidthExplanation": "LUNG of Mr Zhang",
    }
    window = {"WindowCenter": 40, "WindowWidth": 400}
    (page,) = pages_of([slice_at(777, 5, **secrets, **window)])
    assert page["vois"][0]["windows"] == [{"center": 40, "width": 400}]
    text = json.dumps(page)
    assert not [value for value in (*secrets.values(), "1.2.777") if value in text]


@pytest.mark.parametrize(("position", "laterality"), [("HFS", "L"), ("FFDR", "R"), ("LFP", "")])
def test_how_the_patient_lay_stands_in_the_index(position: str, laterality: str) -> None:
    page = page_of([slice_at(1, 5, PatientPosition=position, Laterality=laterality, BodyPartExamined="CHEST")])
    assert (page["patient_position"], page["laterality"], page["body_part"]) == (position, laterality, "CHEST")


def test_frames_of_reference_are_numbers_of_the_study() -> None:
    heads = [
        found for found, _ in opened([slice_at(1, 1, FrameOfReferenceUID="1.9.1"), slice_at(2, 2, FrameOfReferenceUID="1.9.2")])
    ]
    known = ["1.9.2", "1.9.7", "1.9.1"]
    (page,) = series_index.build(
        heads,
        series="s" * 32,
        version=1,
        declared=None,
        complete=False,
        frame_name=name_of,
        frame_of_reference=known.index,
    )
    assert [plane["frame_of_reference"] for plane in page["planes"]] == [2, 0]


def enhanced() -> pydicom.Dataset:
    """An enhanced CT of three frames: shared spacing, per-frame place, window and rescale."""
    ds = image(np.stack([FRAME, FRAME, FRAME]), SOPInstanceUID="1.2.5")
    shared = pydicom.Dataset()
    shared.PixelMeasuresSequence = [group(PixelSpacing=[0.5, 0.25], SliceThickness="2")]
    shared.PlaneOrientationSequence = [group(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    ds.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for number in range(3):
        own = pydicom.Dataset()
        own.PlanePositionSequence = [group(ImagePositionPatient=[0, 0, 30 - 10 * number])]
        own.FrameVOILUTSequence = [group(WindowCenter=str(40 + number), WindowWidth="300")]
        own.PixelValueTransformationSequence = [group(RescaleSlope=str(1 + number), RescaleIntercept="-1000", RescaleType="HU")]
        frames.append(own)
    ds.PerFrameFunctionalGroupsSequence = frames
    return ds


def group(**attributes: Any) -> pydicom.Dataset:
    ds = pydicom.Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def test_functional_groups_give_each_frame_its_own_place_window_and_rescale() -> None:
    """An enhanced series windowed by its first frame would show wrong HU on all others."""
    page = page_of([received(enhanced())])
    assert [place[2] for place in page["columns"]["position"]] == [30, 20, 10]
    assert [page["vois"][row]["windows"][0]["center"] for row in page["columns"]["voi"]] == [40, 41, 42]
    assert [page["modality_luts"][row]["slope"] for row in page["columns"]["modality_lut"]] == [1, 2, 3]
    assert page["planes"] == [
        {
            "orientation": [1, 0, 0, 0, 1, 0],
            "spacing": [0.5, 0.25],
            "spacing_source": "pixel",
            "frame_of_reference": -1,
            "thickness": 2.0,
        }
    ]


def test_objects_without_pixels_count_but_have_no_frame() -> None:
    report = pydicom.Dataset()
    report.SOPClassUID, report.SOPInstanceUID, report.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.7", "SR"
    page = page_of([received(report)])
    assert (page["received"], page["page"]["frames"], page["modality"]) == (1, 0, "")


def test_an_image_that_cannot_be_cut_into_frames_is_named_not_left_out() -> None:
    """Nobody should think that a series has one image less than it has."""
    ds = image(FRAME, SOPInstanceUID="1.2.6", NumberOfFrames=40)
    page = page_of([received(ds)])
    assert [row["codec"] for row in page["formats"]] == ["none"]
    assert page["columns"]["full"]["object"] == [-1]


def test_a_passed_through_frame_has_its_source_codec_and_one_piece() -> None:
    ds = image(np.zeros((2, 4, 4), "u1"), SOPInstanceUID="1.2.8")
    page = page_of([encapsulated(ds, [b"\xff\xd8\xff" + bytes(9)] * 2, "1.2.840.10008.1.2.4.80")])
    assert (page["formats"][0]["codec"], page["formats"][0]["levels"]) == ("jpeg-ls", 0)
    assert page["columns"]["quarter"]["object"] == [-1, -1]
    assert page["columns"]["full"]["bytes"] == [12, 12]


def test_suv_fields_are_numbers_without_times_of_day() -> None:
    drug = group(RadionuclideTotalDose="3.7E8", RadionuclideHalfLife="6586.2", RadiopharmaceuticalStartTime="233000.00")
    ds = image(FRAME, SOPInstanceUID="1.2.9", Modality="PT", Units="BQML", PatientWeight="70.5", SeriesTime="003000.00")
    ds.DecayCorrection, ds.CorrectedImage = "START", ["DECY", "ATTN"]
    ds.RadiopharmaceuticalInformationSequence = [drug]
    page = page_of([received(ds)])
    suv = page["suv"]
    assert suv["injection_to_series_s"] == 3600  # across midnight
    assert (suv["weight_kg"], suv["dose_bq"], suv["half_life_s"], suv["units"]) == (70.5, 3.7e8, 6586.2, "BQML")
    assert page["modality_luts"][0]["unit"] == "BQML"
    assert "233000" not in json.dumps(page)


def test_an_unreadable_data_set_does_not_take_the_series_with_it() -> None:
    page = page_of([slice_at(1, 5), Received("1.2.3", CT, "1.2.840.10008.1.2.1", b"rubbish, not a data set")])
    assert page["page"]["frames"] == 1
    assert page["received"] == 2


@pytest.mark.slow
def test_the_index_of_a_thousand_slices_is_built_in_two_seconds() -> None:
    """It is built again at every change of an arriving series. CPU time: the machine may be busy with other things."""
    heads = [found for found, _ in opened([slice_at(number, number) for number in range(1, 1001)])]
    start = time.process_time()
    series_index.build(heads, series="s" * 32, version=1, declared=None, complete=False, frame_name=name_of)
    assert time.process_time() - start < 2


def test_heads_of_more_frames_than_a_series_may_have_are_refused_before_their_rows_are_made() -> None:
    """A directory of 32 MiB names some 800 000 frames: their rows would take all memory."""
    (parcel,) = pack([received(image(np.zeros((9, 1, 1), "u1"), SOPInstanceUID="1.2.1"))])
    heads = open_heads(parcel.heads.data)
    assert series_index.rows_of(heads, name_of, max_frames=9).frames == 9
    with pytest.raises(series_index.TooManyFrames):
        series_index.rows_of(heads, name_of, max_frames=8)
