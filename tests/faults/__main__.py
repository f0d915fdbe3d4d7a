"""Simulated bad days from the command line.

python -m tests.faults --seed 42 --trace       one run, and what happened in it
python -m tests.faults --seeds 100000          many, on all cores (make faults SEEDS=100000); one that was stopped goes on
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.faults import long_run, notebook, record
from tests.faults.notebook import Notebook
from tests.faults.simulation import Simulation, Violated
from tests.faults.trace import Trace


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.seed is not None:
        return _one(options.seed, options.trace)
    totals = long_run.run(options.seeds, options.first, options.jobs, Notebook(notebook.FILE, notebook.code()))
    if not totals.seeds:
        return 1
    print(record.figures(totals, options.first, record.datetime.now(record.UTC)))
    if options.record:
        record.record(totals, options.first)
    return 1 if totals.failed else 0


def _one(seed: int, trace_wanted: bool) -> int:
    trace, broken = Trace(), ""
    try:
        outcome = Simulation(seed, trace=trace).run()
        told = (
            f"seed {seed}: well; {outcome.acknowledged} acknowledged, {outcome.crashes} deaths, {outcome.injected.total()} faults"
        )
    except Violated as violated:
        told = broken = f"seed {seed}: {violated.what}"
    if trace_wanted:
        print("\n".join(trace.lines()))
    print(told)
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, help="run this one")
    parser.add_argument("--trace", action="store_true", help="tell everything that happened in it")
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--record", action="store_true", help="write the figures into docs/faults.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
