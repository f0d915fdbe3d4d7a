"""docs/agent.md and its Chinese twin: their commands are the program's, their errors exist, the unit starts what they say."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from edge_agent import errors
from edge_agent.__main__ import command_line

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "agent.md").read_text("utf-8")
CHINESE = (DOCS / "agent.zh-CN.md").read_text("utf-8")
UNIT = DOCS / "lightbox-agent.service"
COMMANDS = sorted(set(re.findall(r"-m edge_agent (.+?)(?:;|\s#|\s*$)", GUIDE, re.MULTILINE)))


def test_there_are_commands() -> None:
    assert {command.split()[0] for command in COMMANDS} == {"run", "status", "doctor", "enrol", "release"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_is_understood(command: str) -> None:
    """Whoever types it off the page must not meet `unrecognized arguments`."""
    command_line().parse_args(shlex.split(command.replace("[", "").replace("]", "")))


def explained(guide: str) -> list[str]:
    """Names in the first column of Doctor's table, in its order."""
    (table,) = re.findall(r"\| (?:it says|提示) \| .*\|\n\|---\|---\|\n((?:\|.*\n)+)", guide)
    return [name for row in table.splitlines() for name in re.findall(r"[A-Z]\w+", row.split("|")[1])]


def typed(guide: str) -> list[str]:
    """The lines to type or to write into a file, without what is said of them."""
    lines = [re.sub(r"\s+#.*", "", line).strip() for line in guide.splitlines() if line.startswith("    ")]
    return [line for line in lines if line and not line.startswith("#")]


def named(guide: str) -> set[str]:
    """Every command, setting, file and value in code type."""
    return set(re.findall(r"`([^`\n]+)`", guide))


@pytest.mark.parametrize("told", [typed, explained, named])
def test_the_chinese_guide_has_the_same_commands_errors_and_names(told: Callable[[str], Collection[str]]) -> None:
    """Whoever reads one of the two must not know less than who reads the other."""
    assert told(CHINESE) == told(GUIDE)
    assert len(told(CHINESE)) > 15


def test_the_chinese_guide_has_the_same_parts_in_the_same_order() -> None:
    """Headings' depths, tables' lengths and drawings, line by line."""
    shape = re.compile(r"^(#+|\||```\w*|    .*-->.*)", re.MULTILINE)
    assert shape.findall(CHINESE) == shape.findall(GUIDE)


def test_the_errors_that_the_guide_explains_are_the_programs() -> None:
    told = set(explained(GUIDE))
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
