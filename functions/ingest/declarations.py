"""A declaration arrived: how much the agent holds of a study, and so how much is still missing here."""

from __future__ import annotations

from typing import Any

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study import keys, merge
from functions.core.study.bookkeeping import Declared
from functions.core.study.hospitals import Hospital
from functions.ingest.messages import Ref
from functions.ingest.taking import Touched
from functions.ingest.totals import add_up


def take_declaration(ref: Ref, document: dict[str, Any], hospital: Hospital, deps: Deps) -> Touched:
    """Each series apart: one row for all of them would outgrow what a row may hold."""
    pk = keys.study_pk(ref.tenant, ref.study)
    known = {row["series"]: row["by"].get(document["agent"], 0) for row in deps.table.rows(pk, "DECLARED#")}
    for one in document["series"]:
        if one["instances"] > known.get(one["series"], 0):
            _write(ref, document["agent"], one["series"], one["instances"], deps)
    add_up(ref.tenant, ref.study, deps, study_uid=document["study_uid"])
    said = {one["series"] for one in document["series"]}
    here = [row["series"] for row in deps.table.rows(pk, "SERIES#")]
    # each index says how much was declared
    touched = [(ref.tenant, ref.study, series) for series in here if series in said]
    return Touched(touched, [(ref.tenant, ref.study, "")], document["agent"])


def _write(ref: Ref, agent: str, series: str, instances: int, deps: Deps) -> None:
    def decide(row: Row | None) -> Row:
        old = Declared.from_row(row) if row else None
        return merge.declared_with(old, ref.tenant, ref.study, series, agent=agent, instances=instances).to_row()

    change(deps.table, *Declared(ref.tenant, ref.study, series).key(), decide)
