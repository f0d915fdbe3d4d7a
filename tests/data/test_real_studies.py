"""The two real series are stamped, and nothing but that."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

import tests.data as data


@pytest.mark.parametrize(("stamped", "source"), [(data.real_ct_native, "real-ct"), (data.real_mr, "real-mr")])
def test_pixels_stay_and_identity_is_invented(stamped, source):
    for index, (path, original) in enumerate(zip(stamped(), data.files(source), strict=True)):
        ds = dcmread(path)
        assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
        assert ds.SOPInstanceUID == ds.file_meta.MediaStorageSOPInstanceUID
        assert int(ds.InstanceNumber) == index + 1
        assert str(ds.PatientName).isascii() is False
        if index % 7 == 0:
            assert np.array_equal(ds.pixel_array, dcmread(original).pixel_array)


def test_each_series_has_one_study_and_one_series_uid():
    for paths in (data.real_ct_native(), data.real_mr()):
        headers = [dcmread(path, stop_before_pixels=True) for path in paths]
        assert len({(ds.StudyInstanceUID, ds.SeriesInstanceUID) for ds in headers}) == 1
        assert len({ds.SOPInstanceUID for ds in headers}) == 20


def test_every_group_names_files_and_all_are_there():
    """A group that is empty would make the tests that walk it pass without looking."""
    for group in data.GROUPS:
        assert data.files(group), group
    assert len(data.all_dicom()) > 350
