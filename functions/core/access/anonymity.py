"""What must not be in an anonymous share, and how to tell [SHR-03, PLUS-05].

The patient's words are looked for in every text that a guest is given. Pictures are given only of kinds, and without marks, that
keep names out of pixels: what cannot be told is refused, never hoped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from functions.core.local_times import local_day
from functions.core.study.records import Exam, Patient, Series

# Reconstructed from measurements, without a screen in between. Not US, XA, RF, OT and SC, whose pictures are screens with the
# patient's name; not CR, DX and MG, whose cassettes and digitizers print it; not documents.
ANONYMOUS = frozenset({"CT", "MR", "PT"})
OLDEST_DECADE = 90  # HIPAA's safe harbour joins all ages from here on (45 CFR 164.514(b)(2)(i)(C))
SQUEEZED = 5  # from so many characters on, a Latin word or number is looked for between others' characters too

_SEPARATORS = re.compile(r"[\s\-_/.,:;^=·•*()（）【】\[\]]+")


def why_not(series: Series) -> str | None:
    """Why a series cannot be shown anonymously: `modality`, `marks` (an image says that a name is burned in, or is a screen's
    capture) or `unknown`; None: it can."""
    if series.modality not in ANONYMOUS:
        return "modality"
    if series.marks is None:
        return "unknown"
    return "marks" if series.marks else None


def words_of(patient: Patient | None, exam: Exam) -> list[str]:
    """Whatever names the patient, as anybody ever said it of them: names, ids, phones, birth dates, accession number, and
    what staff corrected, right and wrong."""
    found = {exam.accession_number}
    if patient is not None:
        for said in ({"id": patient.id, "name": patient.name, "phone": patient.phone}, patient.images, *patient.said.values()):
            found |= {said.get("id", ""), said.get("phone", ""), *_names(said.get("name", ""))}
        for one in patient.corrected.values():
            found |= {one["value"], *one.get("wrong", ())}
        dates = {patient.birth_date, *(said.get("birth_date", "") for said in (patient.images, *patient.said.values()))}
        found |= {form for one in dates if one for form in _dates(one)}
    return sorted(one for one in found if len(_squeezed(one)) > 1)


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether any of the words stands in a text, whatever spaces and signs are between its characters.

    A short word in Latin letters or digits counts only where it stands alone: `Li` is no part of `liver`.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    squeezed = _SEPARATORS.sub("", plain)
    for word in words:
        wanted = _squeezed(word)
        if len(wanted) >= SQUEEZED or not wanted.isascii():
            if wanted in squeezed:
                return True
        elif re.search(rf"(?<![0-9a-z]){re.escape(wanted)}(?![0-9a-z])", plain):
            return True
    return False


def blanked(text: str, words: Iterable[str]) -> str:
    """The text, or nothing where a word stands in it: half a name is a name too."""
    return "" if holds(text, words) else text


def texts_of(document: Any) -> Iterable[str]:
    """Every text in an answer."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for value in document.values():
            yield from texts_of(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from texts_of(value)


def day_of(time: str, zone: str) -> str:
    """A time as the hospital's day, yyyy-mm-dd; "" of none."""
    return local_day(time, zone).isoformat() if time else ""


def decade(age: str) -> str:
    """DICOM's age string as its decade: "063Y" → "060Y"; "090Y" for all above, "000Y" for all children under ten, since an age in
    days tells the birth date."""
    if not age:
        return ""
    years = int(age[:3]) if age.endswith("Y") else 0
    return f"{min(years // 10 * 10, OLDEST_DECADE):03d}Y"


def _names(name: str) -> set[str]:
    """The whole name, turned round, and each of its Latin words."""
    parts = [part for part in re.split(r"[\s^=]+", name) if part]
    return {name, " ".join(reversed(parts)), *(part for part in parts if part.isascii() and len(part) > 1)}


def _dates(day: str) -> set[str]:
    """yyyy-mm-dd, and as people write it."""
    born = date.fromisoformat(day)
    year, month, number = born.year, born.month, born.day
    return {
        day,
        f"{year}{month:02d}{number:02d}",
        f"{year}年{month}月{number}日",
        f"{year}年{month:02d}月{number:02d}日",
        f"{year}/{month}/{number}",
        f"{number:02d}/{month:02d}/{year}",
        f"{month:02d}/{number:02d}/{year}",
    }


def _squeezed(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())
