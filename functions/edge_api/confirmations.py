"""An agent says that an object is uploaded, and later asks what became of it."""

from __future__ import annotations

from dataclasses import replace

from functions.adapters.http import Answer, Request
from functions.adapters.observability import logger
from functions.adapters.quarantine import ingest_message
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.study.receipts import Receipt
from functions.core.times import iso
from functions.edge_api.authentication import Caller, open_hospital


def confirm_manifest(request: Request, caller: Caller, deps: Deps) -> Answer:
    wanted = request.json
    kind = wanted["kind"]
    study = deps.naming.study(caller.tenant, wanted["study_uid"])
    series = deps.naming.series(caller.tenant, wanted["series_uid"]) if kind == "manifest" else ""
    request.note(study=study, series=series)
    receipt = Receipt(caller.tenant, kind, wanted["sha256"], study=study, series=series, agent=caller.agent)
    return _queue(receipt, deps)


def confirm_report(request: Request, caller: Caller, deps: Deps) -> Answer:
    return _queue(Receipt(caller.tenant, "report", request.json["sha256"], agent=caller.agent), deps)


def confirm_registration(request: Request, caller: Caller, deps: Deps) -> Answer:
    return _queue(Receipt(caller.tenant, "registration", request.json["sha256"], agent=caller.agent), deps)


def manifest_status(request: Request, caller: Caller, deps: Deps) -> Answer:
    return _status("manifest", request.json["sha256"], caller, deps)


def report_status(request: Request, caller: Caller, deps: Deps) -> Answer:
    return _status("report", request.json["sha256"], caller, deps)


def registration_status(request: Request, caller: Caller, deps: Deps) -> Answer:
    return _status("registration", request.json["sha256"], caller, deps)


def _queue(receipt: Receipt, deps: Deps) -> Answer:
    """The row first, so that the state is known; then one message. If that fails the agent hears it and confirms again."""
    at = iso(deps.clock.now())

    def decide(row: Row | None) -> Row | None:
        if row is not None and row["state"] == "indexed":
            return None
        return replace(receipt, at=row["at"] if row is not None and row["state"] == "queued" else at).to_row()

    stands = change(deps.table, *receipt.key(), decide)
    if stands is not None and stands["state"] == "queued":
        deps.ingest_queue.send(ingest_message(receipt))
    about = {"kind": receipt.subject, "study": receipt.study, "series": receipt.series, "sha256": receipt.sha256}
    logger.info("confirmed", extra=about)
    return Answer({"state": "queued"}, status=202)


def _status(subject: str, digests: list[str], caller: Caller, deps: Deps) -> Answer:
    """Under the caller's own hospital only: another's digest is unknown.

    Nothing is where the hospital's rows were lost since the request was let in: an agent sends again what is unknown, and what is
    in the vault will be indexed from there. Raises HospitalRebuilding then.
    """
    states: dict[str, dict[str, str]] = {}
    for sha256 in dict.fromkeys(digests):
        row = deps.table.get(*Receipt(caller.tenant, subject, sha256).key())
        states[sha256] = {"state": row["state"]} if row else {"state": "unknown"}
        if row and row["reason"]:
            states[sha256]["reason"] = row["reason"]
    if any(told["state"] == "unknown" for told in states.values()):
        open_hospital(caller.tenant, deps)
    return Answer({"states": states})
