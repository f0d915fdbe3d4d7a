"""Every name that leaves this system or stands in the table (docs/interfaces.md §1 and §4). Nothing else makes names.

Names of studies, series, exams, patients and frames are keyed hashes: whoever sees an address learns nothing of whom it is about,
and whoever knows a UID cannot guess the address without the naming key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

KEY_VERSION = "k1"
DAY_SHARDS = 8

NAME = re.compile("[a-z2-7]{32}")
ParcelKind = Literal["heads", "low", "rest"]
Bucket = Literal["originals", "pixels", "derived"]


@dataclass(frozen=True)
class Naming:
    """Makes the keyed names of one deployment; `key` is the naming key k1 (32 bytes)."""

    key: bytes

    def _name(self, kind: str, tenant: str, subject: str, length: int = 32) -> str:
        digest = hmac.new(self.key, f"{kind}\n{tenant}\n{subject}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:20]).decode("ascii").lower()[:length]

    def study(self, tenant: str, study_uid: str) -> str:
        return self._name("study", tenant, study_uid)

    def series(self, tenant: str, series_uid: str) -> str:
        return self._name("series", tenant, series_uid)

    def exam(self, tenant: str, *, accession_number: str, study_uid: str) -> str:
        """One exam is one accession number, else one study."""
        return self._name("exam", tenant, accession_number.strip() or study_uid)

    def patient(self, tenant: str, *, issuer: str, patient_id: str) -> str:
        return self._name("patient", tenant, f"{issuer}\n{patient_id}")

    def frame(self, tenant: str, sop_uid: str, number: int) -> str:
        """number: frame of the instance, from 1."""
        return self._name("frame", tenant, f"{sop_uid}#{number}", 16)


def is_name(text: str) -> bool:
    """Whether it has the form of a study's, series' or exam's name."""
    return NAME.fullmatch(text) is not None


# -- buckets -----------------------------------------------------------------------------------------------------------


def study_prefix(tenant: str, study: str) -> str:
    return f"{KEY_VERSION}/{tenant}/{study}/"


def parcel_prefix(tenant: str, study: str, series: str) -> str:
    return f"{study_prefix(tenant, study)}{series}/"


def parcel_object(tenant: str, study: str, series: str, kind: ParcelKind, sha256: str) -> tuple[Bucket, str]:
    """Bucket and key of one of a parcel's three objects."""
    bucket: Bucket = "originals" if kind == "heads" else "pixels"
    return bucket, f"{parcel_prefix(tenant, study, series)}{sha256}.{kind}"


def index_name(sha256: str) -> str:
    return f"{sha256}.index"


def thumbnail_name(sha256: str) -> str:
    return f"{sha256}.thumb.jpg"


def manifest_prefix(tenant: str, study: str, series: str) -> str:
    return f"manifests/{tenant}/{study}/{series}/"


def manifest_object(tenant: str, study: str, series: str, sha256: str) -> str:
    return f"{manifest_prefix(tenant, study, series)}{sha256}.json"


def declaration_object(tenant: str, study: str, sha256: str) -> str:
    return f"manifests/{tenant}/{study}/{sha256}.declaration.json"


def report_object(tenant: str, sha256: str) -> str:
    return f"reports/{tenant}/{sha256}"


def registration_object(tenant: str, sha256: str) -> str:
    return f"registrations/{tenant}/{sha256}"


def agreement_object(tenant: str, sha256: str) -> str:
    return f"agreements/{tenant}/{sha256}"


def journal_object(tenant: str, time: str, event_id: str) -> str:
    """time: ISO 8601 UTC; the journal is filed by its day."""
    year, month, day = time[:10].split("-")
    return f"journal/{tenant}/{year}/{month}/{day}/{event_id}.json"


def removal_prefix(tenant: str, name: str) -> str:
    """Records of what was removed of a study or exam, in bucket originals."""
    return f"removals/{tenant}/{name}/"


