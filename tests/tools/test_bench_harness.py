"""A row of the bench says what was measured, with both programs in turns."""

from __future__ import annotations

import pytest

from bench.__main__ import table
from bench.harness import Goal, compare, fact, measure, paired


class Program:
    """Answers given figures and remembers that it was called."""

    def __init__(self, name: str, figures: list[float], log: list[str]) -> None:
        self.name, self.figures, self.log = name, iter(figures), log

    def __call__(self) -> float:
        self.log.append(self.name)
        return next(self.figures)


def test_ours_and_the_reference_take_turns_after_a_round_that_is_thrown_away():
    """A machine that warms up, or is busy for a while, must hit both alike."""
    log: list[str] = []
    ours, theirs = Program("a", [99, 1, 2, 2, 3, 4, 4, 5], log), Program("b", [77, *[6] * 7], log)
    row = compare("x", ours, theirs, unit="s", goal=Goal("ratio", "≤", 0.5))
    assert log == ["a", "b"] * 8
    assert (row.value, row.reference, row.ratio, row.n) == (3, 6, 0.5, 7)
    assert row.ok is True
    assert row.spread == pytest.approx(4 / 3)


def test_fewer_than_seven_runs_are_refused():
    with pytest.raises(ValueError, match="6 runs"):
        measure("x", lambda: 1.0, unit="s", n=6)
    with pytest.raises(ValueError, match="6 runs"):
        compare("x", lambda: 1.0, lambda: 1.0, unit="s", n=6)


@pytest.mark.parametrize(("n", "verdict"), [(1, None), (6, None), (7, True)])
def test_figures_of_fewer_than_seven_runs_are_shown_without_a_verdict(n: int, verdict: bool | None):
    """A slow machine gives fewer: what it measured is told, and neither goal nor miss is claimed."""
    row = paired("x", [1.0] * n, [2.0] * n, unit="s", goal=Goal("ratio", "≤", 1))
    assert (row.n, row.ok) == (n, verdict)


@pytest.mark.parametrize(
    ("sign", "bound", "met"), [("≥", 2.0, True), ("≥", 2.1, False), (">", 2.0, False), ("≤", 2.0, True), ("<", 2.0, False)]
)
def test_a_goal_is_met_or_not(sign: str, bound: float, met: bool):
    assert fact("x", 2.0, unit=": 1", goal=Goal("value", sign, bound)).ok is met


def test_a_goal_on_a_ratio_without_a_reference_is_not_met():
    """Leaving the reference out must not read as success."""
    assert fact("x", 2.0, unit="s", goal=Goal("ratio", "≥", 0.1)).ok is False


def test_a_short_row_is_shown_as_such():
    text = table(
        [fact("slow", 3.0, unit="s", goal=Goal("value", "≤", 1)), fact("quick", 1.0, unit="s", goal=Goal("value", "≤", 1))]
    )
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["SHORT", "ok"]
