"""Who a patient is, in the words of reports and images: the same whatever comes first and however often it comes [ING-05].

A report speaks for its patient while its exam is released: signed, in no contradiction, and of the one whom the images name.
What a held report says (typed under the wrong patient, perhaps) changes nobody's name and sends nobody's SMS elsewhere; what a
released one said is gone when its exam is held, hidden or corrected. Of several the newest signature counts, and for the phone
the newest that names one; without a report, the images' words. What staff corrected comes before all of them
(`functions/core/study/correcting.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from functions.core import plain_text
from functions.core.study.records import Exam, Patient, ReportVersion
from functions.core.study.states import Release
from functions.core.times import parse

if TYPE_CHECKING:
    from functions.core.study.facts import InstanceFacts

Words = Mapping[str, str]  # id, issuer, name, sex, birth_date (yyyy-mm-dd), phone, stamp: orders what was said

KEPT = 64  # exams of one patient that are remembered, the newest: ids such as that of all unknown persons have thousands


def words_in_report(report: Mapping[str, Any], sha256: str, issuer: str) -> dict[str, str]:
    """report: report.v1, sha256: its digest; issuer: the hospital's, where the report gives none."""
    person = report["patient"]
    when = report.get("audited_at") or report.get("reported_at") or ""
    return {
        "id": person["id"],
        "issuer": person["issuer"] or issuer,
        "name": plain_text.line(person.get("name", "")),
        "sex": person.get("sex", ""),
        "birth_date": person.get("birth_date", ""),
        "phone": person.get("phone", ""),
        "stamp": f"{when}|{report['version']:06d}|{sha256}",
    }


def words_in_registration(document: Mapping[str, Any], issuer: str) -> dict[str, str]:
    """document: registration.v1; issuer: the hospital's, where it gives none."""
    person = document["patient"]
    return {
        "id": person["id"],
        "issuer": person["issuer"] or issuer,
        "name": plain_text.line(person.get("name", "")),
        "sex": person.get("sex", ""),
        "birth_date": person.get("birth_date", ""),
        "phone": person.get("phone", ""),
        "stamp": document["changed_at"],
    }


def words_in_images(first: InstanceFacts, issuer: str) -> dict[str, str]:
    """first: the first instance in order of one arrival; issuer: as `words_in_report`."""
    return {
        "id": first.patient_id,
        "issuer": first.issuer or issuer,
        "name": first.name,
        "sex": first.sex,
        "birth_date": first.birth_date,
        "phone": "",
        "stamp": f"{first.study_date}|{first.place}",
    }


def with_images(old: Patient | None, tenant: str, patient: str, words: Words) -> Patient:
    base = old or Patient(tenant, patient)
    if base.images and words["stamp"] <= base.images["stamp"]:
        return base
    return spoken(replace(base, images=dict(words)))


def with_report(old: Patient | None, tenant: str, patient: str, exam: str, words: Words | None) -> Patient:
    """words: what the exam's report says of this patient; None when it may not speak, or not any more."""
    base = old or Patient(tenant, patient)
    said = {name: one for name, one in base.said.items() if name != exam}
    if words is not None:
        said[exam] = dict(words)
    newest = sorted(said, key=lambda name: said[name]["stamp"])[-KEPT:]
    return spoken(replace(base, said={name: said[name] for name in newest}))


def spoken_by(exam: Exam | None, report: ReportVersion | None, patient: str) -> Words | None:
    """What the exam says of this patient now; None when it may not speak. report: its current version."""
    if exam is None or report is None or exam.release != Release.RELEASED or not report.person:
        return None
    current = report.report_version == exam.report_version and len(report.digests) == 1
    return report.person if current and patient == report.patient == exam.patient else None


def in_words(tenant: str, patient: str, words: Words) -> Patient:
    """The patient in these words alone."""
    return _worded(Patient(tenant, patient, phone=words["phone"]), words)


def spoken(patient: Patient) -> Patient:
    """In the words that count of all that was said."""
    newest = max(patient.said.values(), key=_stamp, default=patient.images)
    return replace(_worded(patient, newest), phone=_phone(patient), id_card=patient.corrected.get("id_card", {}).get("value", ""))


def _phone(patient: Patient) -> str:
    """The newest report's that names one; a corrected one until a report signed after it names another than those it replaced."""
    named = max((words for words in patient.said.values() if words["phone"]), key=_stamp, default=None)
    corrected = patient.corrected.get("phone")
    if corrected is None:
        return named["phone"] if named else ""
    is_news = named is not None and named["phone"] not in corrected["wrong"] and _signed_after(named, corrected["at"])
    return named["phone"] if named is not None and is_news else str(corrected["value"])


def _signed_after(words: Words, at: str) -> bool:
    """at: ISO UTC."""
    signed_at = words["stamp"].split("|")[0]
    return bool(signed_at) and parse(signed_at) > parse(at)


def _worded(patient: Patient, words: Words) -> Patient:
    return replace(
        patient,
        id=words.get("id", ""),
        issuer=words.get("issuer", ""),
        name=words.get("name", ""),
        sex=words.get("sex", ""),
        birth_date=words.get("birth_date", ""),
    )


def _stamp(words: Words) -> str:
    return words["stamp"]
