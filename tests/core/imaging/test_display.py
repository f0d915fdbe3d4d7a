"""From stored values to grey and colour, held against the formulas of the standard."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from functions.core.imaging import display, luts
from functions.core.imaging.errors import WindowTooNarrow
from functions.core.imaging.windowing import default_window, window
from tests.core.imaging.samples import encapsulated, fetch_from, image, opened, received

RAMP = np.arange(256, dtype="u2").reshape(16, 16)


def shown(ds: pydicom.Dataset, **options: Any) -> np.ndarray:
    ((heads, parcel),) = opened([received(ds)])
    return display.picture(heads, heads.instances[0], 0, fetch_from(parcel), **options).pixels


def linear(x: float, center: float, width: float) -> float:
    """PS3.3 C.11.2.1.2.1 word for word, ymin 0, ymax 255."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0
    if x > center - 0.5 + (width - 1) / 2:
        return 255
    return ((x - (center - 0.5)) / (width - 1) + 0.5) * 255


@given(
    st.lists(st.integers(-32768, 32767), min_size=1, max_size=30),
    st.floats(-3000, 3000),
    st.floats(1, 5000),
)
def test_a_linear_window_is_that_of_the_standard(values: list[int], center: float, width: float) -> None:
    grey = window(np.asarray(values), center, width)
    expected = [linear(value, center, width) for value in values]
    assert np.abs(grey - np.asarray(expected)).max() <= 0.5 + 1e-6


@given(st.lists(st.integers(-2000, 2000), min_size=1, max_size=30), st.floats(-500, 500), st.floats(0.1, 5000))
def test_exact_and_sigmoid_windows_are_those_of_the_standard(values: list[int], center: float, width: float) -> None:
    x = np.asarray(values, float)
    exact = np.clip(((x - center) / width + 0.5) * 255, 0, 255)
    assert np.abs(window(x, center, width, "LINEAR_EXACT") - exact).max() <= 0.5 + 1e-6
    with np.errstate(over="ignore"):
        sigmoid = 255 / (1 + np.exp(-4 * (x - center) / width))
    assert np.abs(window(x, center, width, "SIGMOID") - sigmoid).max() <= 0.5 + 1e-6


@pytest.mark.parametrize(("width", "function"), [(0.99, "LINEAR"), (0, "LINEAR_EXACT"), (-1, "SIGMOID")])
def test_a_window_without_width_is_refused(width: float, function: str) -> None:
    with pytest.raises(WindowTooNarrow):
        window(RAMP, 0, width, function)


def test_a_files_impossible_window_still_gives_a_picture() -> None:
    """A width of 0.5 or 0 stands in real files; their images must be seen."""
    assert shown(image(RAMP, WindowCenter="100", WindowWidth="0.5")).max() == 255
    assert len(np.unique(shown(image(RAMP, WindowCenter="100", WindowWidth="0")))) > 100


def test_without_a_window_the_values_that_are_there_fill_the_range() -> None:
    center, width = default_window(np.arange(1000))
    assert center - width / 2 == pytest.approx(10, abs=1)
    assert center + width / 2 == pytest.approx(995, abs=2)
    assert default_window(np.zeros(0)) == (0.5, 1.0)
    assert default_window(np.full(9, 7))[1] == 1


def test_padding_is_black_and_does_not_count() -> None:
    """Outside of the scanned circle there is nothing, not air; a window fitted to it would show a white lung."""
    pixels = (RAMP + 1000).astype("i2")
    pixels[:4] = -2000
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        grey = shown(image(pixels, PixelPaddingValue=-2000, PhotometricInterpretation=photometric))
        assert (grey[:4] == 0).all()
        assert len(np.unique(grey[4:])) > 150


def test_monochrome1_is_inverted() -> None:
    plain = shown(image(RAMP, WindowCenter="128", WindowWidth="256"))
    inverted = shown(image(RAMP, WindowCenter="128", WindowWidth="256", PhotometricInterpretation="MONOCHROME1"))
    assert np.array_equal(inverted, 255 - plain)


def test_rescale_comes_before_the_window() -> None:
    grey = shown(image(RAMP, RescaleSlope="2", RescaleIntercept="-100", WindowCenter="156", WindowWidth="511"))
    assert np.array_equal(grey, window(RAMP * 2.0 - 100, 156, 511))


def lut_item(values: list[int], first: int, bits: int) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.add_new(0x00283002, "US", [len(values) % 65536, first, bits])
    item.add_new(0x00283006, "OW", np.asarray(values, "<u2").tobytes())
    return item


def test_a_voi_lut_is_followed_and_its_ends_continue() -> None:
    """Mammography looks right only through its own curve."""
    curve = [int(4095 * (step / 99) ** 2) for step in range(100)]
    ds = image(RAMP)
    ds.VOILUTSequence = [lut_item(curve, 50, 12)]
    grey = shown(ds).reshape(-1)
    assert (grey[:50] == 0).all()
    assert (grey[150:] == 255).all()
    assert grey[100] == round(curve[50] * 255 / 4095)
    assert np.array_equal(shown(ds, chosen=(128, 256)), window(RAMP, 128, 256))


def test_a_modality_lut_comes_before_the_window() -> None:
    ds = image(RAMP, WindowCenter="500", WindowWidth="1000")
    ds.ModalityLUTSequence = [lut_item([4 * step for step in range(256)], 0, 16)]
    assert np.array_equal(shown(ds), window(RAMP * 4, 500, 1000))


def test_a_signed_lut_begins_below_zero() -> None:
    item = lut_item([1, 2, 3], 0x10000 - 5, 16)
    table = luts.read_lut(item, signed=True)
    assert table is not None
    assert (table.first, table.values) == (-5, (1, 2, 3))


