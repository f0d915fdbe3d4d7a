"""What is looked at before an object is promised: UIDs found, lengths adding up, hostile shapes refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from edge_agent.errors import DataSetUnreadable
from edge_agent.receiver.data_set_check import Identity, examine, examine_beginning
from tests.agent.building import encoded, image
from tests.data import all_dicom
from tests.data.modalities import KINDS, instance

CT = Identity("1.2.840.10008.5.1.4.1.1.2", "1.2.3.4.1.1", "1.2.3.4", "1.2.3.4.1")


def nested() -> Dataset:
    """A slice with sequences of defined and undefined length before and after the UIDs."""
    ds, item, inner = image(), Dataset(), Dataset()
    inner.CodeValue = "1"
    item.ReferencedSOPInstanceUID = "9.9.9"
    item.PurposeOfReferenceCodeSequence = [inner]
    ds.ReferencedImageSequence = [item, item]
    ds.RequestAttributesSequence = [item]
    ds["ReferencedImageSequence"].is_undefined_length = True
    return ds


@pytest.mark.parametrize("make", [image, nested])
def test_the_four_uids_are_found_in_every_encoding(make):
    plain = encoded(make())
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    cases = {
        ExplicitVRLittleEndian: plain,
        ImplicitVRLittleEndian: encoded(make(), implicit=True),
        ExplicitVRBigEndian: encoded(make(), little=False),
        DeflatedExplicitVRLittleEndian: deflate.compress(plain) + deflate.flush(),
    }
    for syntax, data in cases.items():
        assert examine(b"#" * 512 + data, 512, str(syntax)) == CT, syntax.name


@pytest.mark.parametrize("kind", KINDS)
def test_every_modality_passes(kind):
    ds = instance(kind)
    assert examine(encoded(ds), 0, str(ExplicitVRLittleEndian)).sop_uid == ds.SOPInstanceUID


def test_encapsulated_pixels_are_stepped_over():
    ds = image()
    ds.PixelData = encapsulate([b"\xff\xd8" + bytes(99) + b"\xff\xd9"] * 3)
    ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OB"
    assert examine(encoded(ds), 0, str(JPEGBaseline8Bit)) == CT


def test_no_shorter_data_set_passes():
    """A cut between two elements alone cannot be seen; within one it always is."""
    data = encoded(nested())
    boundaries = 0
    for length in range(len(data)):
        try:
            examine(data[:length], 0, str(ExplicitVRLittleEndian))
        except DataSetUnreadable:
            continue
        boundaries += 1
    assert boundaries <= 40


@pytest.mark.parametrize("keyword", ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"])
def test_a_missing_or_wrong_uid_is_named(keyword):
    ds = image()
    del ds[keyword]
    with pytest.raises(DataSetUnreadable, match=f"no {keyword}"):
        examine(encoded(ds), 0, str(ExplicitVRLittleEndian))
    data = encoded(image()).replace(b"1.2.3.4.1.1\0", b"x.2.3.4.1.1\0")
    with pytest.raises(DataSetUnreadable, match="not a UID"):
        examine(data, 0, str(ExplicitVRLittleEndian))


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value) if length is None else length) + value


HOSTILE = {
    "length beyond the end": element(0x00080005, b"CS", b"", length=60000),
    "32-bit length beyond the end": struct.pack("<HH2sHI", 9, 1, b"OB", 0, 0xFFFFFFF0),
    "sequence without items": struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + b"rubbish!" * 4,
    "a stray delimiter": struct.pack("<HHI", 0xFFFE, 0xE00D, 0),
    "deep nesting": b"".join(
        [struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF), struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)] * 5000
    ),
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_data_is_refused_not_crashed_on(name):
    with pytest.raises(DataSetUnreadable):
        examine(HOSTILE[name], 0, str(ExplicitVRLittleEndian))


def test_damaged_or_cut_deflate_is_refused():
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = deflate.compress(encoded(image())) + deflate.flush()
    for harmed in (data[: len(data) // 2], b"\xff" * 100):
        with pytest.raises(DataSetUnreadable, match="deflated"):
            examine(harmed, 0, str(DeflatedExplicitVRLittleEndian))


def test_a_flipped_bit_never_crashes():
    """Any answer but an exception of our own tree would end an association."""
    data = encoded(nested())[:400]
    for bit in range(0, len(data) * 8, 3):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            examine(bytes(flipped), 0, str(ExplicitVRLittleEndian))
        except DataSetUnreadable:
            continue


@pytest.mark.parametrize("make", [image, nested])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_a_beginning_says_what_the_whole_says_or_nothing(make, syntax):
    """However much of it is at hand: a UID that is cut is none, and what is behind the beginning is not padding."""
    ds = make()
    last = Dataset()  # a data set may also end with a UID
    last.update({element.tag: element for element in ds if element.tag <= 0x0020000E})
    for one in (ds, last):
        data = encoded(one, implicit=syntax.is_implicit_VR, little=syntax.is_little_endian)
        found = [examine_beginning(data[:length], len(data), str(syntax)) for length in range(len(data) + 1)]
        assert set(found) == {None, CT}
        assert found[0] is None
        assert found[-1] == CT
        assert examine_beginning(data[:-1], len(data) - 1, str(syntax)) is None  # cut: the whole has to say so
    with_pixels = encoded(ds, implicit=syntax.is_implicit_VR, little=syntax.is_little_endian)
    assert examine_beginning(with_pixels[:-1], len(with_pixels), str(syntax)) == CT
    assert examine_beginning(with_pixels[:-1], len(with_pixels) + 3, str(syntax)) is None  # three bytes that nobody saw


BROKEN = {  # of the pinned files, those that no sender should get success for
    "MR_truncated.dcm": "overruns by",
    "rtplan_truncated.dcm": "overruns by",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "ends within an element",
    "bad_sequence.dcm": "not a UID",
    "SC_rgb_jpeg.dcm": "no SOPClassUID",  # implicit VR under an explicit transfer syntax
}


@pytest.mark.filterwarnings("ignore")
def test_real_files_pass_and_the_broken_ones_are_told():
    """Everything in the collected real data that a sender could send is taken; too strict a check would lose images."""
    refused = {}
    for path in all_dicom():
        try:
            ds = dcmread(path, stop_before_pixels=True, force=True)
            raw, syntax = _data_set_of(path)
        except Exception:
            continue
        if all(ds.get(name) for name in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")):
            try:
                examine(raw, 0, syntax)
            except DataSetUnreadable as error:
                refused[path.name] = str(error)
    assert refused.keys() == BROKEN.keys()
    assert all(BROKEN[name] in reason for name, reason in refused.items())


def _data_set_of(path) -> tuple[bytes, str]:
    """Bytes after the file meta information, and their transfer syntax."""
    raw = path.read_bytes()
    if raw[128:132] != b"DICM":
        raise ValueError("no file meta information")
    length = struct.unpack_from("<I", raw, 140)[0]
    meta = dcmread(BytesIO(raw), stop_before_pixels=True).file_meta
    return raw[144 + length :], str(meta.TransferSyntaxUID)
