"""What a long run has done already, chunk by chunk, so that one that is stopped goes on where it was.

A file of JSON lines: the digest of the code that ran, then one line for each chunk of seeds. Other code begins it anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

from tests.faults.totals import Totals

ROOT = Path(__file__).parents[2]
FILE = ROOT / "build" / "faults.jsonl"


def code() -> str:
    """SHA-256 over every source file of this repository that the process has imported: what a seed's course depends on."""
    files = {Path(file) for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    digest = hashlib.sha256()
    for path in sorted(path.relative_to(ROOT) for path in files if path.is_relative_to(ROOT) and ".venv" not in path.parts):
        digest.update(f"{path}\n".encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()


class Notebook:
    """Chunks that ran, by their first seed."""

    def __init__(self, path: Path, code: str) -> None:
        """Raises ValueError when the file is not a notebook."""
        self._path = path
        self._done: dict[int, Totals] = {}
        text = path.read_text("utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # what was killed may have torn the last line
        lines = whole.splitlines()
        if not lines or json.loads(lines[0]) != {"code": code}:
            whole, lines = json.dumps({"code": code}) + "\n", []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(whole, "utf-8")
        self._done |= map(_read, lines[1:])

    def done(self, first: int, count: int) -> Totals | None:
        """What the `count` seeds from `first` on gave, when they ran as one chunk."""
        totals = self._done.get(first)
        return totals if totals is not None and totals.seeds == count else None

    def add(self, first: int, totals: Totals) -> None:
        self._done[first] = totals
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"first": first, **{name: getattr(totals, name) for name in Totals.__slots__}}) + "\n")


def _read(line: str) -> tuple[int, Totals]:
    values = json.loads(line)
    first = int(values.pop("first"))
    values["injected"] = Counter(values["injected"])
    values["failed"] = {int(seed): what for seed, what in values["failed"].items()}
    return first, Totals(**values)
