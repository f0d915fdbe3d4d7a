"""Small things that the agent's tests are built from."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from edge_agent.receiver.association import Terms
from edge_agent.receiver.server import Receiver
from edge_agent.spool.model import Item
from edge_agent.spool.port import RealDisk
from edge_agent.spool.records import Head, ObjectKind
from edge_agent.spool.store import Spool

EXPLICIT = str(uid.ExplicitVRLittleEndian)
STUDY, SERIES = "1.2.3.4", "1.2.3.4.1"
TERMS = Terms("LIGHTBOX", True, 1 << 20, 10.0)


def image(number: int = 1, *, study: str = STUDY, series: str = SERIES, size: int = 32, shade: int = 0) -> Dataset:
    """A small CT slice. `shade` changes pixels only."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = uid.CTImageStorage, f"{series}.{number}"
    ds.PatientName, ds.PatientID, ds.Modality = "Muster^Max", "P-1", "CT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.InstanceNumber = study, series, str(number)
    ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PixelSpacing = [0, 0, number], [1, 0, 0, 0, 1, 0], [1, 1]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.Rows, ds.Columns = 1, "MONOCHROME2", size, size
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    y, x = np.mgrid[:size, :size]
    ds.PixelData = ((x * 7 + y * 3 + number + shade) % 4096).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def encoded(ds: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    """The data set as it goes over the wire."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, ds)
    return BytesIO(buffer.getvalue()).read()


def keep(spool: Spool, ds: Dataset, *, calling: str = "CT1") -> Item | None:
    """Spool a data set as the receiver would."""
    data = encoded(ds)
    incoming = spool.begin()
    incoming.write(memoryview(data))
    head = Head(
        ObjectKind.DICOM,
        len(data),
        spool.now_ms(),
        hashlib.sha256(data).hexdigest(),
        str(ds.SOPClassUID),
        str(ds.SOPInstanceUID),
        EXPLICIT,
        str(ds.StudyInstanceUID),
        str(ds.SeriesInstanceUID),
        calling,
        "LIGHTBOX",
    )
    return incoming.commit(head)


@dataclass
class Clock:
    """A time that moves only when told."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class SyncingDisk(RealDisk):
    """The machine's disk, but for what makes the bytes of object files and of the journal stable."""

    def __init__(self, sync: Callable[[int], None], sync_journal: Callable[[int], None]) -> None:
        self._syncs = {".obj": sync, "": sync_journal}
        self._kinds: dict[int, str] = {}

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        fd = super().open(path, flags, mode)
        self._kinds[fd] = "" if path.name == "journal.part" else path.suffix
        return fd

    def sync(self, fd: int) -> None:
        self._syncs.get(self._kinds[fd], os.fdatasync)(fd)


@contextmanager
def opened(
    folder: Path,
    *,
    max_bytes: int = 1 << 30,
    clock: Clock | None = None,
    sync: Callable[[int], None] = os.fdatasync,
    sync_journal: Callable[[int], None] = os.fdatasync,
) -> Iterator[Spool]:
    clock = clock or Clock()
    disk = SyncingDisk(sync, sync_journal)
    spool = Spool(folder, max_bytes, 0, wall_s=clock, now_s=clock, disk=disk)
    try:
        yield spool
    finally:
        spool.close()


@contextmanager
def receiving(spool: Spool, terms: Terms = TERMS, max_associations: int = 16) -> Iterator[Receiver]:
    receiver = Receiver("127.0.0.1", 0, max_associations, terms, spool)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def in_thread(work: object) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread
