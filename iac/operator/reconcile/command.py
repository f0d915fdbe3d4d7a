"""`python -m iac.operator reconcile`."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from functions.adapters.wiring import Deps, Production
from iac.operator.arguments import tenant
from iac.operator.output import Output
from iac.operator.reconcile.deployment import require_one
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.running import IN_FLIGHT, Choice, reconcile

TEXT = (
    "从存储重建缺失的索引，可随时运行 · "
    "Rebuild rows that lack what the vault says, and tell what was never told. Safe at any time, and to run again."
)


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)
    parser.add_argument("--tenant", type=tenant, help="仅此医院 · only this hospital")
    parser.add_argument("--workers", type=int, default=8, help="同时读取的对象数 · objects read at once")
    parser.add_argument(
        "--in-flight-s",
        type=int,
        default=int(IN_FLIGHT.total_seconds()),
        help="较新的改动留给流和队列 · leave younger changes to the stream and queues that may still hold them",
    )
    parser.add_argument(
        "--despite-failures",
        action="store_true",
        help="虽有失败或读不出的日志仍开放 · open a hospital although something failed or a journal entry cannot be read",
    )


def run(chosen: argparse.Namespace, deps: Deps) -> Output:
    require_one(deps.settings, _region(deps))
    in_flight = timedelta(seconds=chosen.in_flight_s)
    choice = Choice(chosen.tenant or "", chosen.workers, in_flight, chosen.despite_failures)
    outcome = reconcile(deps, choice, Outcome(say=lambda line: print(line, file=sys.stderr, flush=True)))
    return Output(outcome.text(), outcome.value(), outcome.status)


def _region(deps: Deps) -> str:
    """Where its clients go, as boto3 finds it; "" where nothing of AWS is behind."""
    if not isinstance(deps, Production):
        return ""
    import boto3

    return boto3.session.Session().region_name or ""
