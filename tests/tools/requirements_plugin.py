"""pytest plug-in: `@pytest.mark.req` ids are checked at collection, and `--requirements=FILE` writes what the run showed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.requirement_ids import known_ids


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--requirements",
        metavar="FILE",
        help="write {id: {tests, result}} for the requirements that the run's tests are marked with",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mark with an id that nobody asked for is a typing error: it would count for nothing."""
    known = known_ids()
    wrong = [f"{item.nodeid}: {name}" for item in items for name in _ids(item) if name not in known]
    if wrong:
        raise pytest.UsageError("unknown requirement ids:\n  " + "\n  ".join(wrong))


def _ids(item: pytest.Item) -> list[str]:
    return [str(name) for mark in item.iter_markers("req") for name in mark.args]


class _Record:
    """Results by requirement. In a run spread over processes, workers hand theirs to the one that was called."""

    def __init__(self) -> None:
        self.marks: dict[str, list[str]] = {}  # test -> ids
        self.results: dict[str, str] = {}  # test -> passed, failed, skipped

    def as_json(self) -> dict[str, Any]:
        """{id: {tests, result}}; an id passed when all of its tests ran and passed."""
        table: dict[str, dict[str, Any]] = {}
        for test, ids in sorted(self.marks.items()):
            for name in ids:
                table.setdefault(name, {"tests": []})["tests"].append(test)
        for row in table.values():
            outcomes = {self.results.get(test, "skipped") for test in row["tests"]}
            row["result"] = next((bad for bad in ("failed", "skipped") if bad in outcomes), "passed")
        return table


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    outcome = yield
    ids = _ids(item)
    if ids:  # travels with the report from a worker process
        outcome.get_result().user_properties.append(("requirements", ids))


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--requirements") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(Path(config.getoption("--requirements"))), "requirements-writer")


class _Writer:
    """Listens to all reports and writes the file when the run ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._record = _Record()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        ids = [
            str(name)
            for key, value in report.user_properties
            if key == "requirements" and isinstance(value, list)
            for name in value
        ]
        if not ids:
            return
        self._record.marks[report.nodeid] = list(dict.fromkeys(ids))
        before = self._record.results.get(report.nodeid)
        if report.failed or before == "failed":
            self._record.results[report.nodeid] = "failed"
        elif report.skipped:
            self._record.results[report.nodeid] = "skipped"
        elif report.when == "call":
            self._record.results[report.nodeid] = "passed"

    def pytest_sessionfinish(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._record.as_json(), indent=1, sort_keys=True) + "\n")
