"""`python -m iac.operator reconcile`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta

from functions.adapters.observability import logger
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
    choice = Choice(chosen.tenant, chosen.workers, timedelta(seconds=chosen.in_flight_s), chosen.despite_failures)
    with _without_function_output():
        outcome = reconcile(deps, choice, Outcome(say=lambda line: print(line, file=sys.stderr, flush=True)))
    return Output(outcome.text(), outcome.value(), status=1 if outcome.failed else 0)


@contextmanager
def _without_function_output() -> Iterator[None]:
    """Logs and metrics of the functions' code go nowhere: standard output is the command's answer, and none of it is news."""
    handler = logger.registered_handler
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        before = handler.setStream(nowhere) if isinstance(handler, logging.StreamHandler) else None
        try:
            yield
        finally:
            if isinstance(handler, logging.StreamHandler) and before is not None:
                handler.setStream(before)