def derived_prefix(tenant: str, name: str) -> str:
    """name: of a study for its films, of an exam for its report PDFs, `bills` for a hospital's statements."""
    return f"{tenant}/{name}/"


def bill_prefix(tenant: str, month: str) -> str:
    """Of the files of a month's statement, in bucket derived."""
    return derived_prefix(tenant, "bills") + f"{month}/"


def lake_file(tenant: str, month: str, sha256: str) -> str:
    """A month's lines (functions/core/lake), in bucket originals."""
    return f"lake/{tenant}/{month}/{sha256}.parquet"


# -- table -------------------------------------------------------------------------------------------------------------


def hospital_pk(tenant: str) -> str:
    return f"TENANT#{tenant}#HOSPITAL"


REBUILDING = ("REBUILDING", "REBUILDING")  # pk and sk: one row of a deployment


def agent_pk(tenant: str, agent: str) -> str:
    return f"TENANT#{tenant}#AGENT#{agent}"


def agents_pk() -> str:
    """Partition of the index `day` that lists every hospital's agents: for who watches over all of them, and for nobody else."""
    return "AGENTS"


def agents_sk(tenant: str, agent: str) -> str:
    return f"{tenant}#{agent}"


def key_pk(key: str) -> str:
    return f"KEY#{key}"


def enrolment_pk(code_sha256: str) -> str:
    return f"ENROLMENT#{code_sha256}"


def token_pk(token_sha256: str) -> str:
    return f"TOKEN#{token_sha256}"


def nonce_pk(key: str, nonce: str) -> str:
    return f"NONCE#{key}#{nonce}"


def study_pk(tenant: str, study: str) -> str:
    return f"TENANT#{tenant}#STUDY#{study}"


def series_sk(series: str) -> str:
    return f"SERIES#{series}"


def declared_sk(series: str) -> str:
    return f"DECLARED#{series}"


def manifest_sk(sha256: str) -> str:
    return f"MANIFEST#{sha256}"


def manifest_state_pk(tenant: str, sha256: str) -> str:
    return f"TENANT#{tenant}#MANIFEST#{sha256}"


def report_state_pk(tenant: str, sha256: str) -> str:
    return f"TENANT#{tenant}#REPORT#{sha256}"


def pdf_exam_sk(exam: str) -> str:
    """Beside a PDF's digest; all of them begin alike, with `exam` empty."""
    return f"EXAM#{exam}"


def registration_state_pk(tenant: str, sha256: str) -> str:
    return f"TENANT#{tenant}#REGISTRATION#{sha256}"


def exam_pk(tenant: str, exam: str) -> str:
    return f"TENANT#{tenant}#EXAM#{exam}"


def exam_study_sk(study: str) -> str:
    return f"STUDY#{study}"


def exam_report_sk(version: int) -> str:
    return f"REPORT#{version:06d}"


def exam_notice_sk(event_id: str, channel: str = "sms") -> str:
    return f"NOTICE#{event_id}" if channel == "sms" else f"NOTICE#{event_id}#{channel}"


def exam_registration_sk() -> str:
    """Beside an exam: what the hospital's system says of it before there is an image."""
    return "REGISTRATION"


def due_sk(what: str) -> str:
    """Beside an exam: what waits for its time."""
    return f"DUE#{what}"


def due_pk() -> str:
    """Partition of the index `day` that lists what waits for its time, every hospital's."""
    return "DUE"


def sends_pk(phone_name: str) -> str:
    """How often a phone was written to. phone_name: keyed, never the number."""
    return f"SENDS#{phone_name}"


def wechat_binding_sk(wechat: str) -> str:
    """Beside a patient: a WeChat account that is theirs, by its keyed name."""
    return f"WECHAT#{wechat}"


def wechat_pk(tenant: str, wechat: str) -> str:
    """What a WeChat account opens: one row for each patient that it was bound to."""
    return f"TENANT#{tenant}#WECHAT#{wechat}"


