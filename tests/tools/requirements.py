"""`python -m tests.tools.requirements [--list]`: which requirement is shown by which test, from the results of one run.

Reads build/results/*.json: pytest's files ({id: {tests, result}}, from `--requirements`) and vitest's own JSON, whose titles name
ids in brackets ("[VIEW-10] opens again without a download"). Writes build/requirements.json: {id: {title, tests, result}} for all
278 ids, where `result` is `passed`, `part`, `failed`, `skipped` or `none`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.tools.requirement_ids import known_ids, parts, titles

RESULTS = Path("build/results")
OUT = Path("build/requirements.json")
_BRACKETS = re.compile(r"\[((?:[A-Z]{2,5}-\d\d)(?:[ ,]+[A-Z]{2,5}-\d\d)*)\]")
_WORST_FIRST = ("failed", "skipped", "passed")

Row = dict[str, Any]


def rows_of_pytest(data: dict[str, Row]) -> list[tuple[str, str, str]]:
    """(id, test, result) from a file of `--requirements`."""
    return [(name, test, row["result"]) for name, row in data.items() for test in row["tests"]]


def rows_of_vitest(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(id, test, result) from vitest's JSON reporter."""
    rows = []
    for file in data["testResults"]:
        for test in file["assertionResults"]:
            status = {"passed": "passed", "failed": "failed"}.get(test["status"], "skipped")
            name = Path(file["name"]).name
            for group in _BRACKETS.findall(test["fullName"]):
                rows += [(wanted, f"{name}::{test['fullName']}", status) for wanted in re.split(r"[ ,]+", group)]
    return rows


def merged(rows: list[tuple[str, str, str]]) -> dict[str, Row]:
    """One row per known id. Raises ValueError for an id that nobody asked for."""
    unknown = sorted({name for name, _, _ in rows} - known_ids())
    if unknown:
        raise ValueError(f"unknown requirement ids in test results: {', '.join(unknown)}")
    table: dict[str, Row] = {name: {"title": title, "tests": [], "result": "none"} for name, title in titles().items()}
    for name, test, result in rows:
        row = table[name]
        row["tests"] = sorted({*row["tests"], test})
        order = [result] if row["result"] == "none" else [result, row["result"]]
        row["result"] = next(worst for worst in _WORST_FIRST if worst in order)
    for name, to_come in parts().items():
        if table[name]["result"] == "passed":
            table[name] |= {"result": "part", "to_come": to_come}
    return table


def read_results(folder: Path) -> list[tuple[str, str, str]]:
    """All rows of all files in a folder."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        rows += rows_of_vitest(data) if "testResults" in data else rows_of_pytest(data)
    return rows


def main() -> None:
    """Write the file; with --list also print the table. Exit 1 when a requirement's test failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.tools.requirements", description="Requirements and the tests that show them."
    )
    parser.add_argument("--list", action="store_true", help="print one line per id")
    wanted = parser.parse_args()
    try:
        table = merged(read_results(RESULTS))
    except ValueError as error:
        sys.exit(str(error))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if wanted.list:
        for name, row in table.items():
            print(f"{name:8} {row['result']:8} {row['title'][:96]}")
            for test in row["tests"]:
                print(f"{'':18}{test}")
    count = Counter(row["result"] for row in table.values())
    order = ("passed", "part", "failed", "skipped", "none")
    print(f"requirements: {len(table)} in all; " + ", ".join(f"{count[kind]} {kind}" for kind in order))
    if count["failed"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
