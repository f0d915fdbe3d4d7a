"""The real series of the reference set as the agent receives them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian

from bench.harness import NotHere
from functions.core.imaging.parcel import Received

if TYPE_CHECKING:
    from collections.abc import Callable


def real_ct() -> list[Received]:
    """20 slices of 512×512, decoded: their source is JPEG 2000. Raises NotHere without the data."""
    from tests.data import real_ct_native

    return _received(real_ct_native)


def real_mr() -> list[Received]:
    """20 slices. Raises NotHere without the data."""
    from tests.data import real_mr as paths

    return _received(paths)


def _received(paths: Callable[[], list[Path]]) -> list[Received]:
    try:
        return [_native(path) for path in paths()]
    except OSError as error:
        raise NotHere(f"the reference series: {error}") from error


def _native(path: Path) -> Received:
    ds = pydicom.dcmread(path)
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.decompress()
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, False
    write_dataset(out, ds)
    return Received(str(ds.SOPInstanceUID), str(ds.SOPClassUID), str(ExplicitVRLittleEndian), out.getvalue())
