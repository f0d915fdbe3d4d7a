"""One hospital after the other: read, rebuild if rows lack something, tell what was not told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from functions.adapters.wiring import Deps
from functions.core.history.folding import History
from functions.core.study import keys
from functions.core.times import parse
from functions.ingest import receipts
from functions.ingest.messages import Ref
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.reading import read_history, tenants
from iac.operator.reconcile.rebuilding import is_behind, open_to_work, rebuild, unsettled
from iac.operator.reconcile.survey import Survey, survey
from iac.operator.reconcile.telling import Teller

IN_FLIGHT = timedelta(hours=1)


@dataclass(frozen=True)
class Choice:
    """tenant: "" for all. in_flight: see `Teller`. despite_failures: open a hospital although something of it failed."""

    tenant: str = ""
    workers: int = 8
    in_flight: timedelta = IN_FLIGHT
    despite_failures: bool = False


def reconcile(deps: Deps, choice: Choice, outcome: Outcome) -> Outcome:
    chosen = [choice.tenant] if choice.tenant else tenants(deps)
    for tenant, found in survey(chosen, deps.table).items():
        _one(tenant, found, deps, choice, outcome)
    return outcome


def _one(tenant: str, found: Survey, deps: Deps, choice: Choice, outcome: Outcome) -> None:
    history = read_history(tenant, deps, choice.workers, outcome)
    if not history.hospital and deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") is None:
        outcome.lack(f"hospital {tenant}", "neither table nor journal knows it")
        return
    teller = partial(Teller, history, deps, outcome, in_flight=choice.in_flight)
    if not is_behind(history, found, deps, choice.workers):
        _requeue(history, found, deps, choice, outcome)
        teller(rebuilt=False).tell()
    elif rebuild(history, found, deps, outcome, choice.workers, despite_failures=choice.despite_failures):
        teller(rebuilt=True).tell()
        open_to_work(
            tenant, deps
        )  # last: should this run end before, the next one knows that rows were lost and looks notices up


def _requeue(history: History, found: Survey, deps: Deps, choice: Choice, outcome: Outcome) -> None:
    """Documents that nobody has taken though their message is long gone."""
    now = deps.clock.now()
    for ref in unsettled(history, found, deps):
        receipt = receipts.standing(ref, deps)
        if receipt is not None and receipt.state != "queued":  # taken since the survey
            continue
        since = found.queued.get((ref.kind, ref.sha256), "")
        if not since or now - parse(since) >= choice.in_flight:
            deps.ingest_queue.send(as_storage_tells(ref))
            outcome.count("requeued")


def as_storage_tells(ref: Ref) -> dict[str, Any]:
    """The message that S3 sends of a new object: who sent it is not needed."""
    return {"Records": [{"s3": {"object": {"key": quote_plus(ref.key())}}}]}
