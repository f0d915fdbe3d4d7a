"""How much memory and time something took, as the operating system counts it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS, PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _mib(field: str) -> float:
    line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


@contextmanager
def bounded(*, mib: float, seconds: float) -> Iterator[None]:
    """Fails when the process grew by more than `mib` at any moment, or when it took longer than `seconds`.

    The bounds are far above what the thing should cost and far below what it asks for: no busy machine breaks them.
    """
    PEAK.write_text("5", "ascii")  # the peak counts from here, proc(5)
    before, started = _mib("VmRSS"), time.monotonic()
    yield
    took_s, grown_mib = time.monotonic() - started, _mib("VmHWM") - before
    assert grown_mib <= mib, f"{grown_mib:.0f} MiB of memory, at most {mib:g} allowed"
    assert took_s <= seconds, f"{took_s:.1f} s, at most {seconds:g} allowed"
