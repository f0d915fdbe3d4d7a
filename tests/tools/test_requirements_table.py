"""The table of requirements says what was tested, and nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.needs import NEEDS, Need, apt_line, missing
from tests.tools.requirement_ids import known_ids, parts, titles
from tests.tools.requirements import merged, rows_of_pytest, rows_of_vitest


def test_all_278_requirements_are_known_and_parts_are_among_them():
    """The list in the repository is the tenders' whole list, not the part that was easy."""
    assert len(titles()) == 278
    assert parts().keys() <= known_ids()


def test_a_requirement_without_a_test_is_shown_as_such():
    assert merged([])["VIEW-01"]["result"] == "none"


def test_one_failing_test_fails_the_requirement_however_many_pass():
    table = merged([("VIEW-10", "a", "passed"), ("VIEW-10", "b", "failed"), ("VIEW-10", "c", "passed")])
    assert table["VIEW-10"]["result"] == "failed"
    assert table["VIEW-10"]["tests"] == ["a", "b", "c"]


def test_a_skipped_test_does_not_count_as_shown():
    assert merged([("VIEW-10", "a", "skipped"), ("VIEW-10", "b", "passed")])["VIEW-10"]["result"] == "skipped"


def test_what_a_later_step_completes_is_called_part():
    """Passing tests of half a requirement must not read as the whole."""
    row = merged([("PLUS-03", "a", "passed")])["PLUS-03"]
    assert row["result"] == "part"
    assert row["to_come"]


def test_an_unknown_id_stops_the_table():
    with pytest.raises(ValueError, match="VIEW-99"):
        merged([("VIEW-99", "a", "passed")])


def test_ids_in_brackets_of_vitest_titles_are_read():
    data = {
        "testResults": [
            {
                "name": "/somewhere/store.test.ts",
                "assertionResults": [
                    {"fullName": "store [VIEW-10, PLUS-03] keeps pieces", "status": "passed"},
                    {"fullName": "store [1, 2] is no id", "status": "failed"},
                    {"fullName": "store [VIEW-10] later", "status": "todo"},
                ],
            }
        ]
    }
    assert rows_of_vitest(data) == [
        ("VIEW-10", "store.test.ts::store [VIEW-10, PLUS-03] keeps pieces", "passed"),
        ("PLUS-03", "store.test.ts::store [VIEW-10, PLUS-03] keeps pieces", "passed"),
        ("VIEW-10", "store.test.ts::store [VIEW-10] later", "skipped"),
    ]


def test_the_result_file_of_pytest_is_read():
    assert rows_of_pytest({"EDGE-01": {"tests": ["t1", "t2"], "result": "passed"}}) == [
        ("EDGE-01", "t1", "passed"),
        ("EDGE-01", "t2", "passed"),
    ]


_CASES = """
import pytest

@pytest.mark.req("EDGE-01", "EDGE-13")
def test_good():
    pass

@pytest.mark.req("EDGE-13")
def test_bad():
    assert False

@pytest.mark.req("EDGE-09")
@pytest.mark.skip
def test_left_out():
    pass
"""


@pytest.fixture
def run_of_its_own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """A pytest run in a folder of its own, with this plug-in."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    pytester.makeini("[pytest]\nmarkers = req\n    cloud\n    browser\n    slow\n")
    pytester.makepyfile(_CASES)
    return lambda *options: pytester.runpytest_subprocess("-p", "tests.tools.requirements_plugin", *options)


@pytest.mark.slow
@pytest.mark.parametrize("spread", [(), ("-n", "2")])
def test_a_run_writes_its_requirements(run_of_its_own, pytester: pytest.Pytester, spread: tuple[str, ...]):
    """Alone or over several processes, the file says the same."""
    run_of_its_own("--requirements=out.json", *spread)
    table = json.loads((pytester.path / "out.json").read_text())
    assert {name: row["result"] for name, row in table.items()} == {
        "EDGE-01": "passed",
        "EDGE-09": "skipped",
        "EDGE-13": "failed",
    }


def test_missing_packages_make_one_apt_line():
    needs = (Need("one", "a", lambda: True), Need("two", "b", lambda: False), Need("three", "c", lambda: False))
    assert apt_line(missing(needs)).endswith("install --no-install-recommends three two")


def test_needs_are_said_before_anything_is_installed():
    """One run names all that Debian lacks: a second line after the first was obeyed is a second trip to whoever is root."""
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}  # as from a shell
    said = subprocess.run(
        ["make", "--dry-run", "--always-make", "test"], capture_output=True, text=True, timeout=60, check=True, env=alone
    ).stdout
    first = next(line for line in said.splitlines() if line.strip())
    assert first.endswith("-m tests.tools.needs")
    assert "python3-venv" in {need.package for need in NEEDS}


def test_needs_are_found_without_any_library():
    """It runs where there is no virtual environment yet."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tests.tools.needs"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1}
