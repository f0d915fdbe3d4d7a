"""The agent as a hospital installs it: three folders, the libraries of edge_agent/requirements.txt, nothing else."""

from __future__ import annotations

import re
import shutil
import site
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edge_agent import tools
from tests.agent.agent_process import ROOT, Agent
from tests.agent.cloud_server import CloudServer, serving
from tests.agent.test_agent_process import send_all
from tests.data.modalities import write_all
from tests.faults.real_run import FAST

FOLDERS = ("edge_agent", "functions/core", "events/schemas")
STATED = re.findall(r"^([A-Za-z0-9-]+)==(\S+)$", (ROOT / "edge_agent/requirements.txt").read_text("utf-8"), re.MULTILINE)


def test_versions_are_those_of_the_project() -> None:
    project = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert STATED
    assert [f"{name}=={version}" for name, version in STATED if f"{name}=={version}" not in project] == []


def with_needs(names: list[str]) -> set[str]:
    """These distributions and what they need in turn, here."""
    found: set[str] = set()
    while names:
        name = canonicalize_name(names.pop())
        if name not in found:
            found.add(name)
            needs = [Requirement(text) for text in distribution(name).requires or ()]
            names += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, Path]:
    """The program's folder, and one with links to just the libraries: what `pip install` would fill."""
    program, libraries = tmp_path / "program", tmp_path / "libraries"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, program / folder, ignore=shutil.ignore_patterns("__pycache__"))
    libraries.mkdir()
    here = [Path(folder) for folder in site.getsitepackages()]
    for name in with_needs([name for name, _ in STATED]):
        for top in {file.parts[0] for file in distribution(name).files or () if file.parts[0] not in ("..", "__pycache__")}:
            (source,) = [folder / top for folder in here if (folder / top).exists()]
            (libraries / top).symlink_to(source)
    return program, libraries


@pytest.fixture
def agent(tmp_path: Path, installed: tuple[Path, Path]) -> Iterator[Agent]:
    with serving(CloudServer()) as cloud:
        path = ":".join(map(str, installed))
        agent = Agent(tmp_path / "agent", cloud.url, FAST, spool="max_gib: 0.1", python=(sys.executable, "-S"), path=path)

        yield agent
        agent.kill()


@pytest.mark.slow
def test_three_folders_and_the_listed_libraries_are_enough(agent: Agent, tmp_path: Path) -> None:
    """From enrolment to an image in the cloud: what is not listed would be missed on the way."""
    assert agent.call("enrol", "--code", "CODE-1234").returncode == 0
    told = agent.call("doctor")
    assert (told.returncode, f"{len(tools.TOOLS)} libraries work" in told.stdout) == (0, True), told.stdout
    port = agent.start()
    files = write_all(tmp_path / "files")
    send_all(port, files)
    agent.until(lambda status: status["states"] == {"sent": len(files)})


@pytest.mark.req("PLUS-17")
@pytest.mark.parametrize("tool", ["zstandard", "yaml"])
def test_a_missing_library_is_named_with_how_to_get_it(agent: Agent, installed: tuple[Path, Path], tool: str) -> None:
    """Not a traceback: whoever forgot the second line of the instructions is told what it was."""
    (installed[1] / tool).unlink()
    for command in ("doctor", "run", "status"):
        told = agent.call(command)
        assert told.returncode == 1
        said = told.stdout + told.stderr
        assert f"{tool} cannot be used: not installed" in said
        assert f"{tool} 无法使用" in said
        assert "pip install -r edge_agent/requirements.txt" in said
        assert "Traceback" not in said


@pytest.mark.req("PLUS-17")
def test_a_library_that_is_there_and_broken_is_named(agent: Agent, installed: tuple[Path, Path]) -> None:
    """Copied from a machine with another Python: it is found, and cannot be loaded."""
    link = installed[1] / "imagecodecs"
    source = link.readlink()
    link.unlink()
    link.mkdir()
    for path in source.glob("*.py"):
        (link / path.name).symlink_to(path)  # its compiled parts are missing
    told = agent.call("doctor")
    assert told.returncode == 1
    assert "imagecodecs cannot be used: " in told.stdout
