"""Page weight: JavaScript before and with the viewer, compressed; the codec's wasm aside."""

from __future__ import annotations

import gzip
from pathlib import Path


def scripts_of(dist: Path) -> list[Path]:
    """Every script of the build for patients: pages, viewer, workers. The staff console loads on its own and is not counted."""
    return sorted(path for path in (dist / "assets").glob("*.js") if not path.name.startswith("staff"))


def compressed_bytes(script: Path) -> int:
    """What the CDN sends of it: gzip."""
    return len(gzip.compress(script.read_bytes(), 9, mtime=0))
