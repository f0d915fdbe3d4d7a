"""Very many seeds on all cores: progress while it runs, then what went wrong on purpose and whether anything was lost."""

from __future__ import annotations

import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice

from tests.faults.notebook import Notebook
from tests.faults.simulation import Simulation, Violated
from tests.faults.totals import Totals

CHUNK = 50  # seeds a worker takes at once


def run_chunk(first: int, count: int) -> Totals:
    """In a worker."""
    totals, began = Totals(seeds=count), time.monotonic()
    for seed in range(first, first + count):
        try:
            outcome = Simulation(seed).run()
        except Violated as violated:
            totals.failed[seed] = violated.what
        else:
            totals.acknowledged += outcome.acknowledged
            totals.crashes += outcome.crashes
            totals.injected += outcome.injected
    totals.seconds = time.monotonic() - began
    return totals


def run(seeds: int, first: int, jobs: int, notebook: Notebook, at_once: int = CHUNK) -> Totals:
    """Seeds `first` to `first` + `seeds` - 1, in order; those in the notebook are not run again. What fails is told at once.

    at_once: seeds a worker takes. Ctrl-C gives what is done so far; the same command goes on from there.
    """
    totals = Totals()
    left: list[tuple[int, int]] = []
    for at in range(first, first + seeds, at_once):
        count = min(at_once, first + seeds - at)
        if (part := notebook.done(at, count)) is None:
            left.append((at, count))
        else:
            totals.add(part)
    known, began = totals.seeds, time.monotonic()
    chunks = iter(left)
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(run_chunk, *chunk): chunk[0] for chunk in islice(chunks, 2 * jobs)}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(run_chunk, *chunk): chunk[0] for chunk in islice(chunks, len(done))}
                for future in done:
                    _take(future, running.pop(future), totals, notebook)
                _show(totals, seeds, (totals.seeds - known) / max(time.monotonic() - began, 1e-9))
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print("\nthe same command goes on from here", end="", file=sys.stderr)
    print(file=sys.stderr)
    return totals


def _take(future: Future[Totals], first: int, totals: Totals, notebook: Notebook) -> None:
    part = future.result()
    notebook.add(first, part)
    totals.add(part)
    for seed, what in part.failed.items():
        print(f"\rseed {seed}: {what[:200]}", file=sys.stderr)


def _show(totals: Totals, seeds: int, rate: float) -> None:
    """rate: seeds a second of this run."""
    share = totals.seeds / seeds
    left = (seeds - totals.seeds) / rate
    bar = "█" * int(30 * share) + "░" * (30 - int(30 * share))
    line = f"\r{bar} {totals.seeds}/{seeds}  {rate:.0f} seeds/s  {left / 60:.0f} min left  {len(totals.failed)} failed "
    print(line, end="", file=sys.stderr, flush=True)
