"""Everything of a study that ended: its rows, every version of its objects, and last the words in its own row.

The list of what is removed is written before anything is, and stays: with the journal's `study_removed` it proves what was there.
Its report, and what is known of the exam and of the patient, go with the last study of the exam, the patient with the last exam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from functions.adapters import quarantine
from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import ServiceBusy
from functions.core.notice.records import Binding, Bound, Registration
from functions.core.retention.removal import Version, record, summary
from functions.core.study import keys
from functions.core.study.bookkeeping import PdfOf
from functions.core.study.keys import Bucket
from functions.core.study.records import Exam, ReportVersion, Study
from functions.core.times import iso

ROWS_OF_A_STUDY = ("SERIES#", "DECLARED#", "MANIFEST#")
ROWS_OF_AN_EXAM = ("REPORT#", "NOTICE#", "STUDY#", "ALIAS", "REGISTRATION", "DUE#")
RECEIPTS: Mapping[str, Callable[[str, str], str]] = {
    "manifests": keys.manifest_state_pk,
    "reports": keys.report_state_pk,
    "registrations": keys.registration_state_pk,
}


def remove(study: Study, deps: Deps) -> None:
    """Raises ServiceBusy while something of it may still be there: then it comes again."""
    places = _places(study)
    listed, kept = _recorded(study.tenant, study.study, study.expired_at, places, deps)
    deps.cdn.forget([f"/pixels/{keys.study_prefix(study.tenant, study.study)}*", _films(study.tenant, study.study)])
    _delete_receipts(study.tenant, listed, deps)
    for prefix in ROWS_OF_A_STUDY:
        _delete_rows(keys.study_pk(study.tenant, study.study), prefix, deps)
    _remove_objects(listed, places, deps)
    _forget(study, {**kept, "at": iso(deps.clock.now())}, deps)
    logger.info("study removed", extra={"tenant": study.tenant, "study": study.study, "versions": kept["versions"]})
    count("StudyRemoved")


def finish_exam(study: Study, deps: Deps) -> None:
    """When every study of its exam is gone: the report, and what was known of the exam and, with the last exam, of the patient.

    After the study's own row says that it is gone: of two that end at once the later one sees the other.
    """
    pk = keys.exam_pk(study.tenant, study.exam)
    row = deps.table.get(pk, "EXAM") if study.exam else None
    if row is None or row.get("removed"):
        return
    studies = [deps.table.get(keys.study_pk(study.tenant, name), "STUDY") for name in row["studies"]]
    if not all(one is not None and one.get("removed") for one in studies):
        return
    reports = [ReportVersion.from_row(one) for one in deps.table.rows(pk, "REPORT#")]
    for report in reports:
        _let_go_of_pdf(report, deps)
    places = list(_exam_places(study, reports, deps))
    listed, kept = _recorded(study.tenant, study.exam, study.expired_at, places, deps)
    deps.cdn.forget([_films(study.tenant, study.exam)])
    _delete_receipts(study.tenant, listed, deps)
    _remove_objects(listed, places, deps)  # before the rows, which alone name them
    for prefix in ROWS_OF_AN_EXAM:
        _delete_rows(pk, prefix, deps)
    if row["patient"] and _forget_patient(study.tenant, row["patient"], study.exam, deps):
        kept = {**kept, "patient": row["patient"]}
    _forget_exam(pk, {**kept, "at": iso(deps.clock.now())}, deps)
    count("ExamRemoved")


def sweep(study: Study, deps: Deps) -> None:
    """What was sent again of a study that is gone: nothing takes it in, and it goes as well."""
    places = _places(study)
    _remove_objects(sorted(set(_versions(places, deps))), places, deps)


Place = tuple[Bucket, str]


def _places(study: Study) -> list[Place]:
    """Bucket and prefix of all that is only this study's."""
    prefix = keys.study_prefix(study.tenant, study.study)
    return [
        ("originals", f"manifests/{study.tenant}/{study.study}/"),
        ("originals", prefix),
        ("pixels", prefix),
        ("derived", keys.derived_prefix(study.tenant, study.study)),
    ]


def _let_go_of_pdf(report: ReportVersion, deps: Deps) -> None:
    """First: of two exams that end at once the later one sees that nobody names it any more."""
    if report.pdf:
        pk, sk = PdfOf(report.tenant, report.pdf["sha256"], report.exam).key()
        row = deps.table.get(pk, sk)
        if row is not None:
            deps.table.delete(pk, sk, expect=row["version"])


