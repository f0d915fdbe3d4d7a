"""A declaration arrived: how much the agent holds of a study, and so how much is still missing here."""

from __future__ import annotations

from typing import Any

from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.study import keys, merge
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.times import iso
from functions.ingest.messages import Ref
from functions.ingest.taking import Touched


def take_declaration(ref: Ref, document: dict[str, Any], hospital: Hospital, deps: Deps) -> Touched:
    now = iso(deps.clock.now())
    pk = keys.study_pk(ref.tenant, ref.study)
    change(
        deps.table,
        pk,
        "STUDY",
        lambda row: merge.study_with_declaration(Study.from_row(row) if row else None, document, ref.sha256, now).to_row(),
    )
    here = [row["series"] for row in deps.table.rows(pk, "SERIES#")]  # each index says how much was declared
    return Touched(series=[(ref.tenant, ref.study, series) for series in here], exams=[(ref.tenant, ref.study, "")])
