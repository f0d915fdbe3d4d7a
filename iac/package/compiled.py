"""Compiled files: a function's folder is read-only, so what is not compiled when it is packed is compiled at every cold start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PLACE = "/var/task"  # where Lambda unpacks a bundle; stands in tracebacks


def compile_beside(folder: Path, python: Path) -> None:
    """Our own modules: compiled in `__pycache__`, their source kept, so that tracebacks show the line."""
    _compile(folder, python)


def compile_instead(folder: Path, python: Path) -> None:
    """A library's modules: the compiled file takes the source's place, which halves what a cold start unpacks.

    Tracebacks still name file and line. What this version cannot compile stays as it is.
    """
    _compile(folder, python, "-b")
    for source in folder.rglob("*.py"):
        if source.with_suffix(".pyc").is_file():
            source.unlink()


def _compile(folder: Path, python: Path, *options: str) -> None:
    """As `python` reads it, and not checked against its source at import (PEP 552): nobody changes either, and the
    same source makes the same bytes."""
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-j", "1", *options]
    paths = ["-s", str(folder), "-p", PLACE, str(folder)]
    subprocess.run([*command, *paths], env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, check=False)  # noqa: S603
