"""Objects made to harm: sizes that lie, bombs, directories that point elsewhere. Their checksums are right."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
import zstandard

from functions.core.imaging import attributes, codestream, data_set, display, heads, luts
from functions.core.imaging.data_set import DEFLATED, EXPLICIT_LITTLE
from functions.core.imaging.errors import DataSetMalformed, ImagingError, ParcelDamaged, ParcelUnknown, PixelsUnreadable
from functions.core.imaging.parcel import Received, decode_frame, open_heads, pack, rebuild
from tests.core.imaging.samples import CT, encapsulated, fetch_from, image, opened, received
from tests.security.hostile.bounds import bounded

DIRECTORY_AT = heads.HEADER.size
PIXELS = np.random.default_rng(5).integers(0, 900, (40, 40), "u2")
(PARCEL,) = pack([received(image(PIXELS))])


def forged(directory: bytes, blob: bytes, count: int = 1, **fields: int) -> bytes:
    """A heads object with right checksums over whatever it is given, zstd frames already. fields: other header values."""
    values = {
        "version": 1,
        "algorithm": 0,
        "directory_size": zstandard.get_frame_parameters(directory).content_size,
        "blob_size": zstandard.get_frame_parameters(blob).content_size,
    } | fields
    head = heads.HEADER.pack(
        *(b"LBXP", values["version"], 1, values["algorithm"], 0, count),
        *(len(directory), values["directory_size"], len(blob), values["blob_size"]),
        *(zlib.crc32(directory), zlib.crc32(blob), 0),
    )[:-4]
    return head + struct.pack("<I", zlib.crc32(head)) + directory + blob


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The directory, and the blob as it is stored."""
    sizes = heads.HEADER.unpack_from(data)
    middle = DIRECTORY_AT + sizes[6]
    return json.loads(zstandard.decompress(data[DIRECTORY_AT:middle])), data[middle:]


def with_entry(**changes: Any) -> bytes:
    """The parcel's heads object with some values of its only entry replaced."""
    directory, blob = parts(PARCEL.heads.data)
    directory["instances"][0] |= changes
    return forged(zstandard.compress(json.dumps(directory).encode()), blob)


@pytest.mark.parametrize("what", ["directory", "blob"])
def test_a_bomb_is_refused_before_it_is_unpacked(what: str) -> None:
    """64 GiB of zeros are two megabytes of zstd; here one GiB, a few kilobytes."""
    small = zstandard.compress(b"{}")
    writer = zstandard.ZstdCompressor(level=1).compressobj(size=2**30)
    bomb = b"".join(writer.compress(bytes(2**24)) for _ in range(64)) + writer.flush()
    tracemalloc.start()
    with pytest.raises(ParcelDamaged, match="at most"):
        open_heads(forged(bomb, small) if what == "directory" else forged(small, bomb))
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_a_size_that_contradicts_the_zstd_frame_is_refused() -> None:
    small = zstandard.compress(b"{}")
    with pytest.raises(ParcelDamaged):
        open_heads(forged(small, small, blob_size=3))


def test_a_zstd_frame_without_its_size_is_refused() -> None:
    small = zstandard.compress(b"{}")
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}" * 50)
    with pytest.raises(ParcelDamaged):
        open_heads(forged(unsized, small, directory_size=100))


@pytest.mark.parametrize(
    "directory",
    [b"", b"[]", b"{}", b"null", b"\xff", b'{"instances":[1],"low":null,"rest":null}', b"[" * 100_000],
    ids=["empty", "list", "object", "null", "no text", "number", "deep"],
)
def test_a_directory_that_is_none_is_refused(directory: bytes) -> None:
    with pytest.raises(ParcelDamaged):
        open_heads(forged(zstandard.compress(directory), zstandard.compress(b"")))


@pytest.mark.parametrize(
    "changes",
    [
        {"head": [0, 10**9]},
        {"head": [-1, 2]},
        {"head": [0]},
        {"runs": [1, 2]},
        {"runs": []},
        {"runs": [10**9]},
        {"bytes": -1},
        {"bytes": 2.5},
        {"bytes": True},
        {"part": 1},
        {"parts": 0},
        {"mode": "other"},
        {"mode": ["htj2k"]},
        {"layout": None},
        {"layout": {"rows": 1}},
        {"frames": [[None, None, None]]},
        {"frames": [[None, None, [16, 10**9, 0]]]},
        {"frames": [[None, None, [0, 10, 0]]]},
        {"frames": [[None, None]]},
        {"frames": 7},
        {"sop": None},
        {"sha256": 5},
    ],
    ids=str,
)
def test_an_entry_that_points_elsewhere_is_refused(changes: dict[str, Any]) -> None:
    """A directory is data from outside: each number is checked before it is used."""
    with pytest.raises(ParcelDamaged):
        open_heads(with_entry(**changes))


def test_another_digest_never_gives_bytes() -> None:
    found = open_heads(with_entry(sha256="0" * 64))
    with pytest.raises(ParcelDamaged, match="differs"):
        rebuild(found, found.instances[0], fetch_from(PARCEL))


