"""Core is handed the time, the bytes and the settings and reaches for none. import-linter sees imports, this sees calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN_CALLS = {
    "open": "reads a file",
    "print": "writes to the terminal",
    "input": "reads the terminal",
    "datetime.now": "reads the clock",
    "datetime.today": "reads the clock",
    "datetime.utcnow": "reads the clock",
    "date.today": "reads the clock",
    "time.time": "reads the clock",
    "time.time_ns": "reads the clock",
    "time.monotonic": "reads the clock",
    "time.sleep": "waits",
    "os.getenv": "reads the environment",
    "secrets.token_bytes": "draws chance",
    "secrets.token_hex": "draws chance",
    "secrets.token_urlsafe": "draws chance",
    "random.random": "draws chance",
    "uuid.uuid4": "draws chance",
}
FORBIDDEN_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes"}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def reaches_out(source: str) -> Iterator[str]:
    """One line for each place where a module touches the world."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            tail = ".".join(name.split(".")[-2:])
            if tail in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: {name}() {FORBIDDEN_CALLS[tail]}"
            if name.rpartition(".")[2] in FORBIDDEN_METHODS:
                yield f"line {node.lineno}: {name}() touches a file"
        if isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
            yield f"line {node.lineno}: os.environ reads the environment"


@pytest.mark.parametrize("path", sorted((ROOT / "functions/core").rglob("*.py")), ids=lambda path: path.stem)
def test_core_touches_nothing(path: Path):
    assert list(reaches_out(path.read_text(encoding="utf-8"))) == []


def test_a_clock_in_core_would_be_seen():
    assert list(reaches_out("import datetime\nx = datetime.datetime.now()")) == [
        "line 2: datetime.datetime.now() reads the clock"
    ]
    assert list(reaches_out("data = path.read_bytes()")) == ["line 1: path.read_bytes() touches a file"]
