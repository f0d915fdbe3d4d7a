"""Decoders of pass-through frames: one function per codec, all from imagecodecs, imported when the first frame is decoded.

Each takes the joined fragments of one frame and gives (rows, columns) or (rows, columns, samples) as the codestream holds them:
no colour transform but the one that is part of JPEG 2000.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from functions.core.imaging.codestream import check_size
from functions.core.imaging.errors import PixelsUnreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from functions.core.imaging.pixel_format import PixelFormat

APP14, SOS = 0xEE, 0xDA
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}  # SOF0 … SOF15, JPEG-LS


def decode(codec: str, data: bytes, form: PixelFormat) -> NDArray[Any]:
    """Decode one frame. codec: as the index names it. Raises PixelsUnreadable, also when the size is not the data set's."""
    decoder = DECODERS.get(codec)
    if decoder is None:
        raise PixelsUnreadable(what=f"{codec}: no decoder")
    if codec in ("jpeg2000", "htj2k-source"):
        check_size(data, (form.rows, form.columns, form.samples))
    elif codec.startswith("jpeg"):
        _check_jpeg_size(data, form)
    try:
        image = decoder(data, form)
    except (RuntimeError, ValueError, TypeError, OverflowError, IndexError, MemoryError, struct.error) as error:
        raise PixelsUnreadable(what=f"{codec}: {type(error).__name__}") from error
    expected = (form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, form.samples)
    if image.shape != expected:
        raise PixelsUnreadable(what=f"{codec}: {image.shape} instead of {expected}")
    return image


def _jpeg(data: bytes, form: PixelFormat) -> NDArray[Any]:
    import imagecodecs

    if form.samples == 1:
        return imagecodecs.jpeg8_decode(data)
    space = "YCBCR"  # named alike on both sides: libjpeg then leaves the components alone
    return imagecodecs.jpeg8_decode(data, colorspace=space, outcolorspace=space)


def _jpeg_lossless(data: bytes, _form: PixelFormat) -> NDArray[Any]:
    import imagecodecs

    return imagecodecs.jpegsof3_decode(data)


def _jpeg_ls(data: bytes, _form: PixelFormat) -> NDArray[Any]:
    import imagecodecs

    return imagecodecs.jpegls_decode(data)


def _jpeg2000(data: bytes, _form: PixelFormat) -> NDArray[Any]:
    import imagecodecs

    return imagecodecs.jpeg2k_decode(data, planar=False)


def _htj2k(data: bytes, _form: PixelFormat) -> NDArray[Any]:
    import imagecodecs

    return imagecodecs.htj2k_decode(data)


def _rle(data: bytes, form: PixelFormat) -> NDArray[Any]:
    """PackBits segments, one per byte of a sample, most significant first. Source: DICOM PS3.5 Annex G."""
    import imagecodecs
    import numpy as np

    count, *offsets = struct.unpack_from("<16I", data)
    width = max(1, form.bits_allocated // 8)
    if count != form.samples * width or count > 15:
        raise ValueError(count)
    ends = [*offsets[1:count], len(data)]
    pixels = form.rows * form.columns
    planes = np.empty((form.samples, width, pixels), np.uint8)
    for number, (start, end) in enumerate(zip(offsets, ends, strict=False)):
        segment = np.frombuffer(imagecodecs.packbits_decode(data[start:end]), np.uint8)
        planes[number // width, width - 1 - number % width] = segment[:pixels]
    words = np.ascontiguousarray(planes.transpose(2, 0, 1)).view(f"<u{width}")
    return words.reshape(form.rows, form.columns, form.samples) if form.samples > 1 else words.reshape(form.rows, form.columns)


DECODERS: dict[str, Callable[[bytes, PixelFormat], NDArray[Any]]] = {
    "jpeg": _jpeg,
    "jpeg-lossless": _jpeg_lossless,
    "jpeg-ls": _jpeg_ls,
    "jpeg2000": _jpeg2000,
    "htj2k-source": _htj2k,
    "rle": _rle,
}


def adobe_transform(data: bytes) -> int | None:
    """Colour transform of a JPEG's APP14 segment: 0 none, 1 YCbCr, 2 YCCK; None when it has no such segment."""
    for marker, segment in _segments(data):
        if marker == APP14 and segment[:5] == b"Adobe" and len(segment) > 11:
            return segment[11]
    return None


def _check_jpeg_size(data: bytes, form: PixelFormat) -> None:
    """Compare the size in the frame header with the data set's, before a decoder allocates it. Raises PixelsUnreadable."""
    for marker, segment in _segments(data):
        if marker in FRAME_HEADERS and len(segment) > 5:
            rows, columns, samples = struct.unpack_from(">HHB", segment, 1)
            if (rows, columns, samples) == (form.rows, form.columns, form.samples):
                return
            raise PixelsUnreadable(what=f"JPEG of {rows} × {columns} × {samples} instead of {form.rows} × {form.columns}")
    raise PixelsUnreadable(what="JPEG without size")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, contents) of the segments before the first scan. Source: ISO/IEC 10918-1 B.1.1.4."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != SOS:
        if data[at + 1] == 0xFF:  # a fill byte
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
