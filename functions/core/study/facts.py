"""What an instance's attributes say of study, series and patient: read once, at ingest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from functions.core import plain_text
from functions.core.imaging import attributes, charset
from functions.core.imaging.body_parts import code_word
from functions.core.times import FIRST_YEAR, LAST_YEAR, iso

if TYPE_CHECKING:
    import pydicom

STUDY_DATE, STUDY_TIME, ACCESSION_NUMBER = 0x00080020, 0x00080030, 0x00080050
MODALITY, STUDY_DESCRIPTION, SERIES_DESCRIPTION = 0x00080060, 0x00081030, 0x0008103E
PATIENT_NAME, PATIENT_ID, ISSUER, BIRTH_DATE, SEX = 0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040
BODY_PART = 0x00180015
IMAGE_TYPE, SOP_CLASS, CONVERSION_TYPE, BURNED_IN, RECOGNIZABLE = 0x00080008, 0x00080016, 0x00080064, 0x00280301, 0x00280302
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # and its multi-frame kinds, which begin with it
STUDY_UID, SERIES_UID, SERIES_NUMBER = 0x0020000D, 0x0020000E, 0x00200011


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """Texts are plain, stripped and cut to what a row should hold; dates are `yyyy-mm-dd`; whatever is absent is empty."""

    sop_uid: str
    sha256: str  # of the data set: an instance may come in several versions
    study_uid: str
    series_uid: str
    patient_id: str
    issuer: str
    name: str
    sex: str
    birth_date: str
    accession_number: str
    study_date: str
    study_time: str  # HHMMSS
    study_description: str
    series_number: int | None
    series_description: str
    modality: str
    body_part: str
    marks: frozenset[str] = frozenset()  # as `marks_of`

    @property
    def place(self) -> str:
        """Orders instances, and the versions of one, as texts: by SOP Instance UID, then by digest."""
        return f"{self.sop_uid} {self.sha256}"


def facts_of(ds: pydicom.Dataset, sop_uid: str, sha256: str) -> InstanceFacts:
    number = attributes.number(ds, SERIES_NUMBER)
    sex = attributes.text(ds, SEX).upper()[:1]
    return InstanceFacts(
        sop_uid=sop_uid,
        sha256=sha256,
        study_uid=attributes.text(ds, STUDY_UID),
        series_uid=attributes.text(ds, SERIES_UID),
        patient_id=words(ds, PATIENT_ID)[:64],
        issuer=words(ds, ISSUER)[:64],
        name=person_name(words(ds, PATIENT_NAME))[:64],
        sex=sex if sex in ("M", "F", "O") else "",
        birth_date=_date(attributes.text(ds, BIRTH_DATE)),
        accession_number=words(ds, ACCESSION_NUMBER)[:64],
        study_date=_date(attributes.text(ds, STUDY_DATE)),
        study_time=re.sub(r"[:]", "", attributes.text(ds, STUDY_TIME))[:6],
        study_description=words(ds, STUDY_DESCRIPTION)[:128],
        series_number=None if number is None or abs(number) >= 2**31 else int(number),
        series_description=words(ds, SERIES_DESCRIPTION)[:128],
        modality=plain_text.line(attributes.text(ds, MODALITY))[:16],
        body_part=code_word(attributes.text(ds, BODY_PART)),
        marks=marks_of(ds),
    )


def marks_of(ds: pydicom.Dataset) -> frozenset[str]:
    """Why a person's name may stand in the pixels, or the person be known by them: `burned_in`, `capture` of a screen or document
    (as dose reports are, of modality CT), `face`.

    Source: DICOM PS3.3 C.7.6.1.1 (0028,0301 and 0302), C.8.6.1 (0008,0064); "SCREEN SAVE" as GE writes it.
    """
    found = set()
    if attributes.text(ds, BURNED_IN).upper() == "YES":
        found.add("burned_in")
    if attributes.text(ds, RECOGNIZABLE).upper() == "YES":
        found.add("face")
    is_saved = any("SCREEN" in value.upper() for value in attributes.texts(ds, IMAGE_TYPE))
    if attributes.text(ds, SOP_CLASS).startswith(SECONDARY_CAPTURE) or attributes.text(ds, CONVERSION_TYPE) or is_saved:
        found.add("capture")
    return frozenset(found)


def words(ds: pydicom.Dataset, tag: int) -> str:
    """The first value of a text element, in the data set's character set, as plain text."""
    return plain_text.line(charset.text(ds, tag).split("\\")[0]).strip()


def person_name(value: str) -> str:
    """A DICOM name as people write it: `Zhang^San=张^三` → 张三, `Doe^John` → Doe John (PS3.5 6.2.1.2)."""
    groups = value.split("=")
    if len(groups) > 1 and groups[1].strip("^ "):
        return groups[1].replace("^", "").replace(" ", "")
    parts = [part.strip() for part in groups[0].split("^") if part.strip()]
    joined = " ".join(parts)
    return joined.replace(" ", "") if any(ord(character) > 0x2E7F for character in joined) else joined


def study_time(facts: InstanceFacts, time_zone: str) -> str:
    """The study's time in UTC, from the hospital's wall clock; empty when the images do not say when."""
    if not facts.study_date:
        return ""
    clock = facts.study_time.ljust(6, "0")
    try:
        wall = time(int(clock[:2]), int(clock[2:4]), min(int(clock[4:6]), 59))
    except ValueError:
        wall = time()
    moment = datetime.combine(date.fromisoformat(facts.study_date), wall, ZoneInfo(time_zone))
    return iso(moment.astimezone(UTC))


def _date(text: str) -> str:
    """`20261124`, or ACR-NEMA's `2026.11.24`, as `2026-11-24`; empty when it is no date, or one of no patient: some devices write
    year 1 for unknown, and no clock east of Greenwich has a UTC for it."""
    digits = text.replace(".", "").strip()
    if not re.fullmatch("[0-9]{8}", digits) or not FIRST_YEAR <= int(digits[:4]) <= LAST_YEAR:
        return ""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        return ""
