"""Codestreams cut by resolution."""

from __future__ import annotations

import subprocess
import sys

import imagecodecs
import numpy as np
import pytest

from functions.core.imaging import codestream
from functions.core.imaging.errors import PixelsUnreadable

NOISE = np.random.default_rng(11)
SHAPES = [(32, 32), (33, 97), (512, 512), (100, 36), (64, 48, 3)]


def picture(shape: tuple[int, ...]) -> np.ndarray:
    kind = "u1" if len(shape) == 3 else "u2"
    return NOISE.integers(0, 250 if kind == "u1" else 60000, shape, kind)


@pytest.mark.parametrize("shape", SHAPES)
def test_prefixes_give_what_the_whole_gives_at_that_resolution(shape: tuple[int, ...]) -> None:
    """The preview is not another picture: it is the beginning of the one and only."""
    pixels = picture(shape)
    whole, cuts = codestream.encode(pixels)
    assert np.array_equal(codestream.decode(whole), pixels)
    for prefix, reduce in ((whole[: cuts.half], 2), (whole[: cuts.full], 1)):
        assert np.array_equal(codestream.decode(prefix + codestream.END, reduce), imagecodecs.htj2k_decode(whole, skipres=reduce))
        assert codestream.decode(prefix + codestream.END, reduce).shape[0] == -(-shape[0] // 2**reduce)


def test_another_codec_agrees_with_the_pixels() -> None:
    """OpenJPEG reads what OpenJPH wrote: the vault does not hang on one library."""
    pixels = picture((96, 80))
    assert np.array_equal(imagecodecs.jpeg2k_decode(codestream.encode(pixels)[0]), pixels)


def test_no_comment_is_left_in_a_piece() -> None:
    assert b"OpenJPH" not in codestream.encode(picture((64, 64)))[0]


def test_signed_bytes_are_widened_for_browsers() -> None:
    pixels = NOISE.integers(-128, 127, (40, 40), "i1", endpoint=True)
    decoded = codestream.decode(codestream.encode(pixels)[0])
    assert decoded.dtype == np.int16
    assert np.array_equal(decoded, pixels)


@pytest.mark.parametrize("damage", ["empty", "other codec", "cut", "tail", "no tile-parts"])
def test_what_is_not_of_the_profile_is_not_cut(damage: str) -> None:
    """A wrong cut would be a wrong preview."""
    stream = bytes(imagecodecs.htj2k_encode(picture((64, 64)), reversible=True, resolutions=5, tlm=True, tilepart=1))
    broken = {
        "empty": b"",
        "other codec": b"\xff\xd8\xff" + bytes(50),
        "cut": stream[:-3],
        "tail": stream + b"\0",
        "no tile-parts": bytes(imagecodecs.htj2k_encode(picture((64, 64)), reversible=True, resolutions=5)),
    }[damage]
    with pytest.raises(PixelsUnreadable):
        codestream.cut(broken)


def test_every_shorter_stream_is_refused() -> None:
    stream = bytes(imagecodecs.htj2k_encode(picture((32, 32)), reversible=True, resolutions=5, tlm=True, tilepart=1))
    for length in range(len(stream)):
        with pytest.raises(PixelsUnreadable):
            codestream.cut(stream[:length])


@pytest.mark.parametrize("module", ["parcel", "series_index", "charset", "content"])
def test_functions_that_only_read_tables_do_not_load_the_codec(module: str) -> None:
    """Start-up time of every API function depends on it."""
    program = f"import sys, functions.core.imaging.{module}; sys.exit(int('imagecodecs' in sys.modules))"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_size_is_found_within_the_boxes_of_a_jp2_file() -> None:
    """Some writers put a whole JP2 file into a fragment; its image is as good as any."""
    pixels = picture((48, 40))
    stream = bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="jp2"))
    assert not stream.startswith(codestream.SIZ)
    codestream.check_size(stream, (48, 40, 1))
    with pytest.raises(PixelsUnreadable, match="instead of"):
        codestream.check_size(stream, (40, 48, 1))
