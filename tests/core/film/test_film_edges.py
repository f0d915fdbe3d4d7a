"""Which side of the patient lies where. Source of the axes: DICOM PS3.3 C.7.6.2.1.1."""

from __future__ import annotations

import pytest

from functions.core.imaging.film_edges import edges_of_orientation, edges_of_patient_orientation, letters


@pytest.mark.parametrize(
    ("orientation", "edges"),
    [
        ([1, 0, 0, 0, 1, 0], ("R", "A", "L", "P")),  # axial
        ([1, 0, 0, 0, 0, -1], ("R", "H", "L", "F")),  # coronal
        ([0, 1, 0, 0, 0, -1], ("A", "H", "P", "F")),  # sagittal
        ([-1, 0, 0, 0, -1, 0], ("L", "P", "R", "A")),  # axial, prone
        (None, ("", "", "", "")),
    ],
)
def test_the_standard_planes_have_their_letters(orientation, edges):
    assert edges_of_orientation(orientation) == edges


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ((1, 0, 0), "L"),
        ((0.94, 0.34, 0), "L"),
        ((0.87, 0.5, 0), "LP"),
        ((-0.5, 0, 0.87), "HR"),
        ((0, 0, 0), ""),
        ((0.6, 0.6, 0.53), "LPH"),
    ],
)
def test_an_oblique_direction_names_its_strongest_part_first(direction, text):
    assert letters(direction) == text


def test_a_projection_names_the_other_sides_itself():
    assert edges_of_patient_orientation(["L", "F"]) == ("R", "H", "L", "F")
    assert edges_of_patient_orientation(["PL", "FP"]) == ("AR", "HA", "PL", "FP")


@pytest.mark.parametrize("values", [None, [], ["L"], ["L", ""], ["X", "F"], ["L", "F", "A"]])
def test_unknown_orientations_have_no_letters(values):
    assert edges_of_patient_orientation(values) == ("", "", "", "")
