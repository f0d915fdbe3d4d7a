"""Which lines an event changes. The queue gives rows some seconds to settle, so that a burst of events meets them settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.adapters import envelopes
from functions.adapters.hospitals import open_hospital
from functions.adapters.lake import compacting, lines
from functions.adapters.observability import logger
from functions.adapters.rounds import each_hospital
from functions.adapters.table.port import Table
from functions.adapters.wiring import Deps
from functions.core.study.hospitals import Hospital

OF_THE_PATIENT = ("exam_released", "exam_held")  # with them a report begins or ends to speak for its patient


def follow(message: Mapping[str, Any], deps: Deps) -> None:
    """Made from the rows as they stand; an event says only what to look at. Twice is once.

    Raises ServiceBusy while the hospital's rows are lost or being rebuilt.
    """
    envelope = envelopes.opened(message)
    tenant = envelope["tenant"]
    open_hospital(tenant, deps)
    for name in dict.fromkeys(_names(envelope, deps.table)):
        lines.note(deps.table, tenant, name)


def _names(envelope: Mapping[str, Any], table: Table) -> Iterator[str]:
    body = envelope["body"]
    if "study" in body:
        yield body["study"]
    if body.get("exam"):
        yield from lines.names_of(table, envelope["tenant"], body["exam"], of_patient=envelope["type"] in OF_THE_PATIENT)


def compact_all(deps: Deps) -> None:
    each_hospital(deps, _compact, failed="CompactionFailed")


def _compact(hospital: Hospital, deps: Deps) -> None:
    work = compacting.compact if compacting.is_filled(deps, hospital.tenant) else compacting.fill
    number = work(deps, hospital.tenant)
    logger.info("compacted", extra={"tenant": hospital.tenant, "lines": number})
