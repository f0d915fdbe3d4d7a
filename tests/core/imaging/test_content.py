"""What two data sets under one UID have in common: everything, the picture, or nothing that counts."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from functions.core.imaging import film_edges, frame_facts, luts, series_index, spacing, suv
from functions.core.imaging.content import COMPARED_BYTES, Content, content_of, is_seen
from functions.core.imaging.data_set import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from functions.core.imaging.parcel import Received
from tests.core.imaging.samples import encapsulated, fetch_from, image, opened, read_file, received, written

J2K = "1.2.840.10008.1.2.4.90"
COLOUR = np.random.default_rng(4).integers(0, 255, (40, 36, 3), "u1")
SAME = ("", "_bigendian", "_implicit", "_RLE", "_jp2klossless", "_jpeg_ls_lossless", "_expb", "_padded")


def content_in(item: Received, limit: int = COMPARED_BYTES, **options: Any) -> Content:
    parts = [(heads, heads.instances[0], fetch_from(parcel)) for heads, parcel in opened([item], **options)]
    return content_of(parts, limit)


def digest(item: Received) -> str:
    found = content_in(item)
    assert found.decoded
    return found.whole


def test_one_image_in_eight_transfer_syntaxes_is_one_image() -> None:
    """A PACS that forwards in another syntax sends a duplicate, not a conflict for a person to settle."""
    paths = [Path(str(get_testdata_file(f"MR_small{kind}.dcm"))) for kind in SAME]
    assert len({digest(read_file(path)) for path in paths}) == 1


def test_colour_in_planes_or_by_jpeg_2000_is_the_same_colour() -> None:
    plain = received(image(COLOUR))
    planar = image(COLOUR, PlanarConfiguration=1)
    planar.PixelData = COLOUR.transpose(2, 0, 1).tobytes()
    stream = imagecodecs.jpeg2k_encode(COLOUR, level=0, reversible=True, mct=True, codecformat="j2k")
    coded = encapsulated(image(COLOUR, PhotometricInterpretation="YBR_RCT"), [bytes(stream)], J2K)
    assert digest(plain) == digest(received(planar)) == digest(coded)


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG])
def test_any_difference_a_reader_could_see_is_a_conflict(syntax: str) -> None:
    pixels = np.arange(1600, dtype="u2").reshape(40, 40)
    known = digest(received(image(pixels, WindowCenter="40", WindowWidth="400"), syntax))
    other = pixels.copy()
    other[20, 20] += 1
    assert digest(received(image(other, WindowCenter="40", WindowWidth="400"), syntax)) != known
    assert digest(received(image(pixels, WindowCenter="41", WindowWidth="400"), syntax)) != known
    assert digest(received(image(pixels, WindowCenter="40", WindowWidth="400", PatientName="B"), syntax)) != known


def test_lossy_compression_is_another_image() -> None:
    out = BytesIO()
    Image.fromarray(COLOUR).save(out, "JPEG", quality=80)
    lossy = encapsulated(image(COLOUR, PhotometricInterpretation="YBR_FULL_422"), [out.getvalue()], "1.2.840.10008.1.2.4.50")
    assert digest(lossy) != digest(received(image(COLOUR)))


# -- seen or not -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"PatientName": "B"},
        {"InstitutionName": "B"},
        {"BodyPartExamined": "HEAD"},
        {"StudyID": "7"},
        {"LossyImageCompression": "00"},
        {"AdmissionID": "7"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_systems_on_the_way_correct_leaves_the_picture_the_same(change: dict[str, str]) -> None:
    """An archive that forwards a study under the patient's corrected name must not make its images vanish."""
    known, changed = content_in(received(image(COLOUR))), content_in(received(image(COLOUR, **change)))
    assert known.whole != changed.whole
    assert known.picture == changed.picture


