"""What the patient's page is told of an exam: events/schemas/patient_exam.v1.json. Names masked, no number of a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from functions.core import plain_text
from functions.core.access import anonymity
from functions.core.access.masking import mask_name
from functions.core.access.scope import Scope
from functions.core.local_times import local_day
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient, ReportVersion, Series, Study
from functions.core.study.states import Imaging, Release, Reporting, exam_state

SHOWN_REPORTS = (Reporting.AUDITED, Reporting.CORRECTED)


def hospital_view(hospital: Hospital) -> dict[str, str]:
    """Whom to call, and in which zone the page shows times."""
    return {"name": hospital.name, "phone": hospital.phone, "hours": hospital.hours, "time_zone": hospital.time_zone}


def is_shown(report: ReportVersion) -> bool:
    """True for a report that a patient may read: audited or corrected, and not in contradiction with itself."""
    return report.state in SHOWN_REPORTS and len(report.digests) == 1


def exam_view(
    hospital: Hospital,
    exam: Exam,
    patient: Patient | None,
    report: ReportVersion | None,
    studies: Iterable[tuple[Study, Sequence[Series]]],
    scope: Scope | None = None,
    *,
    guest_until: str = "",
) -> dict[str, Any]:
    """patient: None until images or a report said who it is; report: the current version; studies: with their series, as `scope`
    shows them, where there is one. guest_until: ISO UTC, for a guest of a share that ends then."""
    scope = scope or Scope()
    standing = sorted(studies, key=lambda pair: (pair[0].at, pair[0].description, pair[0].study))
    state = exam_state(Imaging(exam.imaging), Reporting(exam.reporting), Release(exam.release))
    view = {
        "exam": exam.exam,
        "state": state.value,
        "hospital": hospital_view(hospital),
        "patient": _patient_view(patient, exam.at, hospital.time_zone, in_full=bool(guest_until)),
        "item": exam.item or next((study.description for study, _ in standing if study.description), ""),
        "modalities": exam.modalities,
        "at": exam.at or exam.created_at,
        "report": {"state": report.state, "version": report.report_version} if report and is_shown(report) else None,
        "studies": [_study_view(study, series) for study, series in standing],
        "films": [{"study": study.study, **_film_view(study.films)} for study, _ in standing if study.films],
        "shows": {
            "report": scope.sees_report,
            "film": scope.sees_film,
            "images": scope.sees_images,
            "originals": scope.sees_originals,
            "sharing": scope.has("sharing") and not guest_until,
        },
    }
    if guest_until:
        view["guest"] = {"anonymous": scope.anonymous, "until": guest_until}
    return _anonymous(view, anonymity.words_of(patient, exam)) if scope.anonymous else view


# Of an exam's answer: what stands for the exam and its parts, is the hospital's, or one of a few words.
NAMELESS = frozenset(
    {
        "exam",
        "study",
        "index",
        "pages",
        "pdf",
        "thumbnail",
        "state",
        "hospital",
        "modality",
        "modalities",
        "report",
        "shows",
        "guest",
    }
)


def _anonymous(view: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """The exam without what tells who it is of: every text that holds any of the words is left out whole, the time is a day, and
    the modalities are those that are given."""
    patient = {**view["patient"], "name": "", "age": anonymity.decade(view["patient"]["age"])}
    given = {one["modality"] for study in view["studies"] for one in study["series"]}
    at = anonymity.day_of(view["at"], view["hospital"]["time_zone"])
    modalities = [one for one in view["modalities"] if one in given]
    return {**_blanked(view, words), "patient": patient, "at": at, "modalities": modalities}


def _blanked(value: Any, words: Sequence[str]) -> Any:
    if isinstance(value, str):
        return anonymity.blanked(value, words)
    if isinstance(value, Mapping):
        is_series = isinstance(value.get("series"), str)  # else the list of a study's
        kept = NAMELESS | {"series"} if is_series else NAMELESS
        return {name: one if name in kept else _blanked(one, words) for name, one in value.items()}
    return [_blanked(one, words) for one in value] if isinstance(value, list) else value


def report_view(report: ReportVersion, document: Mapping[str, Any], tenant: str, scope: Scope | None = None) -> dict[str, Any]:
    """events/schemas/patient_report.v1.json. document: the report.v1 that the hospital sent."""
    return {
        "version": report.report_version,
        "state": report.state,
        "findings": plain_text.lines(document["findings"]),
        "impression": plain_text.lines(document["impression"]),
        "people": [{"role": person["role"], "name": plain_text.line(person["name"])} for person in document["people"]],
        "audited_at": document.get("audited_at"),
        "exam_item": plain_text.line(document.get("item", "")),
        "pdf": report_pdf(report, tenant) if scope is None or scope.sees_report_pdf else None,
    }


def report_pdf(report: ReportVersion, tenant: str) -> str | None:
    """Path of the version's PDF on the public origin; None while it is not made."""
    place = report.document
    return f"/derived/{keys.derived_prefix(tenant, place['exam'])}{place['name']}" if place else None


def age_at(birth_date: str, day: date) -> str:
    """DICOM's age string (PS3.5 6.2 AS) at a day: "063Y", under two years "014M", under two months "09D" as "009D"."""
    if not birth_date:
        return ""
    born = date.fromisoformat(birth_date)
    if born > day:
        return ""
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 24:
        return f"{months // 12:03d}Y"
    if months >= 2:
        return f"{months:03d}M"
    return f"{(day - born).days:03d}D"


def _patient_view(patient: Patient | None, at: str, zone: str, *, in_full: bool) -> dict[str, str]:
    if patient is None:
        return {"name": "", "sex": "", "age": ""}
    age = age_at(patient.birth_date, local_day(at, zone)) if at else ""
    return {"name": patient.name if in_full else mask_name(patient.name), "sex": patient.sex, "age": age}


def _study_view(study: Study, series: Iterable[Series]) -> dict[str, Any]:
    shown = [one for one in series if one.frames or one.index is None]  # what has an index and no frame is no picture
    return {
        "study": study.study,
        "description": study.description,
        "received": study.received,
        "declared": study.declared,
        "complete": study.complete,
        "series": [_series_view(one) for one in sorted(shown, key=_series_order)],
    }


def _series_order(series: Series) -> tuple[bool, int, str]:
    return (series.number is None, series.number or 0, series.series)


def _series_view(series: Series) -> dict[str, Any]:
    return {
        "series": series.series,
        "number": series.number,
        "modality": series.modality,
        "description": series.description,
        "body_part": series.body_part,
        "frames": series.frames,
        "received": series.received,
        "declared": series.declared,
        "complete": series.complete,
        "thumbnail": series.thumbnail,
        "index": series.index,
        "pages": series.pages,
    }


def _film_view(films: Mapping[str, Any]) -> dict[str, Any]:
    return {"pages": films["pages"], "pdf": films["pdf"], "width": films["width"], "height": films["height"]}
