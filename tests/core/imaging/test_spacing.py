"""Millimetres only where they may be trusted, and what they are trusted as."""

from __future__ import annotations

from typing import Any

import pydicom
import pytest

from functions.core.imaging import spacing
from functions.core.imaging.geometry import along_normal, normal


def data_set(**attributes: Any) -> pydicom.Dataset:
    ds = pydicom.Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


CASES: list[tuple[str, dict[str, Any], tuple[float, float] | None, str]] = [
    ("in the patient", {"PixelSpacing": [0.7, 0.6]}, (0.7, 0.6), "pixel"),
    ("on the detector", {"ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15), "imager"),
    ("both equal", {"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15), "imager"),
    ("both differ", {"PixelSpacing": [0.1, 0.1], "ImagerPixelSpacing": [0.15, 0.15]}, (0.1, 0.1), "calibrated"),
    ("said to be calibrated", {"PixelSpacing": [0.1, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.1, 0.1), "calibrated"),
    ("scanned film", {"NominalScannedPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), "imager"),
    ("zero", {"PixelSpacing": [0, 0.5]}, None, "none"),
    ("one number", {"PixelSpacing": "0.5"}, None, "none"),
    ("nothing", {}, None, "none"),
]


@pytest.mark.parametrize(("_name", "attributes", "expected", "source"), CASES, ids=[case[0] for case in CASES])
def test_spacing_says_where_it_comes_from(
    _name: str, attributes: dict[str, Any], expected: tuple[float, float] | None, source: str
) -> None:
    """A length on a radiograph measured on the detector is too long by the magnification: the viewer must know."""
    ds = data_set(**attributes)
    assert spacing.of(ds, ds) == (expected, source)


def region(x: float, y: float, form: int = 1, unit: int = 3) -> pydicom.Dataset:
    return data_set(
        RegionSpatialFormat=form, PhysicalUnitsXDirection=unit, PhysicalUnitsYDirection=unit, PhysicalDeltaX=x, PhysicalDeltaY=y
    )


def test_ultrasound_takes_its_scale_from_the_regions() -> None:
    ds = data_set(
        SequenceOfUltrasoundRegions=[region(0.02, -0.01), region(0.02, 0.01), region(9, 9, form=3), region(1, 1, unit=4)]
    )
    assert spacing.of(ds, ds) == ((0.1, 0.2), "ultrasound")


def test_two_scales_in_one_picture_are_none() -> None:
    ds = data_set(SequenceOfUltrasoundRegions=[region(0.02, 0.02), region(0.03, 0.03)])
    assert spacing.of(ds, ds) == (None, "none")


@pytest.mark.parametrize("broken", [[], [1, 0, 0], [1, 0, 0, 1, 0, 0], [float("nan"), 0, 0, 0, 1, 0]])
def test_a_plane_without_a_normal_has_no_place(broken: list[float]) -> None:
    assert normal(broken) is None
    assert along_normal(broken, [0, 0, 1]) is None


def test_the_place_of_an_oblique_slice_is_along_its_normal() -> None:
    oblique = [1, 0, 0, 0, 0.8, 0.6]
    assert along_normal(oblique, [7, -6, 8]) == pytest.approx(10)
