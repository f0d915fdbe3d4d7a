"""Closes hospitals before a table that was restored to an earlier moment is used: what was taken away since stands open in it."""

from __future__ import annotations

from dataclasses import replace

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import RecordMissing
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.times import iso
from iac.operator.reconcile.announcing import announce
from iac.operator.reconcile.reading import tenants
from iac.operator.reconcile.replaying import replaying


def close(deps: Deps, tenant: str | None) -> list[str]:
    """One hospital, or with None every one that the vault knows of, until `reconcile` opens it. Twice is once.

    Returns their names. Raises RecordMissing when a named one is unknown to vault and table.
    """
    known = tenants(deps)
    if tenant is not None and tenant not in known and deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") is None:
        raise RecordMissing(kind="hospital")
    chosen = [tenant] if tenant is not None else known
    now = deps.clock.now()

    def decide(row: Row | None) -> Row | None:
        old = Hospital.from_row(row) if row else None
        return replace(old, rebuilding=iso(now)).to_row() if old and not old.rebuilding else None

    announce(chosen, deps)  # also those whose row is lost
    for one in chosen:
        change(replaying(deps, now).table, keys.hospital_pk(one), "HOSPITAL", decide)
    return chosen
