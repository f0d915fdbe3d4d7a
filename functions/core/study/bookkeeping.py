"""What ingest keeps beside studies and exams to decide them again, and what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from functions.core.study import keys
from functions.core.study.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class Declared(Record):
    """How many instances of a series agents say they hold: agent → the most that it ever declared. An agent forgets what it sent
    long ago, and must not make less of the whole."""

    kind: ClassVar[str] = "declared"
    tenant: str
    study: str
    series: str
    by: dict[str, int] = field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return keys.study_pk(self.tenant, self.study), keys.declared_sk(self.series)


@dataclass(frozen=True, eq=False, repr=False)
class ManifestSeen(Record):
    """A verified manifest of a series: what the index is built from."""

    kind: ClassVar[str] = "manifest"
    tenant: str
    study: str
    series: str
    sha256: str
    agent: str = ""  # whose images these are
    packed_at: str = ""  # orders manifests where order matters
    heads: list[str] = field(default_factory=list)  # digests of the parcels' heads objects
    bytes_stored: int = 0  # of all objects of its parcels

    def key(self) -> tuple[str, str]:
        return keys.study_pk(self.tenant, self.study), keys.manifest_sk(self.sha256)


@dataclass(frozen=True, eq=False, repr=False)
class ExamStudy(Record):
    """A study belongs to an exam."""

    kind: ClassVar[str] = "exam_study"
    tenant: str
    exam: str
    study: str

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_study_sk(self.study)


@dataclass(frozen=True, eq=False, repr=False)
class ExamAlias(Record):
    """Beside the exam of a study without accession number: the exams whose reports list that study. One, or nobody knows."""

    kind: ClassVar[str] = "exam_alias"
    tenant: str
    exam: str  # the study's own
    names: list[str] = field(default_factory=list)

    def key(self) -> tuple[str, str]:
        return keys.exam_pk(self.tenant, self.exam), keys.exam_alias_sk()


@dataclass(frozen=True, eq=False, repr=False)
class PdfOf(Record):
    """An exam whose report names a signed PDF. One scan, one PDF, two accession numbers: it goes with the last of them."""

    kind: ClassVar[str] = "pdf_of"
    tenant: str
    sha256: str
    exam: str

    def key(self) -> tuple[str, str]:
        return keys.report_state_pk(self.tenant, self.sha256), keys.pdf_exam_sk(self.exam)


@dataclass(frozen=True, eq=False, repr=False)
class QuarantineEntry(Record):
    """Something that waits for a person. Closed, not deleted, when it is settled."""

    kind: ClassVar[str] = "quarantine"
    tenant: str
    subject: str  # one of quarantine.SUBJECTS
    name: str  # digest, or the exam's, series' or study's name; of a notice its exam's
    reason: str
    open: bool = True
    at: str = ""
    study: str = ""
    agent: str = ""
    count: int = 0  # of a series: how many of its images
    settled: dict[str, str] | None = None  # by a person who need not look again: by, at, note. For the same reason it stays so

    def key(self) -> tuple[str, str]:
        return keys.quarantine_pk(self.tenant), keys.quarantine_sk(self.subject, self.name)