def wechat_token_pk(account: str) -> str:
    return f"WECHATTOKEN#{account}"


def wechat_state_pk(state_sha256: str) -> str:
    """A login page of WeChat that was asked for and has not come back."""
    return f"WECHATSTATE#{state_sha256}"


def opened_pk(tenant: str, exam: str) -> str:
    """Apart from the exam's rows: who lets people in writes here, and never there."""
    return f"TENANT#{tenant}#OPENED#{exam}"


def opened_sk(time: str, number: str) -> str:
    return f"{time}#{number}"


def exam_alias_sk() -> str:
    """Beside a study-named exam: the exam of the report that named the study."""
    return "ALIAS"


def exam_case_sk() -> str:
    """Beside an exam that stands on a bill."""
    return "CASE"


def exam_correction_sk(serial: int) -> str:
    return f"CORRECTION#{serial:04d}"


def bill_pk(tenant: str, month: str) -> str:
    """Partition of the index `day` that lists what stands on a hospital's bill of a month (yyyy-mm)."""
    return f"TENANT#{tenant}#BILL#{month}"


CASE_ENTRY, CORRECTION_ENTRY = "CASE#", "CORRECTION#"  # how they begin within that partition: cases come first


def bills_pk(tenant: str) -> str:
    return f"TENANT#{tenant}#BILLS"


def prices_sk() -> str:
    return "PRICES"


def statement_sk(month: str) -> str:
    return f"STATEMENT#{month}"


def lake_pk(tenant: str) -> str:
    """Which file of each month counts; in the index `day`, lines that are newer than their month's file."""
    return f"TENANT#{tenant}#LAKE"


def lake_line_pk(tenant: str, study: str) -> str:
    return f"TENANT#{tenant}#LAKE#{study}"


def lake_month_sk(month: str) -> str:
    return f"MONTH#{month}"


def quarantine_pk(tenant: str) -> str:
    return f"TENANT#{tenant}#QUARANTINE"


def quarantine_sk(subject: str, name: str) -> str:
    return f"{subject.upper()}#{name}"


def patient_pk(tenant: str, patient: str) -> str:
    return f"TENANT#{tenant}#PATIENT#{patient}"


def link_pk(token_sha256: str) -> str:
    return f"LINK#{token_sha256}"


def consents_pk(tenant: str, patient: str) -> str:
    """Apart from the patient's row: who lets people in writes here, and never there."""
    return f"TENANT#{tenant}#CONSENTS#{patient}"


def consent_sk(version: int, number: str) -> str:
    """number: of a share's session; "" for the patient's own word."""
    return f"{version:06d}#{number}" if number else f"{version:06d}"


def share_pk(token_sha256: str) -> str:
    return f"SHARE#{token_sha256}"


def accounts_pk(tenant: str) -> str:
    """All accounts of a hospital's staff: few, and listed together."""
    return f"TENANT#{tenant}#ACCOUNTS"


def account_sk(account: str) -> str:
    return f"ACCOUNT#{account}"


def sign_in_pk(tenant: str, account: str) -> str:
    """Of tries at a password; no `TENANT#`, since anybody may try any name of any hospital."""
    return f"SIGNIN#{tenant}#{account}"


def staff_session_pk(token_sha256: str) -> str:
    return f"STAFF#{token_sha256}"


def session_pk(token_sha256: str) -> str:
    return f"SESSION#{token_sha256}"


def day_pk(tenant: str, day: str, shard: int) -> str:
    return f"TENANT#{tenant}#DAY#{day}#{shard}"


def day_shard(study: str) -> int:
    """Spreads one day's studies over the shards, always the same way."""
    return hashlib.sha256(study.encode("ascii")).digest()[0] % DAY_SHARDS


def person_pk(tenant: str, patient: str) -> str:
    return f"TENANT#{tenant}#PERSON#{patient}"


def sha256_hex(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
