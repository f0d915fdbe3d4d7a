"""Our own files of a function: its folder, core, adapters, schemas and what else it opens."""

from __future__ import annotations

from pathlib import Path

SHARED = ("functions/__init__.py", "functions/core", "functions/adapters", "events/schemas")
FACE = "web/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"  # functions/adapters/fonts.py
OWN = {"billing": (FACE,), "render": (FACE,)}
SKIPPED = {"__pycache__"}
PROSE = {".md", ".txt"}  # format descriptions and lists of requirements: read by people and by the packer


def source_files(root: Path, name: str) -> list[Path]:
    """All files of the function whose folder is `functions/{name}`, in order."""
    found: list[Path] = []
    for part in (*SHARED, f"functions/{name}", *OWN.get(name, ())):
        start = root / part
        found += [start] if start.is_file() else [path for path in start.rglob("*") if path.is_file() and _is_read(path)]
    return sorted(found)


def _is_read(path: Path) -> bool:
    return not SKIPPED & set(path.parts) and path.suffix not in PROSE
