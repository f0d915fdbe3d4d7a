"""The libraries of a bundle: pinned by digest in `wheels.txt`, fetched once, and which needs which.

`requirements.txt` says which versions the project runs on; `wheels.txt` has the same with everything that they need, and the
digest of each wheel for every interpreter that bundles are made for. `python -m iac.package lock` writes it.
"""

from __future__ import annotations

import email
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from iac.package.errors import WheelsUnavailable, WheelUnpinned
from iac.package.target import Target
from iac.package.trimming import NEEDS_NOTHING

PINS = Path(__file__).with_name("wheels.txt")


@dataclass(frozen=True)
class Wheel:
    path: Path
    sha256: str

    @property
    def name(self) -> str:
        """Canonical: lower case, dashes."""
        return str(parse_wheel_filename(self.path.name)[0])

    @property
    def tags(self) -> set[str]:
        """`cp313-cp313-manylinux_2_28_x86_64`, …"""
        return {str(tag) for tag in parse_wheel_filename(self.path.name)[3]}

    @cached_property
    def files(self) -> list[str]:
        with zipfile.ZipFile(self.path) as archive:
            return sorted(entry.filename for entry in archive.infolist() if not entry.is_dir())

    @cached_property
    def packages(self) -> set[str]:
        """Names that it adds to what can be imported: folders and modules at its top."""
        tops = {file.split("/")[0] for file in self.files}
        return {top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data", ".libs"))}

    def needs(self, target: Target) -> list[str]:
        """Canonical names of what it requires on the target, extras left out."""
        if self.name in NEEDS_NOTHING:
            return []
        (metadata,) = [file for file in self.files if re.fullmatch(r"[^/]+\.dist-info/METADATA", file)]
        with zipfile.ZipFile(self.path) as archive:
            said = email.message_from_bytes(archive.read(metadata)).get_all("Requires-Dist") or []
        wanted = [Requirement(line) for line in said]
        return [canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate(target.markers())]


def fetch(target: Target, cache: Path, pins: Path = PINS) -> dict[str, Wheel]:
    """Every pinned wheel for the target, by canonical name; from `cache` where it is there. Raises WheelsUnavailable."""
    folder = cache / target.name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pinned(pins)
    found = _kept(folder, wanted)
    if missing := wanted.keys() - found.keys():
        asked = folder / "asked.txt"
        asked.write_text("".join(f"{wanted[name].line()}\n" for name in sorted(missing)), encoding="utf-8")
        options = [*target.pip_options(), "--no-deps", "--require-hashes", "--requirement", str(asked), "--dest", str(folder)]
        _pip("download", *options, target=target)
        found = _kept(folder, wanted)
    return found


@dataclass(frozen=True)
class Pin:
    name: str
    version: str
    digests: frozenset[str]

    def line(self) -> str:
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in sorted(self.digests))
        return f"{self.name}=={self.version} {hashes}"


def pinned(pins: Path = PINS) -> dict[str, Pin]:
    """The pins by canonical name."""
    found: dict[str, Pin] = {}
    for line in pins.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split()
            name, version = requirement.split("==")
            found[name] = Pin(name, version, frozenset(one.removeprefix("--hash=sha256:") for one in hashes))
    return found


def closure(names: Iterable[str], wheels: Mapping[str, Wheel], target: Target) -> list[Wheel]:
    """The named libraries and all that they need, sorted by name. Raises WheelUnpinned."""
    found: dict[str, Wheel] = {}
    waiting: list[tuple[str, str]] = [(canonicalize_name(name), "a function") for name in names]
    while waiting:
        name, needed_by = waiting.pop()
        if name in found:
            continue
        if name not in wheels:
            raise WheelUnpinned(name=name, needed_by=needed_by)
        found[name] = wheels[name]
        waiting += [(other, name) for other in wheels[name].needs(target)]
    return [found[name] for name in sorted(found)]


def lock(names: Iterable[str], targets: Iterable[Target], scratch: Path, pins: Path = PINS) -> None:
    """Write `pins`: the named libraries and all that they need, in the versions installed here, which the tests run on."""
    constraints = scratch / "installed.txt"
    constraints.write_text("".join(f"{one.name}=={one.version}\n" for one in distributions()), encoding="utf-8")
    versions: dict[str, str] = {}
    digests: dict[str, set[str]] = {}
    for target in targets:
        folder = scratch / target.name
        _pip("download", *target.pip_options(), "--constraint", str(constraints), "--dest", str(folder), *names, target=target)
        wheels = {wheel.name: wheel for wheel in (_wheel(path) for path in folder.glob("*.whl"))}
        for wheel in closure(names, wheels, target):
            versions[wheel.name] = str(parse_wheel_filename(wheel.path.name)[1])
            digests.setdefault(wheel.name, set()).add(wheel.sha256)
    lines = ["# Made by `python -m iac.package lock`: each library with all that it needs, by digest."]
    lines += [Pin(name, versions[name], frozenset(digests[name])).line() for name in sorted(versions)]
    pins.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _kept(folder: Path, wanted: Mapping[str, Pin]) -> dict[str, Wheel]:
    wheels = [_wheel(path) for path in sorted(folder.glob("*.whl"))]
    return {wheel.name: wheel for wheel in wheels if wheel.name in wanted and wheel.sha256 in wanted[wheel.name].digests}


def _wheel(path: Path) -> Wheel:
    with path.open("rb") as file:
        return Wheel(path, hashlib.file_digest(file, "sha256").hexdigest())


def _pip(*arguments: str, target: Target) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise WheelsUnavailable(target=target.name, reason=(done.stderr.strip().splitlines() or ["no reason given"])[-1])
