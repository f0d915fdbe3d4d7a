"""A study's own row says what its series add up to.

Who changes a series or what was declared of it writes that first and adds up then: of two at once the later has seen both.
"""

from __future__ import annotations

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study import keys, merge
from functions.core.study.bookkeeping import Declared
from functions.core.study.completeness import added_up
from functions.core.study.records import Series, Study
from functions.core.times import iso


def add_up(tenant: str, study: str, deps: Deps, *, study_uid: str = "") -> None:
    """study_uid: makes the row if there is none; without it a missing row stays missing."""
    pk = keys.study_pk(tenant, study)
    now = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        if row is None and not study_uid:
            return None
        standing = Study.from_row(row) if row else Study(tenant, study, study_uid, created_at=now)
        series = [Series.from_row(one) for one in deps.table.rows(pk, "SERIES#")]
        declared = [Declared.from_row(one) for one in deps.table.rows(pk, "DECLARED#")]
        return merge.study_with_totals(standing, added_up(series, declared), now).to_row()

    change(deps.table, pk, "STUDY", decide)
