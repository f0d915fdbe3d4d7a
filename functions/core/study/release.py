"""Whether the patient may see an exam: assembled anew from its studies and reports each time one of them changes [EDGE-07].

Released when an audited report and images that can be looked at (or, where the hospital says so, the report alone) are there and
all name the same patient. A contradiction holds it for a person; a retraction hides it until a person shows it again
(design §12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.core.notice.records import Registration
from functions.core.study.records import Exam, ReportVersion, Study
from functions.core.study.states import (
    RELEASE,
    REPORTING,
    Imaging,
    Release,
    ReleaseEvent,
    Reporting,
    ReportingEvent,
    step,
)

SIGNED = (Reporting.AUDITED.value, Reporting.CORRECTED.value)
VIEWABLE = (Imaging.VIEWABLE.value, Imaging.COMPLETE.value)
WAITING = frozenset({"no_report", "not_audited", "no_images", "held_until"})  # the ordinary course
SETTLED = frozenset({"hidden_by_person", "expired"})


def assembled(
    old: Exam | None,
    tenant: str,
    exam: str,
    studies: Sequence[Study],
    reports: Sequence[ReportVersion],
    *,
    claims: int,
    rule: str,
    rule_serial: int,
    now: str,
    due: str = "",
    registration: Registration | None = None,
) -> Exam:
    """The exam as its studies and reports make it.

    claims: other exams whose reports list this one's study. rule: `report_and_images` or `report_alone`, the hospital's at
    `rule_serial`: who read the hospital before somebody else did never brings back an older rule.
    due: when the hospital publishes what is ready now, ISO UTC; empty: at once. registration: what its system says of the exam.
    """
    base = old or Exam(tenant=tenant, exam=exam, rule="", created_at=now)
    if base.rule and (base.rule == rule or base.rule_serial > rule_serial):
        rule, rule_serial = base.rule, base.rule_serial
    reports = sorted(reports, key=lambda report: report.report_version)
    current = reports[-1] if reports else None
    first = min(studies, key=lambda study: (study.at or "9", study.study), default=None)
    merged = replace(
        base,
        accession_number=next(
            (study.accession_number for study in studies if study.accession_number),
            base.accession_number or (registration.accession_number if registration else ""),
        ),
        patient=current.patient if current else (first.patient if first else (registration.patient if registration else "")),
        item=(current.item if current else "")
        or (registration.item if registration else "")
        or (first.description if first else ""),
        modalities=sorted({modality for study in studies for modality in study.modalities}),
        at=(first.at if first else "")
        or (current.examined_at if current else "")
        or (registration.scheduled_at if registration else ""),
        studies={study.study: _summary(study) for study in studies},
        reports={str(report.report_version): _version(report) for report in reports},
        claims=claims,
        rule=rule,
        rule_serial=rule_serial,
        imaging=_imaging(studies).value,
        reporting=_reporting(base, current).value,
        report_version=current.report_version if current else 0,
    )
    new = decided(replace(merged, due_at=_due(merged, due)), now)
    if base.release == new.release == Release.RELEASED and base.patient not in ("", new.patient):  # whom nobody has told of it
        return replace(new, release_serial=new.release_serial + 1)
    return new


def _due(exam: Exam, due: str) -> str:
    """Set when all else is there for the first time; what was published once is not held again."""
    if exam.release_serial:
        return exam.due_at
    return "" if reasons(exam) else exam.due_at or due


def decided(exam: Exam, now: str) -> Exam:
    """The exam with its release as the conditions and a person's decision make it."""
    before = Release(exam.release)
    withdrawn = _withdrawn(exam)
    doubts = [] if is_expired(exam) else reasons(exam) or _held_until(exam, now)  # what ended waits for nothing and nobody
    if withdrawn:
        after = step(RELEASE, before, ReleaseEvent.WITHDRAWN)
    else:
        shown = step(RELEASE, before, ReleaseEvent.SHOWN) if before is Release.HIDDEN else before
        after = step(RELEASE, shown, ReleaseEvent.DOUBTED if doubts else ReleaseEvent.FULFILLED)
    changed = replace(
        exam,
        release=after.value,
        release_serial=exam.release_serial + (after is not before),
        reasons=[*withdrawn, *doubts],
    )
    return changed if changed == exam and exam.updated_at else replace(changed, updated_at=now)


def _held_until(exam: Exam, now: str) -> list[str]:
    """A person who shows the exam does so at once."""
    shown = (exam.decision or {}).get("action") == "show"
    return ["held_until"] if exam.due_at > now and not shown else []


