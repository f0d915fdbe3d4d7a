"""What a registered patient is told of an exam that is not published yet: events/schemas/patient_progress.v1.json [NTF-03].

Nothing of a report or an image, and no more of a held one than of one that is still being written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from functions.core.access.exam_view import age_at, hospital_view
from functions.core.access.masking import mask_name
from functions.core.local_times import local_day
from functions.core.notice.records import Registration
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Study
from functions.core.study.release import VIEWABLE
from functions.core.study.states import Imaging, Release, Reporting


def is_open(exam: Exam, registration: Registration | None) -> bool:
    """Whether its progress may be looked at: registered for this patient, and never published or hidden so far."""
    ours = registration is not None and registration.patient == exam.patient
    return ours and exam.release == Release.HELD and not exam.release_serial


def state_of(exam: Exam, registration: Registration) -> str:
    """registered, imaging, reporting, ready or cancelled."""
    if exam.release == Release.RELEASED:
        return "ready"
    if exam.imaging == Imaging.COMPLETE or (exam.imaging in VIEWABLE and exam.reporting != Reporting.NONE):
        return "reporting"
    if exam.imaging != Imaging.NONE:
        return "imaging"
    return "cancelled" if registration.state == "cancelled" else "registered"


def progress_view(hospital: Hospital, exam: Exam, registration: Registration, studies: Iterable[Study]) -> dict[str, Any]:
    """studies: the exam's that hold this patient's images alone."""
    standing = list(studies)
    declared = [study.declared for study in standing]
    person, day = registration.person, registration.scheduled_at or registration.registered_at
    age = age_at(person.get("birth_date", ""), local_day(day, hospital.time_zone))
    return {
        "state": state_of(exam, registration),
        "hospital": hospital_view(hospital),
        "patient": {"name": mask_name(person.get("name", "")), "sex": person.get("sex", ""), "age": age},
        "item": registration.item or exam.item,
        "registered_at": registration.registered_at,
        "scheduled_at": registration.scheduled_at or None,
        "received": sum(study.received for study in standing),
        "declared": sum(one or 0 for one in declared) if declared and None not in declared else None,
    }
