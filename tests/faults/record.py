"""The figures in docs/faults.md: written by the run itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.faults.totals import Totals

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- the last recorded run: `make faults SEEDS=… RECORD=yes` -->", "<!-- end of the recorded run -->"


def figures(totals: Totals, first: int, now: datetime) -> str:
    """As Markdown."""
    lines = [
        f"{now:%Y-%m-%d}, {totals.seeds} seeds from {first} on, {totals.seconds / 60:.0f} minutes of one process "
        f"({totals.seeds / totals.seconds:.0f} seeds/s).",
        "",
        "| what | how often |",
        "|---|---|",
        f"| runs | {totals.seeds} |",
        f"| **runs in which a promise was broken** | **{len(totals.failed)}** |",
        f"| objects acknowledged, all given back equal by SHA-256 | {totals.acknowledged} |",
        f"| deaths of the agent (kill -9, power cut) | {totals.crashes} |",
        *(f"| {kind} | {count} |" for kind, count in sorted(totals.injected.items())),
    ]
    if totals.failed:
        lines += ["", "Broken: " + "; ".join(f"seed {seed}: {what[:120]}" for seed, what in sorted(totals.failed.items())[:20])]
    return "\n".join(lines)


def write(text: str, page: Path = PAGE) -> None:
    """Between the marks."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{page.name} lacks the marks between which the figures stand")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def record(totals: Totals, first: int) -> None:
    write(figures(totals, first, datetime.now(UTC)))
