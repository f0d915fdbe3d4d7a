"""`python -m bench [SUBJECT …]`: measure, write build/bench.json, print a table.

A short row is shown, not fatal: noise fails no build.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path

import bench
from bench.harness import NotHere, Row

OUT = Path("build/bench.json")
_FRAMEWORK = {"__main__", "harness"}


def subjects() -> list[str]:
    """Modules and packages of this folder that measure something. Names that begin with `_` are parts of others."""
    names = (module.name for module in pkgutil.iter_modules(bench.__path__))
    return sorted(name for name in names if name not in _FRAMEWORK and not name.startswith("_"))


def table(rows: Iterable[Row]) -> str:
    """Rows for a terminal."""
    lines = [f"{'':6}{'row':46}{'value':>12}  {'unit':8}{'reference':>12}{'ratio':>8}  {'goal':14}{'n':>3}{'spread':>8}"]
    for row in rows:
        verdict = {True: "ok", False: "SHORT", None: ""}[row.ok]
        reference = f"{row.reference:12.4g}" if row.reference is not None else " " * 12
        ratio = f"{row.ratio:8.2f}" if row.ratio is not None else " " * 8
        lines.append(
            f"{verdict:6}{row.name:46}{row.value:12.4g}  {row.unit:8}{reference}{ratio}"
            f"  {row.goal or '':14}{row.n:3}{row.spread:8.0%}"
        )
        if row.note:
            lines.append(f"{'':8}{row.note}")
    return "\n".join(lines)


def main() -> None:
    """Run the subjects asked for, or all. Rows of subjects that were not asked for stay in the file."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("subject", nargs="*", help=f"one or more of: {', '.join(subjects())}")
    asked = parser.parse_args().subject or subjects()
    unknown = sorted(set(asked) - set(subjects()))
    if unknown:
        parser.error(f"no such subject: {', '.join(unknown)}")
    kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else []
    fresh: list[Row] = []
    for name in asked:
        print(f"… {name}", file=sys.stderr, flush=True)
        try:
            fresh += importlib.import_module(f"bench.{name}").rows()
        except NotHere as reason:
            print(f"  left out: {reason}", file=sys.stderr)
    names = {row.name for row in fresh}
    OUT.parent.mkdir(exist_ok=True)
    rows = [row for row in kept if row["name"] not in names] + [row.as_json() for row in fresh]
    OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(table(fresh))
    short = sum(row.ok is False for row in fresh)
    print(f"{len(fresh)} rows, {short} short of their goal; in {OUT}")


if __name__ == "__main__":
    main()
