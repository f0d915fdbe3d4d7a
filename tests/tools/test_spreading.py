"""Which process runs which test, and in which order: what decides how long `make test` takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.spreading_plugin import LONGEST_FIRST, OF_A_BROWSER, OF_THE_JOURNEY

ROOT = Path(__file__).parents[2]
_JOURNEY = """
import pytest

@pytest.fixture
def enter(journey): ...

def test_{0}_a(enter): ...
def test_{0}_b(): ...
"""
_FILES = {
    "tests/architecture/test_quick.py": "def test_quick(): ...\n",
    "tests/browser/test_one.py": "def test_seen(): ...\n",
    "tests/security/test_hostile_pages.py": "import pytest\n\n@pytest.mark.browser\ndef test_seen_too(): ...\n",
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
def test_browsers_are_in_one_process_the_journey_in_one_and_the_longest_begin(spread_run: pytest.Pytester) -> None:
    """A journey for each process, two browsers at once, or a process alone at the end, would cost minutes."""
    spread_run.runpytest_subprocess(*SPREAD).assert_outcomes(passed=9)
    ran: dict[str, list[str]] = {}
    for line in (spread_run.path / "ran").read_text().splitlines():
        worker, test = json.loads(line)
        ran.setdefault(worker, []).append(test)
    first, second = sorted(ran.values(), key=lambda tests: "test_seen" not in tests)
    assert first[:2] == ["test_seen", "test_seen_too"]
    assert second[:4] == ["test_early_a", "test_early_b", "test_late_a", "test_late_b"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "place"),
    [
        (_JOURNEY.format("new"), "OF_THE_JOURNEY"),
        ("import pytest\n\n@pytest.mark.browser\ndef test_new(): ...\n", "OF_A_BROWSER"),
    ],
)
def test_a_file_that_belongs_to_a_group_unnamed_is_refused(spread_run: pytest.Pytester, text: str, place: str) -> None:
    """It would start a second journey, or browser, in the other process, without a word."""
    (spread_run.path / "tests/e2e/test_new.py").write_text(text)
    done = spread_run.runpytest_subprocess("-p", "tests.tools.spreading_plugin", "-p", "no:xdist")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"*tests/e2e/test_new.py ({place})*"])


def test_the_files_that_are_named_are_there() -> None:
    """One that was renamed would begin last, or alone, without a word."""
    assert [name for name in (*OF_THE_JOURNEY, *OF_A_BROWSER, *LONGEST_FIRST[2:]) if not (ROOT / name).exists()] == []
