"""What a terminal needs to work on the demo's cloud as its operator does: one file to be sourced for each of two users."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from iac.local.cloud import LocalCloud

USERS = ("operator", "reconcile")


def write_environments(cloud: LocalCloud, folder: Path) -> None:
    """`operator.env` and `reconcile.env`; they hold the demo's own keys."""
    for user in USERS:
        write(folder / f"{user}.env", cloud.environment(user))


def write(path: Path, environment: Mapping[str, str]) -> None:
    """Readable by its owner only, from its first moment."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items()))
