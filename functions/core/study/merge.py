"""How what arrives changes a row. Each rule gives the same whatever comes first and however often it comes [ING-05].

That holds because each field is a union, or the word of one arrival chosen by an order of the arrivals themselves (smallest SOP
Instance UID and digest, greatest stamp, highest count), never by the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from functions.core import plain_text
from functions.core.study.bookkeeping import Declared
from functions.core.study.completeness import Totals
from functions.core.study.facts import InstanceFacts, study_time
from functions.core.study.keys import Naming
from functions.core.study.people import words_in_report
from functions.core.study.records import ReportVersion, Series, Study
from functions.core.study.states import IMAGING, Imaging, ImagingEvent, step

KEPT_IDENTITIES = 8  # the first in order, whatever came first; two are a doubt already


@dataclass(frozen=True)
class Arrival:
    """What one manifest's instances say. first: facts of the first instance in order; identities and marks: of all of them."""

    first: InstanceFacts
    patient: str
    identities: frozenset[str]
    modalities: frozenset[str]
    marks: frozenset[str] = frozenset()


def arrival(tenant: str, facts: Sequence[InstanceFacts], naming: Naming, issuer: str) -> Arrival:
    """issuer: the hospital's, where images give none. facts: at least one."""
    people = {(one.patient_id, one.issuer, one.accession_number) for one in facts}
    study_uid = facts[0].study_uid
    named = {
        person: (_patient_name(tenant, person[0], person[1], naming, issuer), _exam_name(tenant, person[2], study_uid, naming))
        for person in people
    }
    first = min(facts, key=lambda one: one.place)
    patient, _ = named[first.patient_id, first.issuer, first.accession_number]
    return Arrival(
        first=first,
        patient=patient,
        identities=frozenset("/".join(names) for names in named.values()),
        modalities=frozenset(one.modality for one in facts if one.modality),
        marks=frozenset().union(*(one.marks for one in facts)),
    )


def _patient_name(tenant: str, patient_id: str, issuer: str, naming: Naming, default: str) -> str:
    """Empty when there is no id: such images belong to nobody yet."""
    return naming.patient(tenant, issuer=issuer or default, patient_id=patient_id) if patient_id else ""


def _exam_name(tenant: str, accession_number: str, study_uid: str, naming: Naming) -> str:
    return naming.exam(tenant, accession_number=accession_number, study_uid=study_uid)


def study_with_images(old: Study | None, tenant: str, study: str, came: Arrival, *, time_zone: str, now: str) -> Study:
    base = old or Study(tenant=tenant, study=study, study_uid=came.first.study_uid, created_at=now)
    merged = replace(
        base,
        study_uid=base.study_uid or came.first.study_uid,  # a hold may have come back first
        identities=sorted(set(base.identities) | came.identities)[:KEPT_IDENTITIES],
        modalities=sorted(set(base.modalities) | came.modalities),
    )
    if not base.facts_from or came.first.place < base.facts_from:
        merged = replace(
            merged,
            patient=came.patient,
            accession_number=came.first.accession_number,
            description=came.first.study_description,
            at=study_time(came.first, time_zone),
            facts_from=came.first.place,
        )
    return _stepped(merged, base, now)


def study_with_totals(old: Study, totals: Totals, now: str) -> Study:
    """totals: of all its series, read after the row `old`."""
    merged = replace(old, received=totals.received, frames=totals.frames, declared=totals.declared, complete=totals.complete)
    return _stepped(merged, old, now)


def declared_with(old: Declared | None, tenant: str, study: str, series: str, *, agent: str, instances: int) -> Declared:
    """The most that each agent ever said, in whatever order it is heard."""
    base = old or Declared(tenant, study, series)
    return replace(base, by={**base.by, agent: max(instances, base.by.get(agent, 0))})


def _stepped(study: Study, before: Study, now: str) -> Study:
    """The images' state after a change; the time of the change only where there was one."""
    event = ImagingEvent.ANNOUNCED
    if study.frames:
        event = ImagingEvent.COUNTED if study.complete else ImagingEvent.INDEXED
    study = replace(study, imaging=step(IMAGING, Imaging(study.imaging), event).value)
    return study if study == before else replace(study, updated_at=now)


def series_with_images(old: Series | None, tenant: str, study: str, series: str, came: Arrival, now: str) -> Series:
    """The words of the first instance in order; counts and index come with `series_indexed`."""
    first = came.first
    base = old or Series(tenant=tenant, study=study, series=series, series_uid=first.series_uid)
    if not base.facts_from or base.marks is not None:  # of a row from before there were marks, nobody looked at all images
        base = replace(base, marks=sorted({*(base.marks or []), *came.marks}))
    if base.facts_from and base.facts_from <= first.place:
        return base
    return replace(
        base,
        number=first.series_number,
        modality=first.modality,
        description=first.series_description,
        body_part=first.body_part,
        facts_from=first.place,
        updated_at=now,
    )


def report_version(
    old: ReportVersion | None,
    report: Mapping[str, Any],
    sha256: str,
    *,
    exam: str,
    patient: str,
    issuer: str,
    studies: Iterable[str],
) -> ReportVersion:
    """The row of this version. Of documents that contradict each other the one with the smallest digest fills the row; it is
    doubted all the same (`digests`). issuer: the hospital's, where the report gives none."""
    patients = sorted({*(old.patients if old else []), patient})
    if old is not None and (sha256 in old.digests or old.digests[0] < sha256):
        return replace(old, digests=sorted({*old.digests, sha256}), patients=patients)
    return ReportVersion(
        tenant=report["tenant"],
        exam=exam,
        report_version=report["version"],
        digests=sorted({*(old.digests if old else []), sha256}),
        state=report["state"],
        patient=patient,
        patients=patients,
        person=words_in_report(report, sha256, issuer),
        item=plain_text.line(report.get("item", "")),
        modality=plain_text.line(report.get("modality", "")),
        language=report["language"],
        audited_at=report.get("audited_at", ""),
        examined_at=report.get("examined_at", ""),
        pdf=report.get("pdf"),
        study_names=sorted(studies),
    )
