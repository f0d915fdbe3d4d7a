"""`python -m tests.tools.needs`: what the tests need from Debian is there, or one line says how to get it.

Runs on the system's own Python before there is a virtual environment: standard library only.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NODE_MAJOR = 20


@dataclass(frozen=True)
class Need:
    """A Debian package, what the tests use it for, and how to see that it is there."""

    package: str
    why: str
    present: Callable[[], bool]


def _command(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _chinese_font() -> bool:
    """A Noto CJK face is installed; without one Chinese is drawn as boxes."""
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(next(folder.rglob("NotoSansCJK*"), None) for folder in folders if folder.is_dir())


def _venv() -> bool:
    """Debian keeps what fills a virtual environment in a package of its own."""
    return importlib.util.find_spec("ensurepip") is not None or Path(".venv/.ready").exists()


def _dcmtk() -> bool:
    """dcmtk's own storescu, which is not pynetdicom's script of the same name in a virtual environment."""
    return shutil.which("dcmdump") is not None and shutil.which("img2dcm") is not None


NEEDS = (
    Need("chromium", "pages and the viewer", _command("chromium", "chromium-browser")),
    Need("dcmtk", "sending as a modality does", _dcmtk),
    Need("fonts-noto-cjk", "Chinese in screenshots", _chinese_font),
    Need("poppler-utils", "reading PDFs back", _command("pdftotext")),
    Need("python3-venv", "the project's own libraries", _venv),
)


def node_major() -> int:
    """Node's major version, 0 where there is none."""
    node = shutil.which("node")
    if node is None:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    match = re.match(r"v(\d+)", said)
    return int(match[1]) if match else 0


def missing(needs: tuple[Need, ...] = NEEDS) -> list[Need]:
    """Those needs that this machine does not meet."""
    return [need for need in needs if not need.present()]


def apt_line(absent: list[Need]) -> str:
    """The one line to run."""
    return "apt-get install --no-install-recommends " + " ".join(sorted(need.package for need in absent))


def main() -> None:
    """Print what is missing and how to get it; exit 1 then."""
    absent = missing()
    if absent:
        print("The tests need " + ", ".join(f"{need.package} ({need.why})" for need in absent) + ":")
        print("  " + apt_line(absent))
    major = node_major()
    if major < NODE_MAJOR:
        print(f"Node.js {NODE_MAJOR} or newer is needed" + (f"; this is {major}." if major else "; none was found."))
    if absent or major < NODE_MAJOR:
        sys.exit(1)


if __name__ == "__main__":
    main()
