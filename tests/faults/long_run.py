"""Very many seeds on all cores: progress while it runs, then what went wrong on purpose and whether anything was lost."""

from __future__ import annotations

import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from tests.faults.simulation import Simulation, Violated

CHUNK = 50  # seeds a worker takes at once


@dataclass(slots=True)
class Totals:
    """Of finished seeds. failed: seed → what was violated."""

    seeds: int = 0
    acknowledged: int = 0
    crashes: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, other: Totals) -> None:
        self.seeds += other.seeds
        self.acknowledged += other.acknowledged
        self.crashes += other.crashes
        self.injected += other.injected
        self.failed |= other.failed


def run_chunk(first: int, count: int) -> Totals:
    """In a worker."""
    totals = Totals(seeds=count)
    for seed in range(first, first + count):
        try:
            outcome = Simulation(seed).run()
        except Violated as violated:
            totals.failed[seed] = violated.what
        else:
            totals.acknowledged += outcome.acknowledged
            totals.crashes += outcome.crashes
            totals.injected += outcome.injected
    return totals


def run(seeds: int, first: int, jobs: int, at_once: int = CHUNK) -> Totals:
    """Seeds `first` to `first` + `seeds` - 1, in order. What fails is told at once; Ctrl-C gives what is done so far.

    at_once: seeds a worker takes. After Ctrl-C it is told where to go on: workers are not equally far.
    """
    totals, began = Totals(), time.monotonic()
    chunks = ((at, min(at_once, first + seeds - at)) for at in range(first, first + seeds, at_once))
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(run_chunk, *chunk): chunk[0] for chunk in islice(chunks, 2 * jobs)}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(run_chunk, *chunk): chunk[0] for chunk in islice(chunks, len(done))}
                _take(done, totals)
                for future in done:
                    del running[future]
                totals.seconds = time.monotonic() - began
                _show(totals, seeds)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print(f"\ngo on with FIRST={min(running.values(), default=first + seeds)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return totals


def _take(done: set[Future[Totals]], totals: Totals) -> None:
    for future in done:
        part = future.result()
        totals.add(part)
        for seed, what in part.failed.items():
            print(f"\rseed {seed}: {what[:200]}", file=sys.stderr)


def _show(totals: Totals, seeds: int) -> None:
    share = totals.seeds / seeds
    rate = totals.seeds / max(totals.seconds, 1e-9)
    left = (seeds - totals.seeds) / rate
    bar = "█" * int(30 * share) + "░" * (30 - int(30 * share))
    line = f"\r{bar} {totals.seeds}/{seeds}  {rate:.0f} seeds/s  {left / 60:.0f} min left  {len(totals.failed)} failed "
    print(line, end="", file=sys.stderr, flush=True)
