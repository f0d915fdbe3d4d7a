"""What stands on paper about an exam: whose it is, the link behind the QR, the code beside it."""

from __future__ import annotations

from dataclasses import dataclass

from functions.adapters import links as link_rows
from functions.adapters.wiring import Deps
from functions.core.access.exam_view import age_at, local_day, local_time
from functions.core.access.tokens import exam_code
from functions.core.imaging.film_words import Words, age_text, words
from functions.core.notice.text import link_url
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient
from functions.core.times import epoch_s


@dataclass(frozen=True)
class Paper:
    hospital: Hospital
    exam: Exam
    patient: Patient
    link: str
    code: str

    @property
    def language(self) -> str:
        return self.hospital.sms.get("language", "zh-CN")

    @property
    def words(self) -> Words:
        return words(self.language)

    @property
    def age(self) -> str:
        """On the day of the exam, in words; "" where the birth date or the day is unknown."""
        if not self.exam.at:
            return ""
        return age_text(age_at(self.patient.birth_date, local_day(self.exam.at, self.hospital.time_zone)), self.language)

    def local(self, time: str) -> str:
        """An ISO UTC time on the hospital's clock, to the minute; "" for ""."""
        return f"{local_time(time, self.hospital.time_zone):%Y-%m-%d %H:%M}" if time else ""


def paper_of(tenant: str, exam: str, patient: str, deps: Deps) -> Paper | None:
    """None while it is not known whose exam this is. Makes the paper link if nobody has made it yet.

    patient: the name that the images gave; the report's, which the exam carries, goes before it.
    """
    hospital_row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    exam_row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    if hospital_row is None or exam_row is None:
        return None
    standing = Exam.from_row(exam_row)
    patient_row = deps.table.get(keys.patient_pk(tenant, standing.patient or patient), "PATIENT")
    if patient_row is None:
        return None
    key = deps.secrets.values().link_key
    token, _ = link_rows.standing_link(deps.table, key, tenant=tenant, exam=exam, channel="paper", now=epoch_s(deps.clock.now()))
    return Paper(
        Hospital.from_row(hospital_row),
        standing,
        Patient.from_row(patient_row),
        link_url(deps.settings.origin, token),
        exam_code(key, tenant=tenant, exam=exam),
    )
