"""What many seeds add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Totals:
    """Of finished seeds. failed: seed → what was violated; seconds: of one process."""

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
        self.seconds += other.seconds
