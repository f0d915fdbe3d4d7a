"""How large a pixel is, and how far that may be trusted.

Sources: DICOM PS3.3 10.7.1.1 (calibration), 10.7.1.3 (order of values), C.8.5.5 (ultrasound regions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.core.imaging.attributes import items, numbers, packed, text

if TYPE_CHECKING:
    import pydicom

PIXEL_SPACING, IMAGER_SPACING, NOMINAL_SPACING, CALIBRATION = 0x00280030, 0x00181164, 0x00182010, 0x00280A02
REGIONS, FORMAT, UNITS_X, UNITS_Y, DELTA_X, DELTA_Y = 0x00186011, 0x00186012, 0x00186024, 0x00186026, 0x0018602C, 0x0018602E
TWO_DIMENSIONAL, CENTIMETRES = 1, 3
SMALLEST, LARGEST = 1e-6, 1e4  # mm; a nanometre and ten metres: beyond them a length overflows before it means anything


def of(ds: pydicom.Dataset, measures: pydicom.Dataset) -> tuple[tuple[float, float] | None, str]:
    """(mm between rows and between columns, source).

    measures: where PixelSpacing stands: the data set itself or the Pixel Measures functional group.
    source: pixel (in the patient), calibrated, imager (on the detector: magnified against the patient), ultrasound, none.
    """
    pixel, imager = _pair(measures, PIXEL_SPACING), _pair(ds, IMAGER_SPACING) or _pair(ds, NOMINAL_SPACING)
    if pixel is None:
        if imager is not None:
            return imager, "imager"
        regions = _ultrasound(ds)
        return regions, "ultrasound" if regions else "none"
    if text(measures, CALIBRATION) or text(ds, CALIBRATION):
        return pixel, "calibrated"
    if imager is None:
        return pixel, "pixel"
    return pixel, "imager" if pixel == imager else "calibrated"


def _pair(ds: pydicom.Dataset, tag: int) -> tuple[float, float] | None:
    values = numbers(ds, tag)
    return (values[0], values[1]) if len(values) == 2 and SMALLEST <= min(values) <= max(values) <= LARGEST else None


def _ultrasound(ds: pydicom.Dataset) -> tuple[float, float] | None:
    """Only when all two-dimensional regions agree: a single scale for the picture is a lie otherwise."""
    found = set()
    for region in items(ds, REGIONS):
        units = (packed(region, UNITS_X, "H"), packed(region, UNITS_Y, "H"))
        x, y = packed(region, DELTA_X, "d"), packed(region, DELTA_Y, "d")
        if packed(region, FORMAT, "H") != [TWO_DIMENSIONAL] or units != ([CENTIMETRES], [CENTIMETRES]) or not x or not y:
            continue
        found.add((round(abs(y[0]) * 10, 9), round(abs(x[0]) * 10, 9)))
    if len(found) != 1:
        return None
    pair: tuple[float, float] = found.pop()
    return pair if SMALLEST <= min(pair) <= max(pair) <= LARGEST else None
