"""The hospital's user agreement: shown, and agreed to [PAT-05]."""

from __future__ import annotations

from typing import Any

from functions.adapters import schemas
from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.core import json_text
from functions.core.access import agreements
from functions.core.access.agreements import Consent
from functions.core.access.exam_view import hospital_view
from functions.core.errors import ConsentNeeded, NotInExam, VersionConflict
from functions.core.study import keys
from functions.core.times import iso
from functions.patient_api.visit import Visit


def show_agreement(request: Request, seen: Visit) -> Answer:
    """The text in force, in both languages. Raises NotInExam where the hospital has none."""
    agreement = seen.agreement
    if not agreement:
        raise NotInExam()
    document = json_text.read(seen.deps.vault.get("originals", keys.agreement_object(seen.tenant, agreement["sha256"])))
    schemas.check(document, "agreement.v1")
    texts = {language: agreements.blocks(document["texts"][language]) for language in agreements.LANGUAGES}
    given = seen.consent()
    about = {"version": agreement["version"], "forced": agreement["forced"], "agreed_at": given.at if given else None}
    return Answer({**about, "hospital": hospital_view(seen.hospital), "texts": texts})


def give_consent(request: Request, seen: Visit) -> Answer:
    """Twice is once. Raises ConsentNeeded with the version in force when another was read, NotInExam where there is none."""
    agreement = seen.agreement
    if not agreement:
        raise NotInExam()
    if request.json["version"] != agreement["version"]:
        raise ConsentNeeded(version=agreement["version"], hospital=hospital_view(seen.hospital))
    given = seen.consent()
    if given is None:
        given = _new(seen, agreement)
        try:
            seen.deps.table.put(given.to_row(), expect=None)
        except VersionConflict:  # the same word, said twice at once
            given = seen.consent() or given
        count("Consent", by=given.by)
    return Answer({"version": given.version, "agreed_at": given.at}, status=201)


def _new(seen: Visit, agreement: dict[str, Any]) -> Consent:
    session = seen.session
    return Consent(
        tenant=seen.tenant,
        patient=session.patient,
        exam=session.exam,
        version=agreement["version"],
        sha256=agreement["sha256"],
        forced=agreement["forced"],
        by="share" if session.guest else "patient",
        link=session.link,
        at=iso(seen.deps.clock.now()),
        number=seen.consent_number,
    )
