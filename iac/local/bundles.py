"""Each function's own files (iac/package/sources.py) as a zip for the local cloud.

Libraries come from the interpreter that runs the emulator.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from iac.package.sources import source_files

EPOCH = (2020, 1, 1, 0, 0, 0)  # the same files always make the same zip


@dataclass(frozen=True)
class Bundle:
    name: str
    data: bytes
    digest: str  # SHA-256 of data


def bundle(root: Path, name: str) -> Bundle:
    """The zip of the function whose folder is `functions/{name}`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in source_files(root, name):
            archive.writestr(zipfile.ZipInfo(path.relative_to(root).as_posix(), EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    return Bundle(name, data, hashlib.sha256(data).hexdigest())


def fingerprint(root: Path, names: list[str]) -> str:
    """SHA-256 over every source file's path and bytes: equal when a deploy would change no code."""
    digest = hashlib.sha256()
    for path in sorted({path for name in names for path in source_files(root, name)}):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
