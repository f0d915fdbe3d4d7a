"""docs/agent.md: its commands are the program's, its errors exist, its unit starts what it says."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent import errors
from edge_agent.__main__ import command_line

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "agent.md").read_text("utf-8")
UNIT = DOCS / "lightbox-agent.service"
COMMANDS = sorted(set(re.findall(r"-m edge_agent (.+?)(?:;|\s#|\s*$)", GUIDE, re.MULTILINE)))


def test_there_are_commands() -> None:
    assert {command.split()[0] for command in COMMANDS} == {"run", "status", "doctor", "enrol", "release"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_is_understood(command: str) -> None:
    """Whoever types it off the page must not meet `unrecognized arguments`."""
    command_line().parse_args(shlex.split(command.replace("[", "").replace("]", "")))


def test_the_errors_that_the_guide_explains_are_the_programs() -> None:
    (table,) = re.findall(r"\| it says \| most often \|\n\|---\|---\|\n((?:\|.*\n)+)", GUIDE)
    told = {name for row in table.splitlines() for name in re.findall(r"[A-Z]\w+", row.split("|")[1])}
    assert told - set(errors.__all__) == set()
    unreachable = {kind.__name__ for kind in errors.CloudUnreachable.__subclasses__()}
    assert unreachable - told <= {"TlsFailed"}


def test_the_unit_runs_the_agent_as_the_guide_installs_it() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, "utf-8")
    service = unit["Service"]
    python, module, command = service["ExecStart"].partition(" -m edge_agent ")
    assert (python, module) == ("/opt/lightbox/.venv/bin/python", " -m edge_agent ")
    chosen = command_line().parse_args(shlex.split(command))
    assert (chosen.command, str(chosen.config)) == ("run", "/etc/lightbox/agent.yaml")
    for place in (service["WorkingDirectory"], "/etc/lightbox/agent.yaml", f"/var/lib/{service['StateDirectory']}", UNIT.name):
        assert place in GUIDE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """A key that is spelt wrong is ignored by systemd in silence at start."""
    unit = tmp_path / UNIT.name
    text = UNIT.read_text("utf-8").replace("/opt/lightbox/.venv/bin/python", sys.executable).replace("User=lightbox\n", "")
    unit.write_text(text.replace("WorkingDirectory=/opt/lightbox", f"WorkingDirectory={tmp_path}"), "utf-8")
    told = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (told.returncode, [line for line in told.stderr.splitlines() if UNIT.name in line]) == (0, [])
