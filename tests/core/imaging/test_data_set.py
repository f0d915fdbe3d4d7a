"""The walker: exact places of pixels in bytes that nobody promised to be well-formed."""

from __future__ import annotations

import struct

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate_extended

from functions.core.imaging import fragments
from functions.core.imaging.data_set import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, ROWS, walk
from functions.core.imaging.errors import DataSetMalformed
from tests.core.imaging.samples import encapsulated, image, received, written

JPEG, MPEG = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.102"
FRAME = np.arange(64, dtype="u2").reshape(8, 8)


def nested(*, known_length: bool) -> pydicom.Dataset:
    """An image whose icon has pixel data of its own, within sequences of known or of undefined length."""
    icon = image(FRAME + 7)
    icon.is_undefined_length_sequence_item = not known_length
    ds = image(FRAME)
    ds.IconImageSequence = [icon, icon]
    ds["IconImageSequence"].is_undefined_length = not known_length
    return ds


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG])
def test_only_the_top_level_pixel_element_is_found(syntax: str, known: bool) -> None:
    """An icon's pixels are not the image's."""
    item = received(nested(known_length=known), syntax)
    walked = walk(item.data_set, syntax)
    assert walked.pixels is not None
    order = ">" if syntax == EXPLICIT_BIG else "<"
    found = np.frombuffer(item.data_set, f"{order}u2", 64, walked.pixels.offset)
    assert np.array_equal(found, FRAME.reshape(-1))
    assert walked.number(ROWS) == 8


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG])
def test_every_shorter_length_is_walked_or_refused(syntax: str, known: bool) -> None:
    """No length may hang, crash or find pixels that are not wholly there."""
    data = written(nested(known_length=known), syntax)
    whole = walk(data, syntax).pixels
    assert whole is not None
    for length in range(len(data)):
        try:
            found = walk(data[:length], syntax).pixels
        except DataSetMalformed:
            continue
        assert found is None or length >= whole.offset + whole.length


def test_nesting_deeper_than_any_device_makes_is_refused_not_followed() -> None:
    """A hostile file must cost a line in the log, not the stack."""
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(DataSetMalformed, match="deeper"):
        walk(opening * 100_000, EXPLICIT_LITTLE)


def test_a_length_that_lies_is_refused() -> None:
    element = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 0x7FFFFFFF) + bytes(100)
    with pytest.raises(DataSetMalformed, match="leaves the data set"):
        walk(element, EXPLICIT_LITTLE)


def test_a_second_pixel_element_is_not_mistaken_for_the_first() -> None:
    data = written(image(FRAME))
    at = data.index(b"\xe0\x7f\x10\x00")
    walked = walk(data + data[at:], EXPLICIT_LITTLE)
    assert walked.pixels is not None
    assert walked.pixels.offset == at + 12


def test_implicit_bytes_that_claim_to_be_explicit_are_read_as_they_are() -> None:
    """Some archives store one and say the other."""
    walked = walk(written(nested(known_length=False), IMPLICIT_LITTLE), EXPLICIT_LITTLE)
    assert walked.pixels is not None
    assert walked.number(ROWS) == 8


def grouped(frames: int, sizes: list[bytes], syntax: str = JPEG, **options: object) -> list[int]:
    """Number of fragments of each frame."""
    ds = image(np.zeros((frames, 2, 2), "u1"), NumberOfFrames=frames)
    item = encapsulated(ds, sizes, syntax, **options)
    return [len(frame) for frame in fragments.group(memoryview(item.data_set), walk(item.data_set, syntax), syntax)]


def test_fragments_are_told_apart_by_count_table_or_start_of_image() -> None:
    frame = b"\xff\xd8\xff" + bytes(29)
    assert grouped(3, [frame] * 3) == [1, 1, 1]
    assert grouped(1, [frame], fragments_per_frame=4) == [4]
    assert grouped(3, [frame] * 3, fragments_per_frame=2, has_bot=True) == [2, 2, 2]
    assert grouped(3, [frame] * 3, fragments_per_frame=2, has_bot=False) == [2, 2, 2]


def test_frames_that_cannot_be_told_apart_are_not_guessed() -> None:
    """A wrong guess would show half of one image and half of another."""
    with pytest.raises(DataSetMalformed, match="fragments for 3 frames"):
        grouped(3, [bytes(range(32))] * 3, fragments_per_frame=2, has_bot=False)


def test_an_extended_offset_table_is_used() -> None:
    frames = [b"\x01" * 40, b"\x02" * 20, b"\x03" * 30]
    ds = image(np.zeros((3, 2, 2), "u1"), NumberOfFrames=3)
    ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    item = received(ds, JPEG)
    found = fragments.group(memoryview(item.data_set), walk(item.data_set, JPEG), JPEG)
    assert [item.data_set[at : at + size] for ((at, size),) in found] == frames


def test_a_video_is_one_frame_whatever_its_number_of_frames_says() -> None:
    assert grouped(50, [bytes(900)], MPEG, fragments_per_frame=3) == [3]
