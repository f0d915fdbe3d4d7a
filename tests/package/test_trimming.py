"""What stays out of a bundle is what nothing in it reads."""

from __future__ import annotations

import _struct
import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

from iac.package.imports import reached
from iac.package.stripping import HEADER, stripped
from iac.package.trimming import stays, unlinked


@pytest.mark.parametrize(
    ("name", "file", "kept"),
    [
        ("chalice", "chalice/app.py", True),
        ("chalice", "chalice/package.py", False),
        ("botocore", "botocore/data/s3/2006-03-01/service-2.json.gz", True),
        ("botocore", "botocore/data/ec2/2016-11-15/service-2.json.gz", False),
        ("botocore", "botocore/data/endpoints.json", True),
        ("imagecodecs", "imagecodecs/_htj2k.abi3.so", True),
        ("imagecodecs", "imagecodecs/_avif.abi3.so", False),
        ("imagecodecs", "imagecodecs/imagecodecs.py", True),
        ("numpy", "numpy/_core/tests/test_ufunc.py", False),
        ("six", "six-1.17.0.dist-info/LICENSE", True),
        ("six", "six-1.17.0.dist-info/RECORD", False),
    ],
)
def test_a_file_stays_or_not(name: str, file: str, *, kept: bool) -> None:
    """Chalice's two files, the services and codecs in use; licences always."""
    assert stays(name, file) is kept


def test_a_library_stays_while_something_links_it_also_through_another() -> None:
    """A missing one is found at the first picture only."""
    files = {
        "codec/_htj2k.abi3.so": b"...\0libopenjph-1.so\0libc.so.6\0",
        "codec.libs/libopenjph-1.so": b"...\0libmath-2.so\0",
        "codec.libs/libmath-2.so": b"...",
        "codec.libs/libavif-3.so": b"...\0libmath-2.so\0",
        "codec/readme.py": b"libavif-3.so",
    }
    assert unlinked(files) == {"codec.libs/libavif-3.so"}


@pytest.mark.skipif(not hasattr(_struct, "__file__"), reason="this interpreter was built with `struct` inside")
def test_a_stripped_library_is_loaded_and_works(tmp_path: Path) -> None:
    """The loader reads segments only; what is behind them is for debuggers."""
    whole = Path(_struct.__file__).read_bytes()
    short = tmp_path / "_struct.so"
    short.write_bytes(stripped(whole) + b"")
    assert len(short.read_bytes()) < len(whole)
    assert HEADER.unpack_from(short.read_bytes())[6] == 0
    loader = importlib.machinery.ExtensionFileLoader("_struct", str(short))
    spec = importlib.util.spec_from_loader("_struct", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    assert module.pack("<I", 7) == b"\x07\0\0\0"


def test_what_is_no_library_stays_as_it_is() -> None:
    """Most files are none."""
    assert stripped(b"import this\n") == b"import this\n"


def test_imports_inside_functions_are_reached_and_those_for_type_checkers_are_not(tmp_path: Path) -> None:
    """The first break in the cloud only; the second would carry type stubs there."""
    package = tmp_path / "functions"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one.py").write_text(
        "from typing import TYPE_CHECKING\nfrom functions import two\nif TYPE_CHECKING:\n    import mypy_boto3_s3\n"
    )
    (package / "two.py").write_text("def work():\n    try:\n        import zstandard\n    finally:\n        import json\n")
    found = reached(tmp_path, "functions.one")
    assert found.ours == {"functions", "functions.one", "functions.two"}
    assert found.libraries == {"zstandard"}
