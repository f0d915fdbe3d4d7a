"""`python -m iac.package`: make build/bundles/ and say how large each is; with `lock`: pin the libraries anew."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from iac.package.bundle import LIMIT_MB, Bundle, build, functions, requirements
from iac.package.errors import PackageError
from iac.package.target import LAMBDA, Target, interpreter
from iac.package.wheels import PINS, fetch, lock

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "wheels"
OUT = ROOT / "build" / "bundles"  # template.yaml's CodeUri
TARGETS = (Target(11), Target(12), LAMBDA)  # 3.11 and 3.12: machines without 3.13 import the bundles made for what they have


def build_all(out: Path = OUT, target: Target = LAMBDA, root: Path = ROOT, cache: Path = CACHE) -> list[Bundle]:
    """Every function's bundle. Raises PackageError."""
    wheels = fetch(target, cache)
    return [build(root, name, out, wheels, target, cache) for name in functions(root)]


def report(bundles: list[Bundle], limit_mb: float = LIMIT_MB) -> None:
    """A table of sizes. Raises BundleTooLarge after it."""
    print(f"{'function':14}{'MB':>7}{'own':>7}  {'libraries':>9}  {'digest':14}heaviest, MB")
    for one in bundles:
        size = f"{one.megabytes:7.1f}{one.own_bytes / 1e6:7.1f}"
        print(f"{one.name:14}{size}  {len(one.library_bytes):9}  {one.digest[:12]:14}{one.heaviest()}")
    for one in bundles:
        one.check_size(limit_mb)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m iac.package")
    parser.add_argument("what", nargs="?", choices=["build", "lock"], default="build")
    parser.add_argument("library", nargs="*", help="lock these instead of what the functions name")
    parser.add_argument("--pins", type=Path, default=PINS, help="file that lock writes")
    asked = parser.parse_args()
    try:
        if asked.what == "lock":
            named = asked.library or sorted({line for name in functions(ROOT) for line in requirements(ROOT, name)})
            with tempfile.TemporaryDirectory() as scratch:
                lock(named, TARGETS, Path(scratch), asked.pins)
            return 0
        report(build_all())
    except PackageError as error:
        print(error, file=sys.stderr)
        return 1
    if interpreter(LAMBDA) is None:
        print("没有 Python 3.13：未预编译，冷启动更慢 · No Python 3.13 here: nothing is compiled, cold starts are slower")
    print(f"{OUT.relative_to(ROOT)}/: ≤ {LIMIT_MB} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
