"""An agent as an operator has it: a folder with settings and spool, and a process of its own while it runs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENV = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
WAIT_S = 120.0


class Agent:
    """prefix: before the interpreter, such as nsenter; module: run in the place of edge_agent; path: where Python finds it."""

    def __init__(
        self,
        folder: Path,
        url: str,
        extra: str = "",
        *,
        cloud: str = "",
        spool: str = "",
        reports: str = "",
        dicom_port: int = 0,
        prefix: Sequence[str] = (),
        module: Sequence[str] = ("edge_agent",),
        python: Sequence[str] = (sys.executable,),
        path: str = str(ROOT),
    ) -> None:
        """extra: more sections of the settings; cloud, spool, reports: more keys of those three."""
        folder.mkdir(exist_ok=True)
        self.folder, self.log, self.prefix, self.module = folder, folder / "log", [*prefix], [*module]
        self.python, self.env = [*python], {**ENV, "PYTHONPATH": path}
        self.config = folder / "agent.yaml"
        sections = {
            "cloud": [f"url: {url}/api", cloud],
            "spool": ["folder: spool", "" if "min_free_gib" in spool else "min_free_gib: 0", "ready_mib: 4", spool],
            "dicom": ["host: 127.0.0.1", f"port: {dicom_port}"],
            "reports": ["http_port: 0", reports],
        }
        lines = [f"{name}: {{{', '.join(filter(None, keys))}}}\n" for name, keys in sections.items()]
        self.config.write_text("".join(lines) + extra, "utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def line(self, command: str, *more: str) -> list[str]:
        return [*self.prefix, *self.python, "-m", *self.module, command, "--config", str(self.config), *more]

    def call(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.line(command, *more), env=self.env, capture_output=True, text=True, timeout=WAIT_S)

    def start(self) -> int:
        """Start it; returns its DICOM port once it listens."""
        start = self.launch()
        return int(self.wait_for("receiver_listens", start)["port"])

    def launch(self) -> int:
        """Start it without waiting; returns where in the log it begins."""
        with self.log.open("ab") as log:
            start = log.tell()
            self.process = subprocess.Popen(self.line("run"), env=self.env, stderr=log)
        return start

    def wait_for(self, event: str, start: int = 0) -> dict[str, Any]:
        """The log's first line of that name, while the process lives."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            is_over = self.process is None or self.process.poll() is not None
            for told in self.events(start):
                if told["event"] == event:
                    return told
            if is_over:
                break
            time.sleep(0.02)
        raise AssertionError(self.log.read_text("utf-8"))

    def events(self, start: int = 0) -> list[dict[str, Any]]:
        lines = self.log.read_bytes()[start:].split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT_S)

    def status(self) -> dict[str, Any]:
        told = self.call("status", "--json")
        assert told.returncode == 0, told.stderr
        return dict(json.loads(told.stdout))

    def until(self, condition: Callable[[dict[str, Any]], bool], wait_s: float = WAIT_S) -> dict[str, Any]:
        """The first status that fulfils `condition`."""
        until = time.monotonic() + wait_s
        while True:
            status = self.status()
            if condition(status):
                return status
            if time.monotonic() > until:
                raise AssertionError(status)
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