def reasons(exam: Exam) -> list[str]:
    """Why the exam is held, in the order in which a person should look; empty when it may be shown."""
    found = []
    current = exam.reports.get(str(exam.report_version))
    patients = {study["patient"] for study in exam.studies.values() if study["identities"]}
    if any(study["identities"] > 1 for study in exam.studies.values()):
        found.append("identities_differ")
    if exam.claims > 1 and exam.studies:
        found.append("study_claimed_twice")
    if current and current["doubted"]:
        found.append("report_contradicted")
    if current and patients - {"", current["patient"]}:
        found.append("patient_differs")
    if current and "" in patients:
        found.append("patient_unknown")
    if current and _patient_changed(exam, current["patient"], patients):
        found.append("patient_changed")
    if current is None:
        found.append("no_report")
    elif current["state"] not in SIGNED:
        found.append("not_audited")
    if exam.rule != "report_alone" and exam.imaging not in VIEWABLE:
        found.append("no_images")
    return found


def _patient_changed(exam: Exam, patient: str, imaged: set[str]) -> bool:
    """Whether signed versions name different patients where no image says who is right, nor a person who showed the exam.

    The first of them may have been told already; a slip of the pen must not give their report to the other.
    """
    signed = {one["patient"] for one in exam.reports.values() if one["state"] in SIGNED}
    decision: Mapping[str, Any] = exam.decision or {}
    shown_to = decision.get("patient") if decision.get("action") == "show" else None
    return len(signed | {patient}) > 1 and imaged != {patient} and shown_to != patient


def for_a_person(exam: Exam) -> list[str]:
    """The reasons that neither waiting nor a decision already taken explains."""
    return [reason for reason in exam.reasons if reason not in WAITING | SETTLED]


def with_decision(exam: Exam, action: str, *, by: str, now: str) -> Exam:
    """A person hides or shows the exam. action: `hide` or `show`; showing covers the retractions known now, not later ones,
    and the patient whom the exam names now."""
    covers = max((int(number) for number, one in exam.reports.items() if one["state"] == Reporting.RETRACTED.value), default=0)
    serial = (exam.decision or {}).get("serial", 0) + 1
    decision = {"action": action, "serial": serial, "at": now, "by": by, "covers": covers}
    if exam.patient:
        decision["patient"] = exam.patient
    return decided(replace(exam, decision=decision), now)


def released_anew(exam: Exam, *, by: str, now: str) -> Exam:
    """A released exam whose patient is to be told once more: a release of its own, so that its event has an id of its own.

    What an earlier decision covers stays as it was.
    """
    standing = exam.decision or {"action": "tell", "covers": 0}
    decision = {**standing, "serial": standing.get("serial", 0) + 1, "at": now, "by": by}
    return replace(exam, decision=decision, release_serial=exam.release_serial + 1, updated_at=now)


def is_expired(exam: Exam) -> bool:
    """Whether the retention of all its studies has ended: then nobody sees it, whatever is decided."""
    return bool(exam.studies) and all(study.get("expired") for study in exam.studies.values())


def _withdrawn(exam: Exam) -> list[str]:
    decision: Mapping[str, Any] = exam.decision or {}
    covered = decision.get("covers", 0) if decision.get("action") == "show" else 0
    found = ["expired"] if is_expired(exam) else []
    found += ["hidden_by_person"] if decision.get("action") == "hide" else []
    retracted = [int(number) for number, one in exam.reports.items() if one["state"] == Reporting.RETRACTED.value]
    return [*found, "report_retracted"] if any(number > covered for number in retracted) else found


def _summary(study: Study) -> dict[str, Any]:
    return {
        "imaging": study.imaging,
        "patient": study.patient,
        "identities": len(study.identities),
        "at": study.at,
        "description": study.description,
        "modalities": study.modalities,
        "expired": bool(study.expired_at),
    }


def _version(report: ReportVersion) -> dict[str, Any]:
    return {
        "state": report.state,
        "patient": report.patient,
        "sha256": report.digests[0],
        "doubted": len(report.digests) > 1,
    }


def _imaging(studies: Sequence[Study]) -> Imaging:
    """Complete when all are; viewable when something can be looked at."""
    states = {study.imaging for study in studies} - {Imaging.NONE.value}
    if not states:
        return Imaging.NONE
    if states == {Imaging.COMPLETE.value}:
        return Imaging.COMPLETE
    return Imaging.VIEWABLE if states & set(VIEWABLE) else Imaging.RECEIVING


def _reporting(before: Exam, current: ReportVersion | None) -> Reporting:
    """A version below the highest changes nothing: it is history that came late."""
    state = Reporting(before.reporting)
    if current is None or (current.report_version == before.report_version and current.state == state.value):
        return state
    return step(REPORTING, state, ReportingEvent(current.state))
