"""Each function's code as a zip for the local cloud: its own folder, core, adapters, schemas.

Libraries come from the interpreter that runs the emulator.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

SHARED = ("functions/__init__.py", "functions/core", "functions/adapters", "events")
OWN = {  # functions/render/fonts.py
    "render": ("web/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",),
}
SKIPPED = {"__pycache__"}
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


def source_files(root: Path, name: str) -> list[Path]:
    """All files of a function's bundle, in order."""
    found: list[Path] = []
    for part in (*SHARED, f"functions/{name}", *OWN.get(name, ())):
        start = root / part
        found += (
            [start]
            if start.is_file()
            else [path for path in start.rglob("*") if path.is_file() and not SKIPPED & set(path.parts)]
        )
    return sorted(found)


def fingerprint(root: Path, names: list[str]) -> str:
    """SHA-256 over every source file's path and bytes: equal when a deploy would change no code."""
    digest = hashlib.sha256()
    for path in sorted({path for name in names for path in source_files(root, name)}):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
