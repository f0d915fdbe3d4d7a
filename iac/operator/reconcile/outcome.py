"""What a reconciliation did, and what it could not do."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ORDER = (
    "events",
    "hospitals",
    "agents",
    "keys",
    "links",
    "notices",
    "exams",
    "studies",
    "series",
    "manifests",
    "declarations",
    "reports",
    "quarantined",
    "told",
    "rendered again",
    "notices looked up",
    "requeued",
)


@dataclass
class Outcome:
    """done: how many of each thing; lacking: (what, why) that could not be rebuilt; failed: the same, worth another try."""

    say: Callable[[str], None] = lambda line: None
    done: Counter[str] = field(default_factory=Counter)
    lacking: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)  # hospitals whose rows lacked something
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.done[what] += number

    def lack(self, what: str, why: str) -> None:
        with self._lock:
            self.lacking.append((what, why))

    def fail(self, what: str, error: Exception) -> None:
        with self._lock:
            self.failed.append((what, getattr(error, "code", type(error).__name__)))

    def text(self) -> str:
        rebuilt = f"Rebuilt: {', '.join(self.rebuilt)}." if self.rebuilt else "Every row stands as the vault says."
        counts = [f"{what:18}{self.done[what]:9}" for what in ORDER if self.done[what]]
        lines = [rebuilt, *counts]
        lines += [f"not rebuilt: {what}: {why}" for what, why in sorted(self.lacking)]
        lines += [f"failed, run it again: {what}: {why}" for what, why in sorted(self.failed)]
        return "\n".join(lines)

    def value(self) -> dict[str, Any]:
        return {
            "rebuilt": self.rebuilt,
            "done": {what: self.done[what] for what in ORDER if self.done[what]},
            "not_rebuilt": [{"what": what, "why": why} for what, why in sorted(self.lacking)],
            "failed": [{"what": what, "why": why} for what, why in sorted(self.failed)],
        }
