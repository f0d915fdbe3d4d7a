"""Frames of native (not encapsulated) pixel data, and the way back to the very same bytes.

Source: DICOM PS3.5 8.1, 8.2 and Annex A; PS3.3 C.7.6.3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.core.imaging import data_set as tags
from functions.core.imaging.errors import DataSetMalformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from functions.core.imaging.data_set import Walked

WORD_BITS = (1, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixel bytes of one frame stand in the data set.

    planar: 1 when samples are stored plane by plane. bits: bits allocated. swap: size in bytes of the words whose order is
    reversed against little-endian; 1 when none is. subsampled: YBR_FULL_422, two bytes for each pixel.
    """

    rows: int
    columns: int
    samples: int
    planar: int
    bits: int
    signed: bool
    swap: int
    subsampled: bool

    @property
    def pixels(self) -> int:
        return self.rows * self.columns

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, samples)."""
        return self.rows, self.columns, self.samples

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame after `to_words`: 1-bit pixels count one byte each."""
        if self.subsampled:
            return self.pixels * 2
        return self.pixels * self.samples * max(1, self.bits // 8)

    def as_json(self) -> dict[str, int | bool]:
        return {
            "rows": self.rows,
            "columns": self.columns,
            "samples": self.samples,
            "planar": self.planar,
            "bits": self.bits,
            "signed": self.signed,
            "swap": self.swap,
            "subsampled": self.subsampled,
        }


def layout_of(walked: Walked) -> Layout:
    """Raises DataSetMalformed when the pixel bytes cannot be told apart into frames."""
    assert walked.pixels is not None
    rows, columns = walked.number(tags.ROWS), walked.number(tags.COLUMNS)
    samples, bits = walked.number(tags.SAMPLES, 1), walked.number(tags.BITS_ALLOCATED)
    if not rows or not columns or samples not in (1, 3, 4) or bits not in WORD_BITS or (bits == 1 and samples > 1):
        raise DataSetMalformed(what="pixel format not supported", offset=walked.pixels.offset)
    swap = 1
    if walked.big_endian and bits > 1:
        swap = 2 if bits == 8 and walked.pixels.vr == b"OW" else bits // 8
    planar = walked.number(tags.PLANAR) if samples > 1 else 0
    subsampled = walked.text(tags.PHOTOMETRIC) in ("YBR_FULL_422", "YBR_PARTIAL_422") and samples == 3 and bits == 8
    return Layout(rows, columns, samples, int(planar == 1), bits, walked.number(tags.REPRESENTATION) == 1, swap, subsampled)


def frames_of(data: memoryview, walked: Walked, layout: Layout) -> tuple[int, Sequence[NDArray[Any]]]:
    """Cut native pixel data into frames.

    Returns the number of bytes of the pixel element that the frames cover (padding is left out), and the frames, each a flat
    array of little-endian words (1-bit pixels: uint8, 0 or 1). Raises DataSetMalformed when the element is too short.
    """
    import numpy as np

    assert walked.pixels is not None
    count = frame_count(walked)
    used = -(-count * layout.pixels // 8) if layout.bits == 1 else count * layout.frame_bytes
    if used > walked.pixels.length:
        raise DataSetMalformed(what=f"{walked.pixels.length} pixel bytes of {used}", offset=walked.pixels.offset)
    if layout.bits == 8 and layout.swap == 2 and used % 2:
        raise DataSetMalformed(what="odd 8-bit pixels in 16-bit words", offset=walked.pixels.offset)
    raw = np.frombuffer(data, np.uint8, used, walked.pixels.offset)
    if layout.bits == 1:
        words = np.unpackbits(raw, bitorder="little")[: count * layout.pixels]
    elif layout.swap > 1:
        words = raw.view(f">u{layout.swap}").astype(f"<u{layout.swap}").view(np.uint8)
    else:
        words = raw
    size = layout.frame_bytes
    return used, [words[at : at + size].view(word_type(layout)) for at in range(0, count * size, size)]


def to_bytes(frames: Sequence[NDArray[Any]], layout: Layout) -> bytes | memoryview:
    """The pixel bytes of the data set from its frames (flat words, all of them); the opposite of `frames_of`."""
    runs = list(byte_runs(frames, layout))
    return runs[0] if len(runs) == 1 else b"".join(runs)


def byte_runs(frames: Iterable[NDArray[Any]], layout: Layout) -> Iterator[bytes | memoryview]:
    """As `to_bytes`, in runs: one frame after the other, so that one at a time is in memory; 1-bit frames share bytes and come
    together."""
    import numpy as np

    if layout.bits == 1:
        yield np.packbits(np.concatenate(list(frames)), bitorder="little").tobytes()
        return
    for frame in frames:
        if layout.swap > 1:
            yield frame.view(f"<u{layout.swap}").astype(f">u{layout.swap}").tobytes()
        else:
            yield frame.data.cast("B")


def frame_count(walked: Walked) -> int:
    """NumberOfFrames, 1 when absent. Raises DataSetMalformed when it is no number from 1 to `MAX_FRAMES`."""
    text = walked.text(tags.FRAMES) or "1"
    if not (text.isascii() and text.isdigit() and len(text) <= 12) or not 0 < int(text) <= tags.MAX_FRAMES:
        raise DataSetMalformed(what="number of frames unusable", offset=0)
    return int(text)


def word_type(layout: Layout) -> str:
    """numpy type of one stored value, little-endian."""
    if layout.bits in (1, 8):
        return "i1" if layout.signed and layout.bits == 8 else "u1"
    return f"<{'i' if layout.signed else 'u'}{layout.bits // 8}"


def to_image(words: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """Flat words → (rows, columns) or (rows, columns, samples). YBR_FULL_422 chroma is repeated for its pair of pixels."""
    import numpy as np

    shape = (layout.rows, layout.columns)
    if layout.subsampled:  # PS3.3 C.7.6.3.1.2: Y1 Y2 CB CR
        pairs = words.reshape(-1, 4)
        full = np.empty((len(pairs), 2, 3), words.dtype)
        full[:, :, 0] = pairs[:, :2]
        full[:, :, 1:] = pairs[:, None, 2:]
        return full.reshape(*shape, 3)
    if layout.samples == 1:
        return words.reshape(shape)
    if layout.planar:
        return np.ascontiguousarray(words.reshape(layout.samples, *shape).transpose(1, 2, 0))
    return words.reshape(*shape, layout.samples)


def from_image(image: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """The opposite of `to_image`, for layouts without subsampling."""
    import numpy as np

    if layout.samples > 1 and layout.planar:
        image = image.transpose(2, 0, 1)
    return np.ascontiguousarray(image.astype(word_type(layout), copy=False)).reshape(-1)


def layout_from_json(fields: Mapping[str, Any]) -> Layout:
    """Raises ValueError or TypeError when a field is missing, unknown, or of another type or range."""
    layout = Layout(**fields)
    whole = (layout.rows, layout.columns, layout.samples, layout.planar, layout.bits, layout.swap)
    if not all(type(value) is int for value in whole):
        raise TypeError("layout")
    if not (0 < layout.rows <= 65535 and 0 < layout.columns <= 65535 and layout.samples in (1, 3, 4)):
        raise ValueError("layout")
    if layout.bits not in WORD_BITS or layout.swap not in (1, 2, 4, 8) or layout.planar not in (0, 1):
        raise ValueError("layout")
    return layout
