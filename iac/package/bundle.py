"""One function's bundle: a folder with our files, the libraries that it needs and compiled files. Same input, same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iac.package.compiled import compile_beside, compile_instead
from iac.package.errors import BundleTooLarge
from iac.package.sources import source_files
from iac.package.stripping import stripped
from iac.package.target import Target, interpreter
from iac.package.trimming import stays, unlinked
from iac.package.wheels import Wheel, closure

LIMIT_MB = 110  # unzipped, 1 MB = 10^6 bytes; AWS allows 262
RULES = ("trimming.py", "stripping.py", "compiled.py")  # a change in one makes kept libraries void
EPOCH = 1577836800  # 2020-01-01: modification times are part of what gets zipped


@dataclass(frozen=True)
class Bundle:
    name: str
    folder: Path
    digest: str  # SHA-256 over paths and bytes of all files
    own_bytes: int
    library_bytes: Mapping[str, int]  # by library, compiled files included

    @property
    def megabytes(self) -> float:
        return (self.own_bytes + sum(self.library_bytes.values())) / 1e6

    def heaviest(self, count: int = 3) -> str:
        """`numpy 41.2, pillow 20.4, …`"""
        ranked = sorted(self.library_bytes.items(), key=lambda entry: -entry[1])[:count]
        return ", ".join(f"{name} {size / 1e6:.1f}" for name, size in ranked)

    def check_size(self, limit_mb: float = LIMIT_MB) -> None:
        """Raises BundleTooLarge, naming the heaviest."""
        if self.megabytes > limit_mb:
            raise BundleTooLarge(function=self.name, megabytes=self.megabytes, limit_mb=limit_mb, heaviest=self.heaviest(5))


def functions(root: Path) -> list[str]:
    """Folders that say what they need: each is a function."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/requirements.txt"))


def requirements(root: Path, name: str) -> list[str]:
    """Libraries that the function's own requirements.txt names; versions stand in the one at the root."""
    lines = (root / "functions" / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def build(root: Path, name: str, out: Path, wheels: Mapping[str, Wheel], target: Target, cache: Path) -> Bundle:
    """Make `out/{name}` anew. cache: keeps libraries unpacked, trimmed and compiled."""
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in source_files(root, name):
        target_path = folder / path.relative_to(root)
        target_path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target_path)
    if python := interpreter(target):
        compile_beside(folder, python)
    own_bytes = _size(folder)
    sizes: dict[str, int] = {}
    for wheel in closure(requirements(root, name), wheels, target):
        library = unpacked(wheel, target, cache)
        sizes[wheel.name] = _size(library)
        shutil.copytree(library, folder, dirs_exist_ok=True)
    return Bundle(name, folder, _settle(folder), own_bytes, sizes)


def unpacked(wheel: Wheel, target: Target, cache: Path) -> Path:
    """The wheel's files that stay, with compiled ones, in a folder of `cache` that its digest and our rules name."""
    rules = hashlib.sha256(b"".join(Path(__file__).with_name(name).read_bytes() for name in RULES))
    python = interpreter(target)
    key = f"{wheel.sha256[:16]}-{rules.hexdigest()[:8]}-{'compiled' if python else 'plain'}"
    done = cache / target.name / "unpacked" / f"{wheel.name}-{key}"
    if done.is_dir():
        return done
    fresh = done.with_name(f"{done.name}.{os.getpid()}")
    with zipfile.ZipFile(wheel.path) as archive:
        files = {file: archive.read(file) for file in wheel.files if stays(wheel.name, file)}
    for file in files.keys() - unlinked(files):
        path = fresh / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stripped(files[file]))
    if python:
        compile_instead(fresh, python)
    try:
        fresh.replace(done)
    except OSError:  # another process was first, with the same bytes
        shutil.rmtree(fresh)
    return done


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _settle(folder: Path) -> str:
    """Give every file the same time and mode; the digest of them all."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        path.chmod(0o644)
        os.utime(path, (EPOCH, EPOCH))
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
