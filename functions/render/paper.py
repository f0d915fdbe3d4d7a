"""What every paper of an exam carries: the hospital, the link behind the QR, the code beside it, times and ages in words."""

from __future__ import annotations

from dataclasses import dataclass

from functions.adapters import links as link_rows
from functions.adapters.wiring import Deps
from functions.core.access.exam_view import age_at
from functions.core.access.tokens import exam_code
from functions.core.imaging.film_words import Words, age_text, words
from functions.core.local_times import local_day, local_time
from functions.core.notice.text import link_url
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Patient
from functions.core.times import epoch_s


@dataclass(frozen=True)
class Paper:
    hospital: Hospital
    link: str
    code: str

    @property
    def language(self) -> str:
        return self.hospital.sms.get("language", "zh-CN")

    @property
    def words(self) -> Words:
        return words(self.language)

    def sex(self, patient: Patient) -> str:
        return self.words.sex.get(patient.sex, "")

    def age(self, patient: Patient, at: str) -> str:
        """At an ISO UTC time, in words; "" where the birth date or the time is unknown."""
        if not at:
            return ""
        return age_text(age_at(patient.birth_date, local_day(at, self.hospital.time_zone)), self.language)

    def local(self, time: str) -> str:
        """An ISO UTC time on the hospital's clock, to the minute; "" for ""."""
        return f"{local_time(time, self.hospital.time_zone):%Y-%m-%d %H:%M}" if time else ""


def hospital_of(tenant: str, deps: Deps) -> Hospital | None:
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    return Hospital.from_row(row) if row else None


def paper_of(hospital: Hospital, exam: str, patient: str, deps: Deps) -> Paper:
    """For whom the paper names. Makes the paper link if nobody has made it yet."""
    tenant, key, now = hospital.tenant, deps.secrets.values().link_key, epoch_s(deps.clock.now())
    token, _ = link_rows.standing_link(deps.table, key, tenant=tenant, exam=exam, patient=patient, channel="paper", now=now)
    return Paper(hospital, link_url(deps.settings.origin, token), exam_code(key, tenant=tenant, exam=exam))
