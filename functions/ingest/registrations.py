"""An exam was registered, changed or cancelled in the hospital's system: the word that changed last stands beside the exam."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core import plain_text
from functions.core.errors import Poison
from functions.core.notice.records import Registration
from functions.core.study import people
from functions.core.study.hospitals import Hospital
from functions.core.times import iso, parse
from functions.ingest.messages import Ref
from functions.ingest.reports import SKEW
from functions.ingest.taking import Touched, check_exam_stands


def take_registration(ref: Ref, document: dict[str, Any], hospital: Hospital, deps: Deps) -> Touched:
    """Raises Poison: time_in_future, since one from the year 2099 would keep every later word out; study_expired."""
    now = deps.clock.now()
    if any(parse(document[name]) > now + SKEW for name in ("registered_at", "changed_at")):
        raise Poison(reason="time_in_future")
    tenant, naming, person = ref.tenant, deps.naming, document["patient"]
    exam = naming.exam(tenant, accession_number=document["accession_number"], study_uid="")
    check_exam_stands(tenant, exam, deps)
    said = Registration(
        tenant,
        exam,
        naming.patient(tenant, issuer=person["issuer"] or hospital.issuer, patient_id=person["id"]),
        ref.sha256,
        document["state"],
        changed_at=iso(parse(document["changed_at"])),
        registered_at=iso(parse(document["registered_at"])),
        scheduled_at=iso(parse(document["scheduled_at"])) if "scheduled_at" in document else "",
        accession_number=document["accession_number"],
        item=plain_text.line(document.get("item", "")),
        modality=document.get("modality", ""),
        person=people.words_in_registration(document, hospital.issuer),
    )

    def decide(row: Row | None) -> Row | None:
        old = Registration.from_row(row) if row else said
        standing = old if said.is_older_than(old) else said
        new = replace(standing, digests=sorted({*old.digests, old.sha256, said.sha256}))
        return new.to_row() if row is None or new != old else None

    change(deps.table, *said.key(), decide)
    return Touched(exams=[(tenant, "", said.exam)])
