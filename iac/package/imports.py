"""What a handler can reach by imports, also by those inside functions: our modules, and names of everything else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OURS = "functions"


@dataclass
class Reached:
    ours: set[str] = field(default_factory=set)  # functions.core.errors, …
    others: set[str] = field(default_factory=set)  # as written: pydicom.filereader, boto3, …

    @property
    def libraries(self) -> set[str]:
        """Top names that are not Python's own."""
        return {name.split(".")[0] for name in self.others} - sys.stdlib_module_names - {"__future__"}


def reached(root: Path, handler: str) -> Reached:
    """handler: a module below `root`, `functions.ingest.handler`."""
    found = Reached()
    waiting = [handler]
    while waiting:
        name = waiting.pop()
        if name in found.ours:
            continue
        file = _file(root, name)
        if file is None:
            continue  # a name inside a module, not a module
        found.ours.add(name)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        for imported in _imports(ast.parse(file.read_text(encoding="utf-8"))):
            if imported.split(".")[0] == OURS:
                waiting.append(imported)
            else:
                found.others.add(imported)
    return found


def _file(root: Path, name: str) -> Path | None:
    path = root.joinpath(*name.split("."))
    if path.is_dir():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None


def _imports(node: ast.AST) -> Iterator[str]:
    """Modules that the code imports when it runs; what only a type checker reads is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            if child.module.split(".")[0] == OURS:
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from _imports(other)
        else:
            yield from _imports(child)
