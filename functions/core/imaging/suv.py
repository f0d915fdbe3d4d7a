"""What SUV needs of a PET series: numbers and codes, no identity. Source: DICOM PS3.3 C.8.9.1 and C.8.9.2; QIBA SUV v1.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.core.imaging.attributes import first_item, number, text, texts

if TYPE_CHECKING:
    import pydicom

RADIOPHARMACEUTICAL = 0x00540016
DOSE_BQ, HALF_LIFE_S, START_TIME, START_DATETIME = 0x00181074, 0x00181075, 0x00181072, 0x00181078
WEIGHT_KG, SIZE_M, SEX = 0x00101030, 0x00101020, 0x00100040
UNITS, DECAY, CORRECTED, SUV_TYPE = 0x00541001, 0x00541102, 0x00280051, 0x00541006
SERIES_DATE, SERIES_TIME, ACQUISITION_TIME = 0x00080021, 0x00080031, 0x00080032
PHILIPS_SUV_FACTOR, PHILIPS_ACTIVITY_FACTOR = 0x70531000, 0x70531009
DAY_S = 24 * 3600


def fields_of(ds: pydicom.Dataset) -> dict[str, Any]:
    """Weight, dose, half-life, seconds from injection to the start of the series, units and corrections; None where unknown."""
    drug = first_item(ds, RADIOPHARMACEUTICAL)
    return {
        "units": text(ds, UNITS),
        "suv_type": text(ds, SUV_TYPE),
        "decay_correction": text(ds, DECAY),
        "corrections": texts(ds, CORRECTED),
        "weight_kg": number(ds, WEIGHT_KG),
        "size_m": number(ds, SIZE_M),
        "sex": text(ds, SEX)[:1],
        "dose_bq": None if drug is None else number(drug, DOSE_BQ),
        "half_life_s": None if drug is None else number(drug, HALF_LIFE_S),
        "injection_to_series_s": _elapsed_s(ds, drug),
        "philips_suv_factor": number(ds, PHILIPS_SUV_FACTOR),
        "philips_activity_factor": number(ds, PHILIPS_ACTIVITY_FACTOR),
    }


def _elapsed_s(ds: pydicom.Dataset, drug: pydicom.Dataset | None) -> float | None:
    """Only a difference leaves this function: the times themselves would help to tell who it is."""
    if drug is None:
        return None
    start = text(drug, START_DATETIME)[8:] or text(drug, START_TIME)
    injected, scanned = _seconds(start), _seconds(text(ds, SERIES_TIME) or text(ds, ACQUISITION_TIME))
    if injected is None or scanned is None:
        return None
    return (scanned - injected) % DAY_S


def _seconds(time: str) -> float | None:
    """Seconds since midnight of a TM value, PS3.5 6.2."""
    clean = time.split("+")[0].split("-")[0].replace(":", "")
    if len(clean) < 4 or not clean[:4].isdigit():
        return None
    try:
        return int(clean[:2]) * 3600 + int(clean[2:4]) * 60 + float(clean[4:] or 0)
    except ValueError:
        return None
