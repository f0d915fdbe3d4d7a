"""Any instance goes into parcels and comes back byte for byte; any damage is found."""

from __future__ import annotations

import hashlib
import warnings
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.core.imaging.data_set import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from functions.core.imaging.errors import ImagingError, ParcelDamaged
from functions.core.imaging.parcel import Heads, Parcel, Received, check_parcel, open_heads, pack, rebuild
from tests.core.imaging.samples import CT, encapsulated, fetch_from, image, opened, rebuilt, received

pytestmark = [pytest.mark.req("ING-12", "PLUS-01")]
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG)
JPEG = "1.2.840.10008.1.2.4.50"


@st.composite
def pixels(draw: st.DrawFn) -> NDArray[Any]:
    """Grey of 8, 16 and 32 bit, signed and not, or colour, one to four frames, any size, noise of any strength."""
    colour = draw(st.booleans())
    kind = draw(st.sampled_from(["u1"] if colour else ["u1", "i1", "u2", "i2", "u4", "i4"]))
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 70)), draw(st.integers(1, 70)), *((3,) if colour else ()))
    limits = np.iinfo(kind)
    span = draw(st.sampled_from([0, 1, 40, 3000, int(limits.max)]))
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low, high = max(int(limits.min), -span), min(int(limits.max), span)
    return noise.integers(low, high, shape, dtype=kind, endpoint=True)


