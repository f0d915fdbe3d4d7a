"""The index's rows as types (docs/interfaces.md §4).

Values are JSON: no float, no None inside maps. What one row says of another is repeated where a decision needs it in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from functions.core.study import keys
from functions.core.study.record import Record
from functions.core.study.states import Imaging, Release, Reporting, Tier
from functions.core.times import parse

ARCHIVES_BEGIN = date(1970, 1, 2)  # the days before are those of clocks that were never set: 1 January of 1900 or 1970
CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, eq=False, repr=False)
class Series(Record):
    """Counts are of instances; frames is what the index shows."""

    kind: ClassVar[str] = "series"
    tenant: str
    study: str
    series: str
    series_uid: str
    number: int | None = None
    modality: str = ""
    description: str = ""
    body_part: str = ""
    facts_from: str = ""  # the first instance in order (`InstanceFacts.place`): its head gave the words above
    received: int = 0
    frames: int = 0
    bytes_received: int = 0  # of data sets
    bytes_stored: int = 0  # of parcels, heads included
    manifests: int = 0  # that the index below was built from
    received_by: dict[str, int] = field(default_factory=dict)  # agent → instances that came whole from it
    declared: int | None = None  # how many there should be at least (`completeness.expected`); None until somebody declared
    complete: bool = False
    index: str | None = None  # object name under the series' prefix in bucket pixels
    index_version: int = 0
    pages: list[str] = field(default_factory=list)  # of the index: object names, the first is `index`
    conflicts: dict[str, int] = field(default_factory=dict)  # as `Conflicts.counts` of what the index was built from
    thumbnail: str | None = None  # object name beside it
    hidden: dict[str, str] | None = None  # {by, at, reason}: staff took it out of what patients and their guests see
    hiding: dict[str, Any] | None = None  # the latest decision on that: {action, serial, at, by, reason}
    marks: list[str] | None = None  # what in any image may bear a name (`facts.marks_of`); None: unknown
    updated_at: str = ""

    def key(self) -> tuple[str, str]:
        return keys.study_pk(self.tenant, self.study), keys.series_sk(self.series)


@dataclass(frozen=True, eq=False, repr=False)
class Study(Record):
    """received, frames, declared and complete are added up from the rows of its series and what was declared of them."""

    kind: ClassVar[str] = "study"
    tenant: str
    study: str
    study_uid: str
    exam: str = ""  # name: the accession number's, else the reporting exam's, else the study's own; "" before images
    patient: str = ""  # name
    accession_number: str = ""
    description: str = ""
    at: str = ""  # ISO UTC, from study date and time in the hospital's zone; "" when the images do not say
    modalities: list[str] = field(default_factory=list)
    facts_from: str = ""
    identities: list[str] = field(default_factory=list)  # "patient/exam" of instances, the first few; more than one is a doubt
    received: int = 0
    frames: int = 0
    declared: int | None = None
    complete: bool = False
    imaging: str = Imaging.NONE.value
    tier: str = Tier.ONLINE.value
    moved: dict[str, Any] | None = None  # its latest change of tier: {tier, serial, at, by}; of what was recalled: until
    # {pages: [name], pdf, width, height, made_from, without}: names under the study's prefix in bucket derived; without: series
    # that were hidden when it was drawn
    films: dict[str, Any] | None = None
    warned: list[int] = field(default_factory=list)  # days before its end of which staff and patient were warned
    warned_at: str = ""  # ISO UTC, of the first of these warnings
    hold: dict[str, Any] | None = None  # a person's latest word: {action: place or lift, serial, at, by, reason}
    expired_at: str = ""  # its retention ended: nobody sees it any more
    removing_at: str = ""  # from now on a hold comes too late
    removed: dict[str, Any] | None = None  # as `removal.summary`, with `at`: nothing of it is left but this row
    created_at: str = ""
    updated_at: str = ""

    def key(self) -> tuple[str, str]:
        return keys.study_pk(self.tenant, self.study), "STUDY"

    @property
    def is_held(self) -> bool:
        """A legal hold stops its removal."""
        return self.hold is not None and self.hold["action"] == "place"

    @property
    def counts_from(self) -> str:
        """ISO UTC: when it was made, if that can be, else when it came. It is kept, moved and found by its day."""
        if not self.at or (self.created_at and not _is_possible(self.at, self.created_at)):
            return self.created_at
        return self.at

    def indexed(self) -> Mapping[str, Any]:
        time = self.counts_from
        if not time:
            return {}
        pk = keys.day_pk(self.tenant, time[:10], keys.day_shard(self.study))
        return {"day_pk": pk, "day_sk": f"{time}#{self.study}"}


def _is_possible(at: str, came: str) -> bool:
    return ARCHIVES_BEGIN.isoformat() <= at[:10] and parse(at) <= parse(came) + CLOCKS_DIFFER


@dataclass(frozen=True, eq=False, repr=False)
class ReportVersion(Record):
    """One version of an exam's report; its text stays in the vault under `digests[0]`.

    digests: of all documents that claimed to be this version; more than one is a contradiction that a person resolves.
    """

    kind: ClassVar[str] = "report"
    tenant: str
    exam: str
    report_version: int
    digests: list[str]
    state: str
    patient: str  # name
    patients: list[str] = field(default_factory=list)  # names: whom any document that claimed to be this version named
    person: dict[str, str] = field(default_factory=dict)  # the patient in the words of `digests[0]`, as `people.Words`
    item: str = ""
    modality: str = ""
    language: str = "zh-CN"
    audited_at: str = ""
    examined_at: str = ""
    pdf: dict[str, Any] | None = None  # {sha256, bytes} in originals
    document: dict[str, str] | None = None  # {exam, name}: the PDF that patients get, name under the exam's prefix in derived
    study_names: list[str] = field(default_factory=list)  # of the study UIDs that the report lists

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_report_sk(self.report_version)


@dataclass(frozen=True, eq=False, repr=False)
class Exam(Record):
    """What is decided about an exam, with all that the decision needs.

    studies: study → {imaging, patient, identities (how many), at, description, modalities, expired}.
    reports: version as text → {state, patient, sha256, doubted}.
    """

    kind: ClassVar[str] = "exam"
    tenant: str
    exam: str
    accession_number: str = ""
    patient: str = ""  # name: the report's, else the images'
    item: str = ""
    modalities: list[str] = field(default_factory=list)
    at: str = ""
    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: int = 0  # exams whose reports list this exam's study, which has no accession number; more than one is a doubt
    rule: str = "report_and_images"  # or report_alone, the hospital's
    rule_serial: int = 0  # the hospital's when it had that rule
    imaging: str = Imaging.NONE.value
    reporting: str = Reporting.NONE.value
    release: str = Release.HELD.value
    release_serial: int = 0  # +1 at each change of `release`: what one notice is about
    reasons: list[str] = field(default_factory=list)  # why it is held or hidden, codes
    due_at: str = ""  # when the hospital publishes it, ISO UTC; "" where it does so at once, or until all else is there
    decision: dict[str, Any] | None = None  # a person's latest: {action: hide or show, serial, at, by, covers, patient}
    report_version: int = 0  # the current one; 0 = none
    removed: dict[str, Any] | None = None  # as a study's: its report is gone, and whoever it was about
    created_at: str = ""
    updated_at: str = ""

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), "EXAM"

    def indexed(self) -> Mapping[str, Any]:
        if not self.patient:
            return {}
        return {"person_pk": keys.person_pk(self.tenant, self.patient), "person_sk": f"{self.at or self.created_at}#{self.exam}"}


@dataclass(frozen=True, eq=False, repr=False)
class Patient(Record):
    """A person as one hospital knows them. The words are those that `people` chooses of what was said.

    said: exam → what its report says while the exam is released; images: what the images say. Both as `people.Words`.
    """

    kind: ClassVar[str] = "patient"
    tenant: str
    patient: str
    id: str = ""  # empty, as all words, while only a report that may not speak has named the patient
    issuer: str = ""
    name: str = ""
    sex: str = ""
    birth_date: str = ""  # yyyy-mm-dd
    phone: str = ""
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    id_card: str = ""
    corrected: dict[str, dict[str, Any]] = field(default_factory=dict)  # `phone`, `id_card` → as `correcting` says

    def key(self) -> tuple[str, str]:
        return keys.patient_pk(self.tenant, self.patient), "PATIENT"