@pytest.mark.parametrize("bad", [[3, 0], [0, 0, 0], [300, 0, 8], [2, 0, 17]])
def test_a_lut_that_contradicts_itself_is_left_out(bad: list[int]) -> None:
    item = pydicom.Dataset()
    item.add_new(0x00283002, "US", bad)
    item.add_new(0x00283006, "OW", bytes(4))
    assert luts.read_lut(item, signed=False) is None


def palette(ds: pydicom.Dataset, segmented: bool = False) -> pydicom.Dataset:
    """Red rises, green falls, blue is constant."""
    ds.PhotometricInterpretation = "PALETTE COLOR"
    tables = ([step * 257 for step in range(256)], [65535 - step * 257 for step in range(256)], [30000] * 256)
    ramps = ([0, 1, 0, 1, 255, 65535], [0, 1, 65535, 1, 255, 0], [0, 1, 30000, 1, 255, 30000])
    for number, (values, segments) in enumerate(zip(tables, ramps, strict=True)):
        ds.add_new(0x00281101 + number, "US", [256, 0, 16])
        data = np.asarray(segments if segmented else values, "<u2").tobytes()
        ds.add_new((0x00281221 if segmented else 0x00281201) + number, "OW", data)
    return ds


@pytest.mark.parametrize("segmented", [False, True])
def test_palettes_give_their_colours(segmented: bool) -> None:
    rgb = shown(palette(image(RAMP.astype("u1")), segmented))
    assert rgb.shape == (16, 16, 3)
    assert rgb[0, 0].tolist() == [0, 255, 117]
    assert rgb[15, 15].tolist() == [255, 0, 117]
    assert abs(int(rgb[8, 0, 0]) - 128) <= 1


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_is_colour_however_its_samples_stand(planar: int) -> None:
    colour = np.zeros((40, 36, 3), "u1")
    colour[..., 0], colour[..., 1] = 200, np.arange(36)
    ds = image(colour, PlanarConfiguration=planar)
    if planar:
        ds.PixelData = colour.transpose(2, 0, 1).tobytes()
    assert np.array_equal(shown(ds), colour)


def test_ybr_becomes_rgb() -> None:
    red = np.zeros((40, 40, 3), "u1")
    red[...] = (76, 85, 255)  # PS3.3 C.7.6.3.1.2, pure red
    assert np.abs(shown(image(red, PhotometricInterpretation="YBR_FULL")).astype(int) - (254, 0, 0)).max() <= 1


def test_a_jpeg_is_shown_in_its_colours() -> None:
    """libjpeg's own guess and the data set's word may differ; a green heart is wrong."""
    colour = np.zeros((48, 48, 3), "u1")
    colour[:, :24], colour[:, 24:] = (220, 40, 30), (20, 60, 200)
    out = BytesIO()
    Image.fromarray(colour).save(out, "JPEG", quality=95, subsampling=0)
    item = encapsulated(image(colour, PhotometricInterpretation="YBR_FULL"), [out.getvalue()], "1.2.840.10008.1.2.4.50")
    ((heads, parcel),) = opened([item])
    rgb = display.picture(heads, heads.instances[0], 0, fetch_from(parcel)).pixels
    assert np.abs(rgb.astype(int) - colour).max() < 12


@pytest.mark.req("VIEW-01")
def test_overlays_above_the_high_bit_are_not_shown_as_brightness() -> None:
    plain = RAMP.copy()
    dirty = plain | 0xF000
    options = {"BitsStored": 12, "HighBit": 11, "WindowCenter": "128", "WindowWidth": "256"}
    assert np.array_equal(shown(image(dirty, **options)), shown(image(plain, **options)))


def test_thumbnails_keep_the_shape_of_the_anatomy() -> None:
    """Pixels twice as high as wide: a round phantom must stay round."""
    pixels = np.tile(np.arange(128, dtype="u2"), (64, 1))
    ((heads, parcel),) = opened([received(image(pixels, PixelSpacing=[2, 1]))])
    picture = Image.open(BytesIO(display.thumbnail(heads, heads.instances[0], 0, fetch_from(parcel), 100)))
    assert picture.size == (100, 100)
    assert picture.mode == "L"
    assert not picture.info.get("comment")


def test_a_thumbnail_of_a_large_frame_reads_the_quarter_piece_only() -> None:
    """Thumbnails of a whole hospital are made from a tenth of its bytes."""
    pixels = np.random.default_rng(1).integers(0, 4000, (512, 512), "u2")
    ((heads, parcel),) = opened([received(image(pixels))])
    read: list[str] = []
    fetch = fetch_from(parcel)

    def counted(kind: str, offset: int, length: int) -> bytes:
        read.append(kind)
        return fetch(kind, offset, length)

    display.thumbnail(heads, heads.instances[0], 0, counted, 128)
    assert read == ["low"]


def test_small_frames_are_enlarged_only_when_asked() -> None:
    ((heads, parcel),) = opened([received(image(RAMP))])
    small = display.thumbnail(heads, heads.instances[0], 0, fetch_from(parcel), 64, upscale=False)
    assert Image.open(BytesIO(small)).size == (16, 16)


def test_spacing_grows_as_the_picture_shrinks() -> None:
    """A scale bar drawn on a reduced picture must still be right."""
    pixels = np.random.default_rng(1).integers(0, 4000, (64, 96), "u2")
    ((heads, parcel),) = opened([received(image(pixels, PixelSpacing=[0.5, 0.25]))])
    reduced = display.picture(heads, heads.instances[0], 0, fetch_from(parcel), 2)
    assert reduced.pixels.shape == (16, 24)
    assert reduced.spacing == (2.0, 1.0)
    assert reduced.aspect == 2
