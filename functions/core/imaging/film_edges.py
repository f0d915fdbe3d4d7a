"""Letters at the edges of an image: which side of the patient lies there."""

from __future__ import annotations

from collections.abc import Sequence

# Axis of the patient (PS3.3 C.7.6.2.1.1: +x left, +y back, +z head): letter of the positive and of the negative direction.
_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}
OBLIQUE = 0.35  # a second letter from about 20° on


def letters(direction: Sequence[float]) -> str:
    """The letters of a direction in the patient, the strongest first: (0.9, 0.43, 0) → "LP"."""
    parts = sorted(zip(direction, _LETTERS, strict=True), key=lambda part: -abs(part[0]))
    chosen = [part for place, part in enumerate(parts) if part[0] and (place == 0 or abs(part[0]) >= OBLIQUE)]
    return "".join(pair[0] if value > 0 else pair[1] for value, pair in chosen)


def edges_of_orientation(orientation: Sequence[float] | None) -> tuple[str, str, str, str]:
    """Left, top, right, bottom letters. orientation: ImageOrientationPatient, direction of a row's then of a column's course."""
    if orientation is None:
        return ("", "", "", "")
    right, bottom = orientation[:3], orientation[3:]
    return (letters(_negative(right)), letters(_negative(bottom)), letters(right), letters(bottom))


def edges_of_patient_orientation(values: Sequence[str] | None) -> tuple[str, str, str, str]:
    """The same from PatientOrientation, e.g. ("L", "F") of a frontal projection; unknown letters give none."""
    if values is None or len(values) != 2 or not all(value and set(value) <= set(_OPPOSITE) for value in values):
        return ("", "", "", "")
    right, bottom = values
    return (_opposite(right), _opposite(bottom), right, bottom)


def _negative(direction: Sequence[float]) -> list[float]:
    return [-value for value in direction]


def _opposite(value: str) -> str:
    return "".join(_OPPOSITE[letter] for letter in value)
