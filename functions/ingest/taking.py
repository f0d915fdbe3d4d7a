"""Takes one confirmed object: reads and verifies it, writes what it says. Which series and exams that touches goes back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from functions.adapters import schemas
from functions.adapters.hospitals import open_hospital
from functions.adapters.wiring import Deps
from functions.core import json_text
from functions.core.errors import DocumentInvalid, NotArrived, ObjectMissing, Poison
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.limits import DOCUMENT_BYTES
from functions.core.times import parse
from functions.ingest.messages import Ref

REBUILDING_S = 120  # before a message is looked at again; the queue gives up after fifteen times
SCHEMAS = {"manifest": "manifest.v1", "declaration": "declaration.v1", "report": "report.v1", "registration": "registration.v1"}


@dataclass(frozen=True)
class Touched:
    """series: (tenant, study, series) to index. exams: (tenant, study or "", exam or "") to decide; a study finds its exam."""

    series: list[tuple[str, str, str]] = field(default_factory=list)
    exams: list[tuple[str, str, str]] = field(default_factory=list)
    agent: str = ""  # who sent it, where the document says so


def take(ref: Ref, deps: Deps) -> Touched | None:
    """None when the object is nothing for the index. Raises Poison, NotArrived, ServiceBusy (the hospital's index is being
    rebuilt) and whatever the adapters raise."""
    if ref.kind == "report" and is_pdf(ref, deps):
        return None
    hospital = open_hospital(ref.tenant, deps, REBUILDING_S)
    return take_document(read_document(ref, deps), hospital, ref, deps)


def take_document(document: dict[str, Any], hospital: Hospital, ref: Ref, deps: Deps) -> Touched:
    """As `take`, whatever stands in the hospital's row. document: as `read_document` gives it."""
    _check_agent(ref, document, deps)
    _check_expired(ref, deps)
    from functions.ingest.declarations import take_declaration
    from functions.ingest.manifests import take_manifest
    from functions.ingest.registrations import take_registration
    from functions.ingest.reports import take_report

    takers = {
        "manifest": take_manifest,
        "declaration": take_declaration,
        "report": take_report,
        "registration": take_registration,
    }
    return takers[ref.kind](ref, document, hospital, deps)


def read_document(ref: Ref, deps: Deps) -> dict[str, Any]:
    """The object as checked JSON. Raises Poison (document_too_large, digest_wrong, schema_broken, tenant_wrong, name_wrong),
    NotArrived."""
    facts = deps.vault.head("originals", ref.key())
    if facts is not None and facts.bytes > DOCUMENT_BYTES[ref.kind]:
        raise Poison(reason="document_too_large")
    try:
        body = deps.vault.get("originals", ref.key())
    except ObjectMissing:
        raise NotArrived(reason="object_missing") from None
    if hashlib.sha256(body).hexdigest() != ref.sha256:
        raise Poison(reason="digest_wrong")
    try:
        document = json_text.read(body)
        schemas.check(document, SCHEMAS[ref.kind])
    except (json_text.NotPlain, DocumentInvalid):
        raise Poison(reason="schema_broken") from None
    if document["tenant"] != ref.tenant:
        raise Poison(reason="tenant_wrong")
    checked: dict[str, Any] = document
    _check_names(ref, checked, deps)
    return checked


def _check_names(ref: Ref, document: dict[str, Any], deps: Deps) -> None:
    """The names in the document, those in its key and those that the UIDs give are the same."""
    if ref.kind in ("report", "registration"):
        return
    named = deps.naming.study(ref.tenant, document["study_uid"])
    if not named == document["study"] == ref.study:
        raise Poison(reason="name_wrong")
    listed = [document] if ref.kind == "manifest" else document["series"]
    if any(deps.naming.series(ref.tenant, one["series_uid"]) != one["series"] for one in listed):
        raise Poison(reason="name_wrong")
    if ref.kind == "manifest" and document["series"] != ref.series:
        raise Poison(reason="name_wrong")


def is_pdf(ref: Ref, deps: Deps) -> bool:
    """Storage tells of every object under `reports/`; the PDFs are named by their reports."""
    facts = deps.vault.head("originals", ref.key())
    return facts is not None and facts.content_type == "application/pdf"


def _check_agent(ref: Ref, document: dict[str, Any], deps: Deps) -> None:
    """A manifest or declaration counts for the agent that it names: nobody speaks for another, nor after their revocation.

    Who confirmed it is known by their signature; where only storage told of it, by the grant's hospital alone. Raises Poison
    (agent_differs, agent_revoked).
    """
    named = document.get("agent")
    if named is None:  # a report's, or a registration's, is nobody's
        return
    if ref.agent and named != ref.agent:
        raise Poison(reason="agent_differs")
    row = deps.table.get(keys.agent_pk(ref.tenant, named), "AGENT")
    made = document.get("packed_at") or document["declared_at"]
    if row is not None and row["revoked_at"] and parse(made) > parse(row["revoked_at"]):
        raise Poison(reason="agent_revoked")


def check_exam_stands(tenant: str, exam: str, deps: Deps) -> None:
    """Raises Poison (study_expired): of an exam that was removed no word is taken in again, corrected or not."""
    row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM")
    if row is not None and row.get("removed"):
        raise Poison(reason="study_expired")


def _check_expired(ref: Ref, deps: Deps) -> None:
    """Raises Poison (study_expired): what was removed does not come back by being sent again."""
    row = deps.table.get(keys.study_pk(ref.tenant, ref.study), "STUDY") if ref.study else None
    if row is not None and row.get("expired_at"):
        raise Poison(reason="study_expired")
