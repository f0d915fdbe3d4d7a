"""Stored values of a frame, whatever codec holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from functions.core.imaging import codestream, decoders, native
from functions.core.imaging.errors import PixelsUnreadable
from functions.core.imaging.pixel_format import PixelFormat, image_format, stored_values
from functions.core.imaging.rebuilding import Fetch, frame_bytes, unpack_words
from functions.core.imaging.transfer_syntax import codec_of

if TYPE_CHECKING:
    import pydicom
    from numpy.typing import NDArray

    from functions.core.imaging.heads import Heads, Instance

MAX_FRAME_BYTES = 512 * 1024 * 1024  # what a function can hold; larger frames are downloaded, not decoded
DECODED_TO_RGB = ("YBR_RCT", "YBR_ICT")


class Decoded(NamedTuple):
    """values: (rows, columns) or (rows, columns, 3). photometric: what they are now; JPEG 2000's own transform is undone."""

    values: NDArray[Any]
    photometric: str


def frame_pixels(heads: Heads, instance: Instance, frame_index: int, fetch: Fetch, reduce: int = 0) -> NDArray[Any]:
    """Stored values of one frame: (rows, columns), or (rows, columns, 3) for colour.

    frame_index: from 0, in instance.frames. reduce: 0 full size, 1 half, 2 quarter, rounded up; only the pieces needed are
    fetched. Raises ParcelDamaged when a piece is, PixelsUnreadable when no decoder takes the frame.
    """
    return decode_frame(heads, instance, frame_index, fetch, reduce).values


def decode_frame(
    heads: Heads,
    instance: Instance,
    frame_index: int,
    fetch: Fetch,
    reduce: int = 0,
    attributes: pydicom.Dataset | None = None,
) -> Decoded:
    """As `frame_pixels`, with the photometric interpretation of the result. attributes: heads.data_set(instance), if at hand."""
    if not 0 <= frame_index < len(instance.frames):
        raise PixelsUnreadable(what=f"frame {frame_index} of {len(instance.frames)}")
    form = image_format(heads.data_set(instance) if attributes is None else attributes)
    if form.rows * form.columns * form.samples * form.bits_allocated > 8 * MAX_FRAME_BYTES:
        raise PixelsUnreadable(what=f"{form.rows} × {form.columns} pixels, more than {MAX_FRAME_BYTES} bytes")
    stored = frame_bytes(instance.frames[frame_index], fetch, reduce)
    if instance.mode == "stored":
        return _passed_through(instance, stored, form, reduce)
    assert instance.layout is not None
    if instance.mode == "htj2k":
        codestream.check_size(stored, instance.layout.shape)
        image = codestream.decode(stored, reduce)
        if instance.layout.bits == 8 and image.dtype.itemsize == 2:  # widened by the packer
            image = image.clip(-128, 127).astype("i1")
        return Decoded(image, form.photometric)
    image = native.to_image(unpack_words(stored, instance.layout), instance.layout)
    return Decoded(_thin(stored_values(image, form), reduce), form.photometric)


def _passed_through(instance: Instance, stored: bytes, form: PixelFormat, reduce: int) -> Decoded:
    codec = codec_of(instance.mode, instance.transfer_syntax_uid)
    image = stored_values(decoders.decode(codec, stored, form), form)
    photometric = form.photometric
    if photometric in DECODED_TO_RGB and codec in ("jpeg2000", "htj2k-source"):
        photometric = "RGB"
    elif codec == "jpeg" and photometric == "RGB" and decoders.adobe_transform(stored) == 1:
        photometric = "YBR_FULL"  # the stream says so itself
    return Decoded(_thin(image, reduce), photometric)


def _thin(image: NDArray[Any], reduce: int) -> NDArray[Any]:
    """Every second or fourth pixel, for codecs without resolutions of their own."""
    step = 1 << reduce
    return image[::step, ::step] if reduce else image
