"""The demo's agent: settings written, key pair enrolled, running as a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from iac.local.errors import DemoError
from iac.local.ports import LOOPBACK, free_port, listens
from iac.local.process import Child, clean_environment, python, run_to_end

AE_TITLE = "LIGHTBOX"


@dataclass(frozen=True)
class AgentPlace:
    """Where the agent keeps its things and listens."""

    folder: Path
    log: Path
    origin: str  # of the cloud
    dicom_port: int
    report_port: int

    @classmethod
    def new(cls, state_dir: Path, origin: str) -> AgentPlace:
        """Ports are asked for anew at each start; what the agent holds stays in `state_dir`."""
        return cls(state_dir / "agent", state_dir / "logs" / "agent.log", origin, free_port(), free_port())

    @property
    def settings_file(self) -> Path:
        return self.folder / "agent.yaml"

    def write_settings(self) -> None:
        """The one YAML file that an operator would write."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "cloud": {"url": f"{self.origin}/api"},
            "dicom": {"host": LOOPBACK, "port": self.dicom_port, "ae_title": AE_TITLE},
            "spool": {"folder": "spool", "max_gib": 20.0, "min_free_gib": 0.5},
            "upload": {"workers": 2},  # sender, agent and cloud share this machine's cores
            "completeness": {"quiet_s": 3.0},  # a hospital waits longer; here one sender sends one study
            "reports": {"http_host": LOOPBACK, "http_port": self.report_port},
        }
        self.settings_file.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")

    def enrol(self, code: str, tmp: Path) -> None:
        """Trade the one-time code for an enrolled key pair. Raises DemoError with the agent's last words."""
        command = python("-m", "edge_agent", "enrol", "--config", str(self.settings_file), "--code", code)
        done = run_to_end(command, clean_environment(tmp), 180)
        if done.returncode:
            raise DemoError(text=f"The agent could not enrol: {last_line(done.stderr or done.stdout)}", todo=f"See {self.log}.")

    def run(self, tmp: Path) -> Child:
        """Start it and wait until it listens. Raises CloudSilent."""
        child = Child(
            "The agent", python("-m", "edge_agent", "run", "--config", str(self.settings_file)), clean_environment(tmp), self.log
        )
        child.wait_until(lambda: listens(self.dicom_port) and listens(self.report_port), 30)
        return child


def last_line(text: str) -> str:
    """What a program said last, which is where programs say what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
