"""How far a registered exam has come, behind the same door as the exam itself."""

from __future__ import annotations

from functions.adapters import people
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.access.progress import progress_view
from functions.core.study import keys
from functions.core.study.records import Study
from functions.patient_api.closed import not_shown
from functions.patient_api.visit import early_visit


def show_progress(request: Request, deps: Deps) -> Answer:
    """Raises as `visit`; `ready` is the last that is told: from then on the exam itself opens."""
    seen = early_visit(request, deps)
    registration = people.registration_of(deps.table, seen.exam)
    if registration is None:
        raise not_shown(seen.exam.to_row(), seen.hospital)
    seen.require_consent()
    rows = [deps.table.get(keys.study_pk(seen.tenant, name), "STUDY") for name in sorted(seen.exam.studies)]
    ours = [Study.from_row(row) for row in rows if row and row["patient"] == seen.exam.patient and len(row["identities"]) <= 1]
    return Answer(progress_view(seen.hospital, seen.exam, registration, ours))
