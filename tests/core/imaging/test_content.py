"""Duplicate or conflict: the content digest decides."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from functions.core.imaging.content import content_digest
from functions.core.imaging.data_set import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from functions.core.imaging.parcel import Received, decode_frame
from tests.core.imaging.samples import encapsulated, fetch_from, image, opened, read_file, received

J2K = "1.2.840.10008.1.2.4.90"
COLOUR = np.random.default_rng(4).integers(0, 255, (40, 36, 3), "u1")
SAME = ("", "_bigendian", "_implicit", "_RLE", "_jp2klossless", "_jpeg_ls_lossless", "_expb", "_padded")


def digest(item: Received) -> str:
    ((heads, parcel),) = opened([item])
    instance = heads.instances[0]
    frames = [decode_frame(heads, instance, index, fetch_from(parcel)) for index in range(len(instance.frames))]
    return content_digest(heads.data_set(instance), frames)


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
