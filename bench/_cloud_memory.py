"""What the functions' processes take on the local cloud."""

from __future__ import annotations

from pathlib import Path

from iac.local.cloud import LocalCloud


def peak_mb_of_functions(cloud: LocalCloud) -> float:
    """The largest resident set that any function's process had so far. Each runs as a child of the emulator."""
    return max((_peak_mb(pid) for pid in _children(int((cloud.state_dir / "lock").read_text()))), default=0.0)


def _children(pid: int) -> list[int]:
    """Of all threads: a process belongs to the one that started it."""
    told = (tasks.read_text().split() for tasks in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for children in told for child in children]


def _peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:  # it has just ended
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)
