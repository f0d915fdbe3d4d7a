"""Debian's Orthanc holding one study, set up as for our other measurements: gzip on, no waiting sockets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench._cloud_orthanc import DicomWeb


@contextmanager
def orthanc_with(files: Sequence[Path]) -> Iterator[str]:
    """Yields its address once it has stored the files. Raises NotHere when it is not installed or does not start."""
    with TemporaryDirectory(prefix="lightbox-orthanc-") as folder:
        server = DicomWeb(Path(folder))
        try:
            for file in files:
                server.http.post("/instances", content=file.read_bytes()).raise_for_status()
            yield str(server.http.base_url).rstrip("/")
        finally:
            server.http.close()
            server.stop()
