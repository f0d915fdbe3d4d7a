"""Writes what staff corrected of a patient: journal, row, then the links that wrong answers had locked.

The row itself ends what the wrong person holds: every request of a session, a share or a WeChat account compares when it began
with the last correction (`correcting.last_at`).
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.adapters import links as link_rows
from functions.adapters import people
from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study import correcting, keys
from functions.core.study.records import Patient
from functions.core.times import iso


def correct(deps: Deps, tenant: str, patient: str, values: Mapping[str, str], *, by: str, reason: str) -> list[str]:
    """The fields that were corrected: empty where all was so already. values: as `correcting.corrected` takes them. From the row
    on the old values open nothing."""
    now = iso(deps.clock.now())
    registered = people.registered_phones(deps.table, tenant, patient) if correcting.PHONE in values else set()
    key = keys.patient_pk(tenant, patient), "PATIENT"

    def decide(row: Row | None) -> Row:
        old = Patient.from_row(row) if row else Patient(tenant, patient)
        return correcting.corrected(old, values, by=by, now=now, reason=reason, registered=registered).to_row()

    before = deps.table.get(*key)
    told = list(correcting.telling(before, decide(before), whole=True))
    for event in told:
        journal_first(event, deps)
    change(deps.table, *key, decide)
    link_key = deps.secrets.values().link_key
    for exam in deps.table.by_person(tenant, patient):
        if exam["kind"] == "exam":
            link_rows.unlock_all(deps.table, link_key, tenant=tenant, exam=exam["exam"], patient=patient)
    return [field for event in told for field in event["body"]["what"]]
