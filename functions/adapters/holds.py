"""Legal holds: a person's word that a study is not removed, and the end of that word."""

from __future__ import annotations

from dataclasses import replace

from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import RecordMissing, RequestError
from functions.core.retention.telling import held
from functions.core.study import keys
from functions.core.study.records import Study
from functions.core.times import iso


class RemovalBegun(RequestError):
    message = "该检查已开始删除，无法再保留 · Its removal has begun; a hold comes too late."
    hint = "保存期满前 90 天与 30 天会提醒 · It was warned of 90 and 30 days before its end."
    status = 409


def decide_hold(deps: Deps, tenant: str, study: str, action: str, *, by: str, reason: str) -> Study:
    """action: `place` or `lift`; twice is once. Raises RecordMissing, also for what was removed already, and RemovalBegun."""
    now = iso(deps.clock.now())
    row = deps.table.get(keys.study_pk(tenant, study), "STUDY")
    before = Study.from_row(row) if row else None
    if before is None or before.removed:
        raise RecordMissing(kind="study")
    _check_in_time(row, action)
    if before.is_held == (action == "place"):
        return before
    serial = (before.hold or {}).get("serial", 0) + 1
    hold = {"action": action, "serial": serial, "at": now, "by": by, "reason": reason}
    if action == "place":
        journal_first(held(replace(before, hold=hold).to_row()), deps)

    def decide(row: Row | None) -> Row | None:
        _check_in_time(row, action)
        return replace(Study.from_row(row), hold=hold).to_row() if row else None

    row = change(deps.table, *before.key(), decide)
    return Study.from_row(row) if row else before


def _check_in_time(row: Row | None, action: str) -> None:
    if row and row.get("removing_at") and action == "place":
        raise RemovalBegun()