@st.composite
def images(draw: st.DrawFn) -> Received:
    """An image in any native transfer syntax, with what senders do to it: stray bits, planes, private and nested elements."""
    array = draw(pixels())
    ds = image(array, SOPInstanceUID=f"1.2.{draw(st.integers(1, 999))}", InstanceNumber=draw(st.integers(1, 99)))
    if ds.SamplesPerPixel == 3 and draw(st.booleans()):
        ds.PlanarConfiguration = 1
    if ds.BitsAllocated == 16 and draw(st.booleans()):
        ds.BitsStored, ds.HighBit = 12, draw(st.sampled_from([11, 15]))
    if draw(st.booleans()):
        ds.PatientName = draw(st.text("ABCÄ张^=", max_size=20))
        ds.SpecificCharacterSet = draw(st.sampled_from(["ISO_IR 192", "GB18030"]))
    if draw(st.booleans()):
        item = pydicom.Dataset()
        item.ReferencedSOPInstanceUID = "1.2.3"
        ds.ReferencedImageSequence = [item, item]
        ds["ReferencedImageSequence"].is_undefined_length = draw(st.booleans())
    if draw(st.booleans()):
        ds.add_new(0x00091010, "UN", draw(st.binary(max_size=40).map(lambda value: value + b"\0" * (len(value) % 2))))
        ds.add_new(0xFFFCFFFC, "OB", bytes(draw(st.integers(0, 20)) * 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return received(ds, draw(st.sampled_from(NATIVE)))


@SLOW
@given(images())
def test_any_image_comes_back_with_the_bytes_it_had(item: Received) -> None:
    """A hospital gets back what its scanner sent, whatever it sent."""
    assert rebuilt([item]) == {item.sha256: item.data_set}


@SLOW
@given(st.binary(max_size=3000), st.sampled_from([*NATIVE, DEFLATED, JPEG, "1.2.3", ""]))
def test_any_bytes_come_back_though_they_are_no_data_set(data: bytes, syntax: str) -> None:
    """What cannot be understood is kept, not refused: the only copy may be here."""
    item = Received("1.2.3", CT, syntax, data)
    assert rebuilt([item]) == {item.sha256: data}


@SLOW
@given(images(), st.data())
def test_a_cut_or_altered_data_set_comes_back_as_it_is(item: Received, data: st.DataObject) -> None:
    """Broken files are evidence too."""
    broken = bytearray(item.data_set[: data.draw(st.integers(0, len(item.data_set)))])
    for _ in range(data.draw(st.integers(0, 3)) if broken else 0):
        broken[data.draw(st.integers(0, len(broken) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    other = Received(item.sop_uid, item.sop_class_uid, item.transfer_syntax_uid, bytes(broken))
    assert rebuilt([other]) == {other.sha256: bytes(broken)}
    for heads, _ in opened([other]):
        assert "\n" not in heads.instances[0].reason


@SLOW
@given(
    st.lists(st.binary(min_size=6, max_size=90), min_size=1, max_size=5),
    st.integers(1, 3),
    st.booleans(),
)
def test_encapsulated_frames_pass_through_unchanged(frames: list[bytes], fragments: int, with_table: bool) -> None:
    """Compressed images are never coded again; their fragments and offset table come back too."""
    ds = image(np.zeros((len(frames), 2, 2), "u1"), NumberOfFrames=len(frames))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        item = encapsulated(ds, frames, JPEG, fragments_per_frame=fragments, has_bot=with_table)
    assert rebuilt([item]) == {item.sha256: item.data_set}


def sealed() -> Parcel:
    """Two slices and a report: every kind of entry and of piece."""
    noise = np.random.default_rng(7)
    slices = [
        received(image(noise.integers(0, 400, (40, 36), "u2"), SOPInstanceUID=f"1.2.{number}", InstanceNumber=number))
        for number in (1, 2)
    ]
    dose = received(image(noise.integers(0, 9000, (9, 9), "u4"), SOPInstanceUID="1.2.3"))
    (parcel,) = pack([*slices, dose, Received("1.2.4", CT, EXPLICIT_LITTLE, b"no data set")])
    assert {instance.mode for instance in parcel.instances} == {"htj2k", "zstd", "verbatim"}
    return parcel


PARCEL = sealed()


def read_all(heads: bytes, low: bytes, rest: bytes) -> None:
    """All that a reader does with a parcel."""
    found = open_heads(heads)
    check_parcel(found, low, rest)
    rebuild_all(found, {"low": low, "rest": rest})


def rebuild_all(heads: Heads, held: dict[str, bytes]) -> None:
    for instance in heads.instances:
        rebuild(heads, instance, lambda kind, offset, length: held[kind][offset : offset + length])


def objects() -> dict[str, bytes]:
    return {blob.kind: blob.data for blob in PARCEL.blobs}


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("kind", ["heads", "low", "rest"])
def test_every_shorter_length_of_every_object_is_refused(kind: str) -> None:
    """Storage and networks cut bodies; a shortened image must not look like a smaller one."""
    whole = objects()
    for length in range(len(whole[kind])):
        with pytest.raises(ParcelDamaged):
            read_all(**(whole | {kind: whole[kind][:length]}))
    with pytest.raises(ParcelDamaged):
        read_all(**(whole | {kind: whole[kind] + b"\0"}))


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("kind", ["heads", "low", "rest"])
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_flipped_bit_is_found(kind: str, data: st.DataObject) -> None:
    """The codec itself does not notice damage: it returns wrong pixels."""
    whole = objects()
    flipped = bytearray(whole[kind])
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ImagingError):
        read_all(**(whole | {kind: bytes(flipped)}))


@pytest.mark.req("PLUS-03")
@pytest.mark.parametrize("kind", ["low", "rest"])
def test_every_flipped_byte_of_a_piece_is_found_by_who_reads_only_that_piece(kind: str) -> None:
    """A viewer never reads the whole object: the piece's own checksum must do."""
    whole, heads = objects(), open_heads(PARCEL.heads.data)
    for at in range(16, len(whole[kind])):
        flipped = bytearray(whole[kind])
        flipped[at] ^= 0xFF
        with pytest.raises(ParcelDamaged):
            rebuild_all(heads, whole | {kind: bytes(flipped)})


@pytest.mark.req("PLUS-03")
def test_pieces_in_another_order_are_found() -> None:
    """Every two pieces of `rest` change places: right bytes at the wrong place are somebody else's image."""
    whole, heads = objects(), open_heads(PARCEL.heads.data)
    pieces = sorted(piece for item in heads.instances for frame in item.frames for piece in frame[1:] if piece)
    cut = [whole["rest"][piece.offset : piece.offset + piece.bytes] for piece in pieces]
    for one in range(len(cut)):
        for other in range(one + 1, len(cut)):
            order = list(cut)
            order[one], order[other] = order[other], order[one]
            if b"".join(order) == b"".join(cut):
                continue
            with pytest.raises(ParcelDamaged):
                read_all(whole["heads"], whole["low"], whole["rest"][:16] + b"".join(order))


def test_pixel_objects_hold_no_identity() -> None:
    """Whoever may see a series, an anonymous guest too, can read all of its objects."""
    secrets = [PARCEL.instances[0].sop_uid, PARCEL.instances[0].sha256, "OpenJPH"]
    for kind in ("low", "rest"):
        data = objects()[kind]
        assert not any(secret.encode() in data for secret in secrets)
        assert b"\xff\x64" not in data[16:100]


def test_a_fetch_that_gives_another_parcels_bytes_is_found() -> None:
    heads = open_heads(PARCEL.heads.data)
    with pytest.raises(ParcelDamaged):
        rebuild(heads, heads.instances[0], lambda kind, offset, length: bytes(length))


def test_objects_are_named_by_their_digest() -> None:
    for blob in PARCEL.blobs:
        assert blob.sha256 == hashlib.sha256(blob.data).hexdigest()
    heads = open_heads(PARCEL.heads.data)
    assert heads.low is not None
    assert PARCEL.low is not None
    assert heads.low.sha256 == PARCEL.low.sha256
    assert fetch_from(PARCEL)("low", 0, 4) == b"LBXP"
