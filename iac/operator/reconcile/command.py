"""`python -m iac.operator reconcile`."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from functions.adapters.wiring import Deps
from iac.operator.output import Output
from iac.operator.reconcile.outcome import Outcome
from iac.operator.reconcile.running import IN_FLIGHT, Choice, reconcile

TEXT = "Rebuild rows that lack what the vault says, and tell what was never told. Safe at any time, and to run again."


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)
    parser.add_argument("--tenant", default="", help="only this hospital")
    parser.add_argument("--workers", type=int, default=8, help="objects read at once")
    parser.add_argument(
        "--in-flight-s",
        type=int,
        default=int(IN_FLIGHT.total_seconds()),
        help="leave younger changes to the stream and queues that may still hold them",
    )
    parser.add_argument(
        "--despite-failures",
        action="store_true",
        help="open a hospital to new work although something failed",
    )


def run(chosen: argparse.Namespace, deps: Deps) -> Output:
    in_flight = timedelta(seconds=chosen.in_flight_s)
    choice = Choice(chosen.tenant, chosen.workers, in_flight, chosen.despite_failures)
    outcome = reconcile(deps, choice, Outcome(say=lambda line: print(line, file=sys.stderr, flush=True)))
    return Output(outcome.text(), outcome.value(), status=1 if outcome.failed else 0)
