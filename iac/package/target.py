"""What a bundle is built for: an interpreter and the wheels that it can load."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Lambda's python3.13 is Amazon Linux 2023 with glibc 2.34. Source: AWS Lambda developer guide, "Lambda runtimes".
GLIBC = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
PLATFORMS = (
    *(f"manylinux_{glibc}_x86_64" for glibc in GLIBC),
    *(f"manylinux{name}_x86_64" for name in ("2014", "2010", "1")),
)


@dataclass(frozen=True)
class Target:
    """minor: 13 for Python 3.13. The platform is always x86-64 Linux: the template's `Architectures`."""

    minor: int

    @property
    def name(self) -> str:
        return f"cp3{self.minor}"

    @property
    def python_version(self) -> str:
        return f"3.{self.minor}"

    def pip_options(self) -> list[str]:
        """For `pip download`: wheels that the target loads, whatever interpreter runs pip."""
        abis = [self.name, "abi3", "none"]
        platforms = [*PLATFORMS, "any"]
        return [
            *("--only-binary=:all:", "--implementation", "cp", "--python-version", self.python_version),
            *(option for abi in abis for option in ("--abi", abi)),
            *(option for platform in platforms for option in ("--platform", platform)),
        ]

    def markers(self) -> dict[str, str]:
        """The target's answers to a requirement's conditions (PEP 508)."""
        return {
            "python_version": self.python_version,
            "python_full_version": f"{self.python_version}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "platform_machine": "x86_64",
            "os_name": "posix",
            "extra": "",
        }


LAMBDA = Target(13)
HOST = Target(sys.version_info.minor)  # where there is no 3.13, tests import the same bundles made for this interpreter


@cache
def interpreter(target: Target) -> Path | None:
    """An interpreter of the target's version on this machine: on the path, else one that pyenv keeps; None when there is none."""
    if target == HOST:
        return Path(sys.executable)
    name = f"python{target.python_version}"
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [Path(path)] if (path := shutil.which(name)) else []
    for candidate in [*found, *sorted(kept.glob(f"{target.python_version}.*/bin/{name}"), reverse=True)]:
        ask = [str(candidate), "-c", "import sys; print(sys.version_info.minor)"]
        done = subprocess.run(ask, capture_output=True, text=True)  # noqa: S603
        if done.returncode == 0 and done.stdout.strip() == str(target.minor):  # a shim may stand for a version not chosen
            return candidate
    return None
