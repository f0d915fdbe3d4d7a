"""`python -m iac.local.phantom OUT --slices N`: write the chest phantom into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from iac.local.phantom.dicom import write_phantom


def main() -> None:
    """Write the series and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m iac.local.phantom", description="Write a chest CT that belongs to nobody.")
    parser.add_argument("out", type=Path, help="folder for the files")
    parser.add_argument("--slices", type=int, default=120)
    parser.add_argument("--size", type=int, default=512, help="rows and columns")
    parser.add_argument("--seed", type=int, default=2026)
    wanted = parser.parse_args()
    paths = write_phantom(wanted.out, wanted.slices, size=wanted.size, seed=wanted.seed)
    print(f"{len(paths)} files in {wanted.out}")


if __name__ == "__main__":
    main()
