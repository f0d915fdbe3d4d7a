"""One hospital after the other: read, rebuild if rows lack something, tell what was not told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import RequestError
from functions.core.history.folding import History
from functions.core.study import keys
from functions.core.study.hospitals import is_closed
from functions.core.times import parse
from functions.ingest import receipts
from functions.ingest.messages import Ref
from iac.operator.reconcile.announcing import announce, withdraw
from iac.operator.reconcile.listing import list_agents
from iac.operator.reconcile.outcome import NOT_KNOWN, Outcome
from iac.operator.reconcile.reading import journalled, read_history, tenants
from iac.operator.reconcile.rebuilding import hold_closed, is_behind, open_to_work, rebuild, unsettled
from iac.operator.reconcile.survey import Survey, survey
from iac.operator.reconcile.telling import Teller

IN_FLIGHT = timedelta(hours=1)
MOST_NAMED = 20


@dataclass(frozen=True)
class Choice:
    """tenant: "" for all. in_flight: see `Teller`. despite_failures: open a hospital although something of it failed."""

    tenant: str = ""
    workers: int = 8
    in_flight: timedelta = IN_FLIGHT
    despite_failures: bool = False


class HospitalUnknown(RequestError):
    message = "没有医院 {tenant}：存储、日志与索引中都没有 · No hospital {tenant}: neither vault nor journal nor table knows it."
    hint = "请核对 --tenant · Check --tenant. {known}"
    status = 404


def reconcile(deps: Deps, choice: Choice, outcome: Outcome) -> Outcome:
    """Raises HospitalUnknown, before anything is written."""
    known = tenants(deps)
    if choice.tenant and choice.tenant not in known and _row(choice.tenant, deps) is None:
        raise HospitalUnknown(tenant=choice.tenant, known=", ".join(known[:MOST_NAMED]))
    announce([tenant for tenant in journalled(deps) if is_closed(_row(tenant, deps))], deps)  # all at once: some wait for hours
    for tenant, found in survey([choice.tenant] if choice.tenant else known, deps.table).items():
        _one(tenant, found, deps, choice, outcome)
    return outcome


def _row(tenant: str, deps: Deps) -> Row | None:
    return deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")


def _one(tenant: str, found: Survey, deps: Deps, choice: Choice, outcome: Outcome) -> None:
    history = read_history(tenant, deps, choice.workers, outcome)
    if not history.hospital and _row(tenant, deps) is None:
        outcome.lack(f"hospital {tenant}", NOT_KNOWN)
        if outcome.reads_all_of(tenant):
            withdraw(tenant, deps)
        else:
            outcome.closed.append(tenant)
        return
    list_agents(tenant, found, deps, outcome)
    teller = partial(Teller, history, deps, outcome, in_flight=choice.in_flight)
    if not is_behind(history, found, deps, choice.workers):
        _requeue(history, found, deps, choice.in_flight, outcome)
        teller(rebuilt=False).tell()
        return
    announce([tenant], deps)
    if not outcome.reads_all_of(tenant) and not choice.despite_failures:
        hold_closed(history, deps, outcome, choice.workers)
        return
    if rebuild(history, found, deps, outcome, choice.workers, despite_failures=choice.despite_failures):
        teller(rebuilt=True).tell()
        _sweep(history, found, deps, outcome)
        withdraw(tenant, deps)
        # last: should this run end before, the next one knows that rows were lost and looks notices up
        open_to_work(tenant, deps)


def _sweep(history: History, before: Survey, deps: Deps, outcome: Outcome) -> None:
    """What came while the hospital was closed: its messages were put off, and are given up after some time. All that the vault
    holds and no row says is settled is queued once more."""
    (now,) = survey([history.tenant], deps.table).values()
    _requeue(history, replace(now, pdfs=before.pdfs), deps, timedelta(0), outcome)


def _requeue(history: History, found: Survey, deps: Deps, in_flight: timedelta, outcome: Outcome) -> None:
    """Documents that nobody has taken though their message is long gone. in_flight: how long one may be on its way."""
    now = deps.clock.now()
    for ref in unsettled(history, found, deps):
        receipt = receipts.standing(ref, deps)
        if receipt is not None and receipt.state != "queued":  # taken since the survey
            continue
        since = found.queued.get((ref.kind, ref.sha256), "")
        if not since or now - parse(since) >= in_flight:
            deps.ingest_queue.send(as_storage_tells(ref))
            outcome.count("requeued")


def as_storage_tells(ref: Ref) -> dict[str, Any]:
    """The message that S3 sends of a new object: who sent it is not needed."""
    return {"Records": [{"s3": {"object": {"key": quote_plus(ref.key())}}}]}