def _is_named(report: ReportVersion, deps: Deps) -> bool:
    """Whether another exam's report names its PDF."""
    assert report.pdf is not None
    rows = deps.table.rows(keys.report_state_pk(report.tenant, report.pdf["sha256"]), keys.pdf_exam_sk(""))
    return next(rows, None) is not None


def _exam_places(study: Study, reports: list[ReportVersion], deps: Deps) -> Iterator[Place]:
    pk = keys.exam_pk(study.tenant, study.exam)
    for registration in map(Registration.from_row, deps.table.rows(pk, keys.exam_registration_sk())):
        for digest in {registration.sha256, *registration.digests}:
            yield "originals", keys.registration_object(study.tenant, digest)
    for report in reports:
        for digest in report.digests:
            yield "originals", keys.report_object(study.tenant, digest)
        if report.pdf and not _is_named(report, deps):
            yield "originals", keys.report_object(study.tenant, report.pdf["sha256"])
    yield "derived", keys.derived_prefix(study.tenant, study.exam)


def _versions(places: list[Place], deps: Deps) -> Iterator[Version]:
    for bucket, prefix in places:
        yield from deps.vault.versions(bucket, prefix)


def _remove_objects(listed: list[Version], places: list[Place], deps: Deps) -> None:
    for bucket in sorted({one.bucket for one in listed}):
        deps.vault.remove(bucket, [one for one in listed if one.bucket == bucket])
    if next(_versions(places, deps), None) is not None:  # an upload that was granted before came in meanwhile
        raise ServiceBusy(service="storage")


def _films(tenant: str, name: str) -> str:
    return f"/derived/{keys.derived_prefix(tenant, name)}*"


def _recorded(tenant: str, name: str, ended: str, places: list[Place], deps: Deps) -> tuple[list[Version], Mapping[str, Any]]:
    """All versions that are there, and the summary of the record of them, which is written now."""
    listed = sorted(set(_versions(places, deps)))
    body = record(tenant, name, ended, listed)
    kept = summary(body)
    key = keys.removal_prefix(tenant, name) + f"{kept['record']}.json"
    deps.vault.put("originals", key, body, content_type="application/json")
    return listed, kept


def _delete_receipts(tenant: str, listed: list[Version], deps: Deps) -> None:
    """Of its documents, so that one that is sent again is looked at again: and refused, not passed over."""
    for one in listed:
        state_pk = RECEIPTS.get(one.key.partition("/")[0])
        if one.bucket == "originals" and state_pk is not None:
            digest = one.key.rpartition("/")[2].partition(".")[0]
            _delete_rows(state_pk(tenant, digest), "", deps)


def _delete_rows(pk: str, prefix: str, deps: Deps) -> None:
    for row in list(deps.table.rows(pk, prefix)):
        deps.table.delete(row["pk"], row["sk"], expect=row["version"])


def _forget_exam(pk: str, removed: Mapping[str, Any], deps: Deps) -> None:
    """What is left of an exam says that there was one, when and of what kind: bills name it."""

    def decide(row: Row | None) -> Row | None:
        if row is None:
            return None
        old = Exam.from_row(row)
        studies = {name: {**one, "patient": "", "description": ""} for name, one in old.studies.items()}
        blank = {"accession_number": "", "patient": "", "item": "", "reports": {}, "report_version": 0}
        return replace(old, **blank, studies=studies, removed=dict(removed)).to_row()  # type: ignore[arg-type]

    change(deps.table, pk, "EXAM", decide)


def _forget_patient(tenant: str, patient: str, exam: str, deps: Deps) -> bool:
    """Whether that was their last exam."""
    if any(row["exam"] != exam for row in deps.table.by_person(tenant, patient)):
        return False
    for binding in map(Binding.from_row, deps.table.rows(keys.patient_pk(tenant, patient), keys.wechat_binding_sk(""))):
        _delete_rows(*Bound(tenant, patient, binding.wechat).key(), deps)
    _delete_rows(keys.consents_pk(tenant, patient), "", deps)
    _delete_rows(keys.patient_pk(tenant, patient), "", deps)
    return True


def _forget(study: Study, removed: Mapping[str, Any], deps: Deps) -> None:
    """The row stays: whatever is sent of this study again meets it."""

    def decide(row: Row | None) -> Row | None:
        if row is None:
            return None
        blank = {"study_uid": "", "patient": "", "accession_number": "", "description": "", "facts_from": "", "identities": []}
        counts = {"received": 0, "frames": 0, "declared": None, "films": None}
        return replace(Study.from_row(row), **blank, **counts, removed=dict(removed)).to_row()  # type: ignore[arg-type]

    change(deps.table, *study.key(), decide)
    quarantine.close(deps, study.tenant, "study", study.study)
