"""How a row of the bench is measured.

Figures of two programs mean something only side by side: the machine is shared, warm or cold, throttled or not. So ours and the
reference run in turns (ours, reference, ours, …) after one round that is thrown away, and the row holds medians and their spread.

A subject is a module of `bench/` with

    def rows() -> Iterator[Row]

that yields `compare(…)`, `measure(…)` or `fact(…)`, or raises `NotHere` when this machine lacks what it needs.
"""

from __future__ import annotations

import gc
import operator
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Run = Callable[[], float]  # does the work once and returns what was measured, in the row's unit
FEWEST = 7  # runs that give a verdict
Of = Literal["ratio", "value"]
_TESTS = {"≥": operator.ge, "≤": operator.le, ">": operator.gt, "<": operator.lt}


class NotHere(Exception):
    """A subject cannot be measured on this machine; the reason is the message."""


@dataclass(frozen=True)
class Goal:
    """What a row should reach, for example `Goal("ratio", "≥", 0.5)` or `Goal("value", "≤", 1.0)`."""

    of: Of
    sign: str
    bound: float

    def met(self, value: float, ratio: float | None) -> bool:
        """Whether a row reaches it. A goal on a ratio that was not measured is not reached."""
        figure = ratio if self.of == "ratio" else value
        return figure is not None and bool(_TESTS[self.sign](figure, self.bound))

    def __str__(self) -> str:
        return f"{self.of} {self.sign} {self.bound:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is value ÷ reference; `spread` is (largest − smallest) ÷ median of our own runs."""

    name: str
    value: float
    unit: str
    reference: float | None
    ratio: float | None
    goal: str | None
    ok: bool | None
    n: int
    spread: float
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in build/bench.json."""
        return asdict(self)


def timed(work: Callable[[], object]) -> Run:
    """A run that answers the seconds which `work` took. Garbage of earlier runs is collected before, not during it."""

    def run() -> float:
        gc.collect()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def rate(amount: float, work: Callable[[], object]) -> Run:
    """A run that answers `amount` per second, for example MB that `work` packs."""
    seconds = timed(work)
    return lambda: amount / seconds()


def compare(
    name: str,
    ours: Run,
    reference: Run,
    *,
    unit: str,
    goal: Goal | None = None,
    n: int = FEWEST,
    warm_up: int = 1,
    note: str = "",
) -> Row:
    """Ours and the reference in turns, `n` times each after `warm_up` rounds. Raises ValueError when n < FEWEST."""
    _check_enough(n)
    for _ in range(warm_up):
        ours()
        reference()
    pairs = [(ours(), reference()) for _ in range(n)]
    return paired(name, [pair[0] for pair in pairs], [pair[1] for pair in pairs], unit=unit, goal=goal, note=note)


def paired(
    name: str, ours: Sequence[float], reference: Sequence[float], *, unit: str, goal: Goal | None = None, note: str = ""
) -> Row:
    """As `compare`, of figures that runs in turns gave already: where one run gives several rows theirs.

    Of fewer than FEWEST runs, which a slow machine may give, there is no verdict.
    """
    return _row(name, ours, statistics.median(reference), unit, goal, note, judged=len(ours) >= FEWEST)


def measure(
    name: str, ours: Run, *, unit: str, goal: Goal | None = None, n: int = FEWEST, warm_up: int = 1, note: str = ""
) -> Row:
    """As `compare` where there is nothing to compare with."""
    _check_enough(n)
    for _ in range(warm_up):
        ours()
    return _row(name, [ours() for _ in range(n)], None, unit, goal, note)


def fact(name: str, value: float, *, unit: str, goal: Goal | None = None, reference: float | None = None, note: str = "") -> Row:
    """A figure that one look settles: the same each time (a size, a count, a compression ratio), or else the note says why."""
    return _row(name, [value], reference, unit, goal, note)


def _check_enough(n: int) -> None:
    if n < FEWEST:
        raise ValueError(f"{n} runs are too few: a verdict needs {FEWEST}")


def _row(
    name: str, values: Sequence[float], reference: float | None, unit: str, goal: Goal | None, note: str, *, judged: bool = True
) -> Row:
    value = statistics.median(values)
    ratio = value / reference if reference else None
    return Row(
        name=name,
        value=value,
        unit=unit,
        reference=reference,
        ratio=ratio,
        goal=str(goal) if goal else None,
        ok=goal.met(value, ratio) if goal and judged else None,
        n=len(values),
        spread=(max(values) - min(values)) / abs(value) if value else 0.0,
        note=note,
    )
