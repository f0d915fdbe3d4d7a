"""Which process runs which test, and in which order: what decides how long `make test` takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.spreading_plugin import LONGEST_FIRST, OF_THE_JOURNEY

ROOT = Path(__file__).parents[2]
_JOURNEY = """
import pytest

@pytest.fixture
def enter(journey): ...

def test_{0}_a(enter): ...
def test_{0}_b(): ...
"""
_FILES = {
    "tests/browser/test_quick.py": "def test_quick(): ...\n",
    "tests/e2e/test_demo_command.py": "def test_long_a(): ...\ndef test_long_b(): ...\n",
    "tests/e2e/test_journey.py": _JOURNEY.format("early"),
    "tests/security/test_policies.py": _JOURNEY.format("late"),
    "conftest.py": """
import json
import pytest

@pytest.fixture(scope="session")
def journey(): ...

def pytest_runtest_logreport(report):
    if report.when == "call" and hasattr(report, "node"):
        with open("ran", "a") as out:
            out.write(json.dumps([report.worker_id, report.nodeid.partition("::")[2]]) + "\\n")
""",
}


@pytest.fixture
def spread_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, text in _FILES.items():
        (pytester.path / name).parent.mkdir(parents=True, exist_ok=True)
        (pytester.path / name).write_text(text)
    return pytester


SPREAD = ("-p", "tests.tools.spreading_plugin", "-n", "2", "--dist", "loadfile")


@pytest.mark.slow
def test_who_looks_at_the_journey_is_in_one_process_and_the_longest_begin(spread_run: pytest.Pytester) -> None:
    """A journey for each process, or a process alone at the end, would cost minutes."""
    spread_run.runpytest_subprocess(*SPREAD).assert_outcomes(passed=7)
    ran: dict[str, list[str]] = {}
    for line in (spread_run.path / "ran").read_text().splitlines():
        worker, test = json.loads(line)
        ran.setdefault(worker, []).append(test)
    first, second = sorted(ran.values(), key=lambda tests: "test_early_a" not in tests)
    assert first[:4] == ["test_early_a", "test_early_b", "test_late_a", "test_late_b"]
    assert second[:2] == ["test_long_a", "test_long_b"]


@pytest.mark.slow
def test_a_file_that_looks_at_the_journey_unnamed_is_refused(spread_run: pytest.Pytester) -> None:
    """It would start a second journey in the other process, without a word."""
    (spread_run.path / "tests/e2e/test_new.py").write_text(_JOURNEY.format("new"))
    done = spread_run.runpytest_subprocess("-p", "tests.tools.spreading_plugin", "-p", "no:xdist")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*OF_THE_JOURNEY*tests/e2e/test_new.py*"])


def test_the_files_that_are_named_are_there() -> None:
    """One that was renamed would begin last, or alone, without a word."""
    assert [name for name in (*OF_THE_JOURNEY, *LONGEST_FIRST[1:]) if not (ROOT / name).is_file()] == []
