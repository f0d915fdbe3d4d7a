"""A disk that is really small: a tmpfs in namespaces of its own, which needs no privilege where Linux allows it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small(folder: Path, mib: int) -> Iterator[list[str]]:
    """Mount `mib` MiB on `folder`, seen only by commands that begin with what is yielded. Skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    script = f'mount -t tmpfs -o size={mib}m none "$1" && echo ready && exec cat'
    holder = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        if holder.stdout.readline() != "ready\n":
            pytest.skip("this system gives no user namespaces: no small disk without privileges")
        yield ["nsenter", "--target", str(holder.pid), "--user", "--mount", "--preserve-credentials", "--"]
    finally:
        holder.stdin.close()  # cat ends, and the disk with it
        holder.wait(30)
        holder.stdout.close()
        if holder.stderr:
            holder.stderr.close()
