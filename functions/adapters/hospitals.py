"""A hospital whose rows stand."""

from __future__ import annotations

from functions.adapters.wiring import Deps
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.core.study.hospitals import Hospital, is_closed

REBUILDING_S = 10  # before a message is looked at again; what the queue gives up meanwhile `reconcile` takes up


def open_hospital(tenant: str, deps: Deps, after_s: int = REBUILDING_S) -> Hospital:
    """Raises ServiceBusy while its rows are lost or being rebuilt."""
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None or is_closed(row):
        raise ServiceBusy(service="the hospital's index", after_s=after_s)
    return Hospital.from_row(row)