@pytest.mark.parametrize(
    "change",
    [
        {"PixelSpacing": [1, 2]},
        {"ImageOrientationPatient": [-1, 0, 0, 0, 1, 0]},
        {"Laterality": "R"},
        {"RescaleSlope": 2},
        {"WindowCenter": 41},
        {"InstanceNumber": 7},
        {"Modality": "MR"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_a_place_or_a_measure_another_makes_another_picture(change: dict[str, Any]) -> None:
    """Right instead of left is a wrong picture, whatever its pixels are."""
    assert content_in(received(image(COLOUR))).picture != content_in(received(image(COLOUR, **change))).picture


def test_every_attribute_that_an_index_takes_is_one_that_is_seen() -> None:
    """Else two versions that a viewer shows differently could pass for one picture."""
    not_of_the_picture = {series_index.BODY_PART, series_index.DISPLAY_RATE}  # a word in a list; how fast a cine begins to run
    taken = {
        value
        for module in (series_index, frame_facts, spacing, suv, luts, film_edges)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int) and value >= 0x00080000
    }
    assert len(taken) > 40
    assert {tag for tag in taken if not is_seen(tag)} == not_of_the_picture


def test_of_a_text_everything_is_read() -> None:
    """A structured report or a PDF has no pixels that would be compared."""
    plain, changed = image(COLOUR), image(COLOUR, ContentLabel="B")
    for ds in (plain, changed):
        del ds.PixelData
    known, other = content_in(received(plain)), content_in(received(changed))
    assert known.picture == known.whole != other.picture == other.whole


# -- what cannot be decoded ------------------------------------------------------------------------------------------------------


def broken(stream: bytes, **attributes: Any) -> Received:
    return encapsulated(image(COLOUR, **attributes), [stream], J2K)


def test_pixels_that_no_decoder_takes_are_compared_as_they_came() -> None:
    known, same, other = content_in(broken(b"no stream.")), content_in(broken(b"no stream.")), content_in(broken(b"no Stream."))
    assert known == same
    assert not known.decoded
    assert known.picture != other.picture
    assert known.picture == content_in(broken(b"no stream.", PatientName="B")).picture


def test_what_is_kept_verbatim_is_compared_with_its_pixels() -> None:
    """Attributes alone would make two different images one."""
    contents = []
    for value in (0, 1):
        ds = image(np.full((9, 9), value, "u1"))
        ds.BitsAllocated = 12  # no layout takes it
        contents.append(content_in(received(ds)))
    assert contents[0].picture != contents[1].picture
    assert not any(one.decoded for one in contents)


def test_where_nobody_can_tell_pixels_from_attributes_only_equal_bytes_are_equal() -> None:
    """A deflated data set's attributes can be read, its pixels are not looked for."""
    contents = []
    for pixels in (COLOUR, COLOUR + 1):
        ds = image(pixels)
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = packer.compress(written(ds)) + packer.flush()
        contents.append(content_in(Received(str(ds.SOPInstanceUID), str(ds.SOPClassUID), DEFLATED, body)))
    assert contents[0].picture != contents[1].picture


def test_more_than_is_decoded_is_compared_as_stored() -> None:
    """An instance may have gigabytes; comparing it must not take the memory or the time that the next study needs."""
    noise = np.add.outer(np.arange(64), np.arange(64)).astype("u2")
    item = received(image(noise))
    decoded, stored = content_in(item, noise.nbytes), content_in(item, noise.nbytes - 1)
    assert (decoded.decoded, stored.decoded) == (True, False)
    assert stored.picture == content_in(received(image(noise, PatientName="B")), noise.nbytes - 1).picture
    assert stored.picture != content_in(received(image(noise + 1)), noise.nbytes - 1).picture
    assert content_in(item, 100) == Content(item.sha256, item.sha256, decoded=False)


def test_an_instance_in_several_parts_is_compared_as_one() -> None:
    noise = np.random.default_rng(6).integers(0, 60000, (5, 40, 40), "u2")
    whole, parts = content_in(received(image(noise))), content_in(received(image(noise)), target_bytes=4_000)
    assert whole == parts
    assert len(opened([received(image(noise))], target_bytes=4_000)) > 1
