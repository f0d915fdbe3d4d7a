"""The state folder: one owner at a time, by a lock that stands until the last process holding it is gone; whether it was left in
order; and the secrets, which must outlive a kill."""

from __future__ import annotations

import fcntl
import json
import os
from enum import Enum
from pathlib import Path
from typing import Any

from iac.local.errors import StateInUse

ENDED, SECRETS = "ended", "secrets.json"


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


class Left(Enum):
    """How the last start on a folder ended."""

    IN_ORDER = "in order"  # everything saved and told; also a new folder
    UNTOLD = "untold"  # everything saved, but the table's stream was not read to its end
    KILLED = "killed"  # objects are there, the rest as it was last saved, if ever


def left(state_dir: Path) -> Left:
    kept = state_dir / ENDED
    return Left(kept.read_text()) if kept.is_file() else Left.IN_ORDER


def note(state_dir: Path, how: Left) -> None:
    """KILLED while it runs: nobody can write it afterwards."""
    (state_dir / ENDED).write_text(how.value)


def keep_secrets(state_dir: Path, values: dict[str, Any]) -> None:
    """Beside the objects whose names they made: the emulator saves its own copy only at a clean stop."""
    handle = os.open(state_dir / "secrets.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w") as file:
        json.dump(values, file)
        file.flush()
        os.fsync(file.fileno())
    (state_dir / "secrets.new").replace(state_dir / SECRETS)


def kept_secrets(state_dir: Path) -> dict[str, Any]:
    """Nothing on a new folder."""
    kept = state_dir / SECRETS
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    return found


def name_holder(handle: int, pid: int) -> None:
    """Note which process a refused caller is told of."""
    os.pwrite(handle, f"{pid}\n".encode().ljust(16), 0)
