"""Two clocks: one only goes on; the other, the wall's, is set by people and by NTP, forwards and backwards."""

from __future__ import annotations

from dataclasses import dataclass

START_S = 1_795_478_400  # 2026-11-24T00:00:00Z


@dataclass(slots=True)
class Clock:
    """wrong_s: how far the wall clock is off."""

    passed_s: float = 0.0
    wrong_s: float = 0.0

    def now_s(self) -> float:
        """Monotonic."""
        return self.passed_s

    def wall_s(self) -> float:
        """Since 1970, as this machine believes."""
        return START_S + self.passed_s + self.wrong_s

    def passes(self, seconds: float) -> None:
        self.passed_s += seconds