@pytest.mark.parametrize("fields", [{"version": 2}, {"algorithm": 1}])
def test_what_a_newer_writer_made_is_refused_by_name(fields: dict[str, int]) -> None:
    directory, blob = parts(PARCEL.heads.data)
    with pytest.raises(ParcelUnknown):
        open_heads(forged(zstandard.compress(json.dumps(directory).encode()), blob, **fields))


def test_a_codestream_larger_than_its_frame_is_not_decoded() -> None:
    """A kilobyte of codestream may claim 4 gigapixels; the decoder would believe it."""
    stream = bytearray(codestream.encode(PIXELS)[0])
    stream[8:16] = struct.pack(">II", 65535, 65535)
    with pytest.raises(PixelsUnreadable, match="instead of"):
        codestream.check_size(bytes(stream), (40, 40, 1))


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.5"]
)
def test_rubbish_in_a_known_codec_is_an_error_not_a_crash(syntax: str) -> None:
    noise = np.random.default_rng(6)
    starts = (b"", b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01", b"\xff\x4f\xff\x51\x00\x29", struct.pack("<I", 1))
    for start in starts:
        item = encapsulated(image(np.zeros((9, 9), "u1")), [start + noise.bytes(200)], syntax)
        ((found, parcel),) = opened([item])
        with pytest.raises(ImagingError):
            decode_frame(found, found.instances[0], 0, fetch_from(parcel))


def test_a_frame_that_no_function_can_hold_is_not_decoded() -> None:
    ds = image(np.zeros((2, 2), "u1"), Rows=65535, Columns=65535)
    item = encapsulated(ds, [b"\xff\xd8\xff" + bytes(40)], "1.2.840.10008.1.2.4.50")
    ((found, parcel),) = opened([item])
    with pytest.raises(PixelsUnreadable, match="more than"):
        decode_frame(found, found.instances[0], 0, fetch_from(parcel))


@pytest.mark.slow
def test_a_picture_of_more_pixels_than_can_be_shown_is_shown_smaller() -> None:
    """Half a megabyte of RLE is 36 megapixels here and could be half a gigapixel; each takes 33 bytes on its way to a screen."""
    import imagecodecs

    segment = imagecodecs.packbits_encode(bytes(6000)) * 6000
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + segment
    ds = image(np.zeros((2, 2), "u1"), Rows=6000, Columns=6000, PixelSpacing=[0.1, 0.1])
    ((found, parcel),) = opened([encapsulated(ds, [frame], "1.2.840.10008.1.2.5")])
    with bounded(mib=600, seconds=60):
        shown = display.picture(found, found.instances[0], 0, fetch_from(parcel))
    assert (shown.pixels.shape, shown.spacing) == ((3000, 3000), (0.2, 0.2))


def test_frames_beyond_any_image_are_kept_verbatim() -> None:
    """Each frame and each fragment costs memory of its own, however small it is."""
    ds = image(np.zeros((1, 1), "u1"), NumberOfFrames=data_set.MAX_FRAMES + 1, PixelData=bytes(data_set.MAX_FRAMES + 2))
    ((found, _),) = opened([received(ds)])
    assert (found.instances[0].mode, found.instances[0].frames) == ("verbatim", ())


def test_heads_that_share_their_bytes_are_refused() -> None:
    """Twenty thousand instances that are one and the same 32 MiB would each be read for themselves."""
    directory, blob = parts(PARCEL.heads.data)
    directory["instances"] *= 2
    with pytest.raises(ParcelDamaged, match="share"):
        open_heads(forged(zstandard.compress(json.dumps(directory).encode()), blob, count=2))


def test_a_palette_of_segments_that_repeat_each_other_ends_with_its_table() -> None:
    """Indirect segments may point at segments that fill 65,535 values each, a thousand times over."""
    segments = [2, 1000, 4, 0, *[0, 1, 7], *[1, 65535, 9] * 1000]
    ds = image(np.zeros((9, 9), "u1"), PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [0, 0, 16])
        setattr(ds, f"Segmented{colour}PaletteColorLookupTableData", struct.pack(f"<{len(segments)}H", *segments))
    with bounded(mib=64, seconds=20):
        palette = luts.read_palette(attributes.read(received(ds).data_set, EXPLICIT_LITTLE))
    assert palette is not None
    assert [len(table.values) for table in palette] == [65536] * 3


def test_a_deflated_bomb_is_cut_off() -> None:
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(squeezed.compress(bytes(2**24)) for _ in range(40)) + squeezed.flush()
    tracemalloc.start()
    with pytest.raises(DataSetMalformed, match="more than"):
        attributes.read(bomb, DEFLATED)
    assert tracemalloc.get_traced_memory()[1] < 4 * attributes.MAX_INFLATED
    tracemalloc.stop()


def test_deeply_nested_attributes_are_an_error_not_a_crash() -> None:
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    item = Received("1.2", CT, EXPLICIT_LITTLE, opening * 20_000)
    ((found, _),) = opened([item])
    with pytest.raises(DataSetMalformed):
        found.data_set(found.instances[0])
