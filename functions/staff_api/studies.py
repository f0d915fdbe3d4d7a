"""The hospital's studies, searched: one list for operators and doctors."""

from __future__ import annotations

from typing import Any

from functions.adapters.http import Answer, Request
from functions.adapters.lake.searching import search
from functions.adapters.wiring import Deps
from functions.core.access.exam_view import age_at
from functions.core.access.masking import mask_name, mask_number
from functions.core.errors import DocumentInvalid, ObjectMissing, ObjectRefused
from functions.core.lake.query import Search, of_days
from functions.core.local_times import local_day
from functions.core.study.hospitals import Hospital
from functions.staff_api.routes import StaffRoute
from functions.staff_api.visit import Caller

PAGE = 50  # lines of one answer, where nobody asks for another number


def list_studies(caller: Caller, request: Request, deps: Deps) -> Answer:
    """One page, the newest first. What was searched for stands in no log."""
    asked = request.query
    try:
        since, until = of_days(asked.get("from", ""), asked.get("to", ""), caller.hospital.time_zone)
    except (ValueError, OverflowError):
        raise DocumentInvalid(schema="staff_studies_query.v1", where="from, to", rule="a day") from None
    narrowed = {name: asked.get(name, "") for name in ("state", "modality", "text", "after")}
    wanted = Search(since, until, limit=int(asked.get("limit", PAGE)), **narrowed)
    found = search(deps.table, deps.vault, caller.tenant, wanted)
    whole = caller.has("studies.view")
    lines = [_line_view(line, caller.hospital, whole=whole) for line in found.lines]
    return Answer({"studies": lines, "after": found.after, "total": found.total})


ROUTES = (
    StaffRoute(
        *("GET", "/staff/v1/studies", list_studies),
        right="studies.list",
        query="staff_studies_query.v1",
        answer="staff_studies_answer.v1",
        refusals=(ObjectMissing, ObjectRefused),
    ),
)


def _line_view(line: dict[str, Any], hospital: Hospital, *, whole: bool) -> dict[str, Any]:
    """whole: name and number as they are, for whoever may look at studies."""
    at = line["studied_at"]
    return {
        "study": line["study"] if line["study"] != line["exam"] else None,
        "exam": line["exam"],
        "at": at,
        "accession_number": line["accession_number"],
        "patient": {
            "name": line["name"] if whole else mask_name(line["name"]),
            "id": line["patient_id"] if whole else mask_number(line["patient_id"]),
            "sex": line["sex"],
            "age": age_at(line["birth_date"], local_day(at, hospital.time_zone)),
        },
        "item": line["item"],
        "modalities": line["modalities"],
        "imaging": line["imaging"],
        "report": line["reporting"],
        "release": line["release"],
        "reasons": line["reasons"],
        "received": line["received"],
        "declared": line["declared"],
    }
