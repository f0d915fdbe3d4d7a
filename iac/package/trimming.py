"""What of a library stays out of a bundle, and why. A file that no rule names is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

AWS_SERVICES = ("dynamodb", "events", "s3", "secretsmanager", "sqs", "sts", "xray")  # that functions/adapters call
CODECS = (
    "deflate",
    "htj2k",
    "imcd",
    "jpeg2k",
    "jpeg8",
    "jpegls",
    "jpegsof3",
    "shared",
    "shared_cython",
)  # core/imaging/decoders.py

EVERYWHERE = (
    "*/tests/*",
    "*/__pycache__/*",
    "*.pyi",  # types, for checkers
    "*.c",  # sources of what is compiled beside them
    "*.h",
    "*.a",
    "*.pxd",
    "*.pyx",
    "*.data/*",  # scripts and manual pages
    "*.dist-info/RECORD",
    "*.dist-info/entry_points.txt",
)
OF_ONE = {
    "aws-lambda-powertools": ("*/event_handler/*",),
    "boto3": ("boto3/examples/*", "boto3/data/*"),  # resources: the functions use clients
    "botocore": ("botocore/data/*/examples-1.json",),
    "fonttools": ("fontTools/merge/*", "fontTools/mtiLib/*", "fontTools/qu2cu/*", "fontTools/ufoLib/*", "fontTools/voltLib/*"),
    "jsonschema": ("jsonschema/benchmarks/*",),
    "numpy": (
        *(f"numpy/{part}/*" for part in ("f2py", "fft", "polynomial", "random", "testing")),  # imported when first asked for
        *("numpy/_core/_*_tests.*", "numpy/_core/_simd.*", "numpy/_pyinstaller/*"),  # for numpy's own tests and for packers
    ),
    "pillow": ("PIL/_avif.*", "PIL/_webp.*", "PIL/_imagingtk.*"),  # pictures here are JPEG and PNG
    "pydicom": ("pydicom/sr/*", "pydicom/data/test_files/*", "pydicom/data/charset_files/*"),  # codes of structured reports
    "python-dateutil": ("dateutil/zoneinfo/*",),  # time zones are tzdata's
    "zstandard": ("zstandard/_cffi.*", "zstandard/backend_cffi.py"),  # for other interpreters than CPython
}
# Chalice's runtime is two files; the rest is its command line, which deploys what template.yaml deploys here (design §7).
CHALICE_RUNTIME = ("chalice/__init__.py", "chalice/app.py")
NEEDS_NOTHING = {"chalice"}  # of what its metadata asks for: that is the command line's


def stays(name: str, file: str) -> bool:
    """name: the library's canonical name; file: a path inside its wheel."""
    if any(fnmatchcase(file, pattern) for pattern in (*EVERYWHERE, *OF_ONE.get(name, ()))):
        return False
    chosen = CHOSEN.get(name)
    return chosen is None or ".dist-info/" in file or chosen(file)


def _chalice(file: str) -> bool:
    return file in CHALICE_RUNTIME


def _botocore(file: str) -> bool:
    """A service's model is a folder of `data`; of 400 six are used."""
    parts = file.split("/")
    return parts[1] != "data" or len(parts) == 3 or parts[2] in AWS_SERVICES


def _powertools(file: str) -> bool:
    """Of its utilities the logger needs one."""
    return "/utilities/" not in file or "/utilities/jmespath_utils/" in file or file.endswith("/utilities/__init__.py")


def _imagecodecs(file: str) -> bool:
    """One compiled module for each codec; which libraries these link is seen by `unlinked`."""
    codec = re.fullmatch(r"imagecodecs/_(\w+)\..*so", file)
    return codec is None or codec[1] in CODECS


CHOSEN: dict[str, Callable[[str], bool]] = {
    "aws-lambda-powertools": _powertools,
    "botocore": _botocore,
    "chalice": _chalice,
    "imagecodecs": _imagecodecs,
}


def unlinked(files: dict[str, bytes]) -> set[str]:
    """Libraries that came along in `*.libs/` and that nothing in `files` (path → bytes) links, directly or through another.

    A binary names what it links in its string table: a library whose name stands in no kept binary cannot be loaded by one.
    """
    libraries = {path: path.rsplit("/", 1)[1].encode() for path in files if re.search(r"\.libs/[^/]+$", path)}
    kept = {path for path in files if path not in libraries and ".so" in path.rsplit("/", 1)[-1]}
    waiting: Iterable[str] = kept
    while waiting:
        named = {path for path in libraries.keys() - kept if any(libraries[path] in files[user] for user in waiting)}
        kept |= named
        waiting = named
    return libraries.keys() - kept
