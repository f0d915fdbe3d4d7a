"""From stored values to what a screen shows: modality, VOI and presentation steps in the order of DICOM PS3.4 N.2.

The viewer does the same in TypeScript; tests/golden/windowing.json holds both to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from functions.core.imaging import attributes, frame_facts, luts
from functions.core.imaging.colour import from_palette, to_rgb
from functions.core.imaging.errors import PixelsUnreadable
from functions.core.imaging.pixel_format import PixelFormat, image_format
from functions.core.imaging.pixels import Decoded, decode_frame
from functions.core.imaging.windowing import default_window, look_up, to_eight_bits, window

if TYPE_CHECKING:
    import pydicom
    from numpy.typing import NDArray

    from functions.core.imaging.frame_facts import FrameFacts
    from functions.core.imaging.heads import Heads, Instance
    from functions.core.imaging.rebuilding import Fetch

THUMBNAIL_SIDE = 256
MAX_PIXELS = 2**25  # shown at once, in some 33 bytes of memory each: 6 MB of a constant image can claim half a gigapixel
JPEG_QUALITY = 85
PIXEL_ASPECT_RATIO = 0x00280034


@dataclass(frozen=True, slots=True)
class Picture:
    """pixels: uint8, (rows, columns) grey or (rows, columns, 3) RGB. aspect: height of a pixel over its width.

    spacing: mm between rows and between columns at the size of `pixels`; None when the image has none.
    """

    pixels: NDArray[np.uint8]
    aspect: float
    spacing: tuple[float, float] | None


def modality_values(stored: NDArray[Any], transform: frame_facts.ModalityLut) -> NDArray[Any]:
    """Stored values to modality values (HU, Bq/ml, …): the modality LUT, else slope and intercept (PS3.3 C.11.1)."""
    if transform.lut is not None:
        return look_up(stored, transform.lut)
    if transform.slope == 1 and transform.intercept == 0:
        return stored
    return stored.astype(np.float64) * transform.slope + transform.intercept


def shown(
    decoded: Decoded,
    form: PixelFormat,
    facts: FrameFacts,
    palette: tuple[luts.Lut, luts.Lut, luts.Lut] | None = None,
    chosen: tuple[float, float] | None = None,
) -> NDArray[np.uint8]:
    """The picture of a frame.

    chosen: (center, width) to use; by default the image's VOI LUT, its first window, or one fitted to its values.
    Padding is black, whatever the photometric interpretation. Returns (rows, columns) grey or (rows, columns, 3) RGB.
    """
    values, photometric = decoded
    if values.ndim == 3:
        return to_rgb(values, photometric, form.bits_stored)
    if photometric == "PALETTE COLOR" and palette is not None:
        return from_palette(values, palette)
    padding = _padding(values, form)
    grey = _grey(modality_values(values, facts.modality_lut), facts, padding, chosen)
    if photometric == "MONOCHROME1":
        grey = 255 - grey
    if padding is not None:
        grey[padding] = 0
    return grey


def _grey(
    values: NDArray[Any], facts: FrameFacts, padding: NDArray[np.bool_] | None, chosen: tuple[float, float] | None
) -> NDArray[np.uint8]:
    voi = facts.voi
    if chosen is None and voi.lut is not None:
        return to_eight_bits(look_up(values, voi.lut), voi.lut.bits)
    if chosen is not None:
        center, width = chosen
    elif voi.windows:
        center, width = voi.windows[0]
    else:
        center, width = default_window(values, None if padding is None else ~padding)
        return window(values, center, max(width, 1))
    return window(values, center, max(width, 1) if voi.function == "LINEAR" else width, voi.function)


def _padding(values: NDArray[Any], form: PixelFormat) -> NDArray[np.bool_] | None:
    """Which pixels are padding; None when none is."""
    if form.padding is None:
        return None
    low, high = sorted(form.padding)
    mask: NDArray[np.bool_] = (values >= low) & (values <= high)
    return mask if mask.any() else None


def picture(
    heads: Heads,
    instance: Instance,
    frame_index: int,
    fetch: Fetch,
    reduce: int = 0,
    chosen: tuple[float, float] | None = None,
    data_set: pydicom.Dataset | None = None,
) -> Picture:
    """Decode and show one frame. frame_index: from 0, in instance.frames. reduce: 0 full size, 1 half, 2 quarter, and never more
    than `MAX_PIXELS`.

    data_set: heads.data_set(instance), if at hand. Raises ParcelDamaged, PixelsUnreadable, DataSetMalformed.
    """
    ds = heads.data_set(instance) if data_set is None else data_set
    form = image_format(ds)
    while reduce < 2 and form.rows * form.columns >> 2 * reduce > MAX_PIXELS:
        reduce += 1
    decoded = decode_frame(heads, instance, frame_index, fetch, reduce, ds)
    number = instance.first_frame + frame_index
    facts = frame_facts.facts_of(ds, range(number, number + 1), form.signed)[0]
    palette = luts.read_palette(ds) if decoded.photometric == "PALETTE COLOR" else None
    pixels = shown(decoded, form, facts, palette, chosen)
    spacing = facts.plane.spacing
    if spacing is not None:
        factor = (form.rows / pixels.shape[0], form.columns / pixels.shape[1])
        return Picture(pixels, spacing[0] / spacing[1], (spacing[0] * factor[0], spacing[1] * factor[1]))
    return Picture(pixels, _aspect_ratio(ds), None)


def _aspect_ratio(ds: pydicom.Dataset) -> float:
    """Height over width of a pixel from PixelAspectRatio, PS3.3 C.7.6.3.1.7."""
    ratio = attributes.numbers(ds, PIXEL_ASPECT_RATIO)
    return ratio[0] / ratio[1] if len(ratio) == 2 and min(ratio) > 0 else 1.0


def fitted(image: Picture, width: int, height: int) -> NDArray[np.uint8]:
    """The picture scaled to fit into width × height pixels, square pixels, nothing cut off."""
    from PIL import Image

    rows, columns = image.pixels.shape[:2]
    scale = min(width / columns, height / (rows * image.aspect))
    size = (max(1, round(columns * scale)), max(1, round(rows * image.aspect * scale)))
    return np.asarray(Image.fromarray(image.pixels).resize(size, Image.Resampling.LANCZOS))


def thumbnail(
    heads: Heads, instance: Instance, frame_index: int, fetch: Fetch, side: int = THUMBNAIL_SIDE, *, upscale: bool = True
) -> bytes:
    """A JPEG of one frame, its longer side `side` pixels; from the quarter pieces where these are large enough.

    upscale: whether a smaller image is enlarged. The JPEG carries no metadata.
    """
    ds = heads.data_set(instance)
    form = image_format(ds)
    longest = max(form.rows, form.columns)
    reduce = 2 if longest >= 4 * side else 1 if longest >= 2 * side else 0
    image = picture(heads, instance, frame_index, fetch, reduce, data_set=ds)
    side = side if upscale else min(side, longest)
    return jpeg(fitted(image, side, side))


def jpeg(pixels: NDArray[np.uint8], quality: int = JPEG_QUALITY) -> bytes:
    """Encode a grey or RGB picture as baseline JPEG without metadata."""
    from PIL import Image

    if pixels.size == 0:
        raise PixelsUnreadable(what="empty picture")
    out = BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
