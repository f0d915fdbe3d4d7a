"""After a kill: what the table, the queues and the stream lost comes back from the vault, as an operator would have it done."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from iac.local.errors import RebuildFailed
from iac.local.process import Child, clean_environment, python
from iac.operator.reconcile.outcome import LACKING

LONGEST_S = 3600
RECONCILE = python("-m", "iac.operator", "reconcile", "--in-flight-s", "0")
OBJECTS, ASIDE, CODE = "s3", "s3.aside", "lightbox-code"


def is_stack_lost(state_dir: Path) -> bool:
    """The emulator has never saved anything on this folder, objects apart."""
    return not (state_dir / "state" / "cloudformation.json").is_file()


@contextmanager
def objects_aside(state_dir: Path) -> Iterator[None]:
    """The vault's buckets are out of the emulator's sight for a while."""
    if (state_dir / OBJECTS).is_dir():
        (state_dir / OBJECTS).rename(state_dir / ASIDE)
    try:
        yield
    finally:
        put_back(state_dir)


def put_back(state_dir: Path) -> None:
    """Also after a kill in the middle. The code's bucket is the new stack's."""
    for bucket in sorted((state_dir / ASIDE).glob("*/*")):
        place = state_dir / OBJECTS / bucket.relative_to(state_dir / ASIDE)
        if bucket.name == CODE:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(place, ignore_errors=True)  # the new stack's, empty
        bucket.rename(place)
    shutil.rmtree(state_dir / ASIDE, ignore_errors=True)


def rebuild(state_dir: Path, environment: Mapping[str, str], command: Sequence[str] = RECONCILE) -> Path | None:
    """Nothing is in flight after a kill: neither stream nor queues remember it.

    The log, where something could not be rebuilt and a person must look: the rest stands. Raises RebuildFailed; its log says why.
    """
    log = state_dir / "logs" / "reconcile.log"
    child = Child("The rebuild", command, clean_environment(state_dir / "tmp", environment), log)
    try:
        status = child.process.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        raise RebuildFailed(log=log) from None
    finally:
        child.stop(grace_s=2)
    if status not in (0, LACKING):
        raise RebuildFailed(log=log)
    return log if status == LACKING else None
