"""The state folder has one owner at a time: a lock that stands until the last process holding it is gone."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from iac.local.errors import StateInUse


def hold(state_dir: Path) -> int:
    """Lock the folder (made if missing) for this process and those that inherit the returned descriptor. Raises StateInUse."""
    state_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 16, 0).decode().strip() or "?"
        os.close(handle)
        raise StateInUse(pid=holder, state_dir=state_dir) from None
    name_holder(handle, os.getpid())
    return handle


def name_holder(handle: int, pid: int) -> None:
    """Note which process a refused caller is told of."""
    os.pwrite(handle, f"{pid}\n".encode().ljust(16), 0)
