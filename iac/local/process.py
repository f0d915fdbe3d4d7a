"""A child process of the local cloud: clean environment, own log, ended by SIGTERM and waited for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from iac.local.errors import CloudSilent

ROOT = Path(__file__).resolve().parents[2]


def clean_environment(tmp: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Only what a child needs: no credentials, proxies or Python settings of the caller reach it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return {
        "LANG": "C.UTF-8",
        **kept,
        "HOME": str(tmp),
        "TMPDIR": str(tmp),
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **(extra or {}),
    }


@contextmanager
def held_back() -> Iterator[list[int]]:
    """Notes SIGINT and SIGTERM that come meanwhile instead of raising: an interrupted Popen would lose its child's number."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.signal(number, lambda got, _: came.append(got)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Child:
    """A started program. `stop` may be called twice."""

    def __init__(
        self,
        what: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        cwd: Path = ROOT,
        keep_open: Sequence[int] = (),
    ) -> None:
        self.what, self.log = what, log
        with log.open("ab") as out, held_back() as interrupts:
            # Its own session: Ctrl-C in the terminal reaches only the parent, which then stops each child in order.
            self.process = subprocess.Popen(  # noqa: S603
                [*command],
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                pass_fds=tuple(keep_open),
            )

        if interrupts:
            self.stop(grace_s=2)
            raise KeyboardInterrupt

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Ask `ready` until it says yes. Raises CloudSilent when the program ends first or the time is over."""
        deadline = time.monotonic() + seconds
        try:
            while self.process.poll() is None and time.monotonic() < deadline:
                if ready():
                    return
                time.sleep(0.05)
        except BaseException:  # Ctrl-C while it starts must not leave it behind
            self.stop(grace_s=2)
            raise
        self.stop(grace_s=2)
        raise CloudSilent(what=self.what, seconds=seconds, log=self.log)

    def stop(self, grace_s: float = 60) -> None:
        """SIGTERM, wait, then SIGKILL to whatever of its session is left."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


def run_to_end(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Wait for a short program; its output as text. Ctrl-C at any moment ends it too.

    Raises subprocess.TimeoutExpired.
    """
    with held_back() as interrupts:
        process = subprocess.Popen(  # noqa: S603
            [*command], env=dict(environment), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    with process:
        try:
            if interrupts:
                raise KeyboardInterrupt
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def python(*arguments: str) -> list[str]:
    """A command line for this interpreter."""
    return [sys.executable, *arguments]
