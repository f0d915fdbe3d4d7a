"""The phantom is a CT series that a scanner might have sent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from iac.local.phantom import Identity, cached_phantom, write_phantom
from iac.local.phantom.dicom import PADDING
from iac.local.phantom.scan import NODULE

SLICES = 40


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory):
    paths = write_phantom(tmp_path_factory.mktemp("phantom"), SLICES, size=256)
    return [dcmread(path) for path in paths]


def hu(ds) -> np.ndarray:
    return ds.pixel_array.astype(np.int32) * int(ds.RescaleSlope) + int(ds.RescaleIntercept)


def test_slices_lie_evenly_from_the_neck_down(series):
    places = np.array([ds.ImagePositionPatient for ds in series], float)
    steps = np.diff(places, axis=0)
    assert np.allclose(steps, steps[0], atol=1e-3)
    assert steps[0] == pytest.approx([0, 0, -float(series[0].SpacingBetweenSlices)], abs=1e-3)


def test_every_instance_has_its_own_uid_and_one_series_and_study(series):
    assert len({ds.SOPInstanceUID for ds in series}) == SLICES
    assert len({(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID) for ds in series}) == 1
    assert all(ds.SOPInstanceUID.is_valid for ds in series)


def test_outside_the_field_of_view_is_padding_and_nothing_else_is(series):
    picture = series[SLICES // 2].pixel_array
    assert picture[0, 0] == PADDING == series[0].PixelPaddingValue
    assert (picture[picture != PADDING] >= 0).all()


def test_values_are_those_of_air_lung_fat_soft_tissue_and_bone(series):
    middle = hu(series[SLICES // 2])
    inside = middle[middle > -1500]
    share = np.histogram(inside, [-1024, -940, -700, -150, -30, 120, 300, 3000])[0] / inside.size
    assert (share > [0.2, 0.1, 0, 0.03, 0.1, 0.001, 0.005]).all()


def test_the_nodule_is_where_the_report_says(series):
    """The demo's report speaks of it."""
    x, y, z, _ = NODULE
    ds = series[int(z / 300 * SLICES)]
    column = round((x - float(ds.ImagePositionPatient[0])) / float(ds.PixelSpacing[1]))
    row = round((y - float(ds.ImagePositionPatient[1])) / float(ds.PixelSpacing[0]))
    around = hu(ds)[row - 9 : row + 10, column - 9 : column + 10]
    assert hu(ds)[row - 1 : row + 2, column - 1 : column + 2].mean() > -100
    assert np.median(around) < -700


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
def test_the_chinese_name_survives_each_character_set(tmp_path: Path, charset: str):
    path = write_phantom(tmp_path, 1, size=64, identity=Identity(charset=charset))[0]
    assert str(dcmread(path).PatientName) == "Zhang^Wei=张^伟"


def test_the_same_seed_makes_the_same_bytes_and_another_one_does_not(tmp_path: Path):
    first, again, other = (
        write_phantom(tmp_path / name, 2, size=64, seed=seed)[1].read_bytes() for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again != other


def test_a_series_is_made_once_and_found_again(tmp_path: Path):
    first = cached_phantom(2, size=64, root=tmp_path)
    made = [path.stat().st_mtime_ns for path in first]
    assert [path.stat().st_mtime_ns for path in cached_phantom(2, size=64, root=tmp_path)] == made
    assert len(list(tmp_path.iterdir())) == 1


def test_no_slices_is_an_error(tmp_path: Path):
    with pytest.raises(ValueError, match="0 slices"):
        write_phantom(tmp_path, 0)
