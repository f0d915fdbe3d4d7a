"""How far a registered exam has come, behind the same door as the exam itself."""

from __future__ import annotations

from functions.adapters import people
from functions.adapters.http import Answer, Request
from functions.adapters.wiring import Deps
from functions.core.access.progress import is_open, progress_view
from functions.core.study import keys
from functions.core.study.records import Study
from functions.core.study.states import Release
from functions.patient_api.closed import not_shown
from functions.patient_api.visit import admitted


def show_progress(request: Request, deps: Deps) -> Answer:
    """Raises as `visit`; `ready` is the last that is told: from then on the exam itself opens."""
    session, hospital, exam = admitted(request, deps)
    registration = people.registration_of(deps.table, exam)
    if registration is None or not (exam.release == Release.RELEASED or is_open(exam, registration)):
        raise not_shown(exam.to_row(), hospital)
    rows = [deps.table.get(keys.study_pk(session.tenant, name), "STUDY") for name in sorted(exam.studies)]
    ours = [Study.from_row(row) for row in rows if row and row["patient"] == exam.patient and len(row["identities"]) <= 1]
    return Answer(progress_view(hospital, exam, registration, ours))
