"""What is sent: small studies, reports and one large object, the same in every run: a seed is only the order of things."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from pydicom import uid
from pydicom.dataset import Dataset

from edge_agent.spool.records import Head, ObjectKind
from tests.agent.building import EXPLICIT, encoded, image
from tests.agent.cloud_server import TENANT

_REPORT = Path(__file__).parents[2] / "events" / "samples" / "report.v1.json"
STUDIES = ("1.2.3.1", "1.2.3.2")
PARCEL_MIB = 0.1  # the smallest that settings allow; the large object does not fit into one


@dataclass(frozen=True, slots=True)
class Thing:
    """One object to deliver. pdf: of a report, the bytes of the document that it names."""

    data: bytes
    sha256: str
    head: Head
    pdf: bytes | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.head.sop_uid, self.sha256

    def __repr__(self) -> str:
        return f"{self.head.sop_uid or 'report'}/{self.sha256[:6]}"


def _dicom(ds: Dataset, calling: str) -> Thing:
    data = encoded(ds)
    sha256 = hashlib.sha256(data).hexdigest()
    head = Head(
        ObjectKind.DICOM,
        len(data),
        0,
        sha256,
        str(ds.SOPClassUID),
        str(ds.SOPInstanceUID),
        EXPLICIT,
        str(ds.StudyInstanceUID),
        str(ds.SeriesInstanceUID),
        calling,
        "LIGHTBOX",
    )
    return Thing(data, sha256, head)


def _text(study: str, series: str, number: int, words: str) -> Dataset:
    """Small, without pixels."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = uid.BasicTextSRStorage, f"{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = study, series, "SR"
    ds.PatientName, ds.PatientID, ds.TextValue = "Muster^Max", "P-1", words
    return ds


@cache
def instances() -> tuple[Thing, ...]:
    """Two studies of two series: text and two images; one UID that stands for two different objects."""
    made: list[Thing] = []
    for study in STUDIES:
        for series, calling in ((f"{study}.1", "CT1"), (f"{study}.2", "MR1")):
            made += [_dicom(_text(study, series, number, "x" * 97 * number), calling) for number in range(1, 5)]
        made.append(_dicom(image(9, study=study, series=f"{study}.1", size=8), "CT1"))
    made.append(_dicom(_text(STUDIES[0], f"{STUDIES[0]}.1", 1, "the other one of this name"), "CT1"))
    return tuple(made)


@cache
def large() -> Thing:
    """Of several parcels, so that it goes in several shipments."""
    ds = _text(STUDIES[0], f"{STUDIES[0]}.3", 1, "")
    ds.add_new(0x00420011, "OB", Random(1).randbytes(230_000))
    return _dicom(ds, "CT1")


@cache
def reports() -> tuple[Thing, ...]:
    """Two versions of a report, one with a PDF."""
    sample = json.loads(_REPORT.read_text("utf-8")) | {"tenant": TENANT}
    made = []
    for version, pdf in ((1, None), (2, b"%PDF-1.4 corrected")):
        content = sample | {"version": version, "state": "corrected" if version > 1 else "audited"}
        if pdf is not None:
            content["pdf"] = {"sha256": hashlib.sha256(pdf).hexdigest(), "bytes": len(pdf)}
        data = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        sha256 = hashlib.sha256(data).hexdigest()
        made.append(Thing(data, sha256, Head(ObjectKind.REPORT, len(data), 0, sha256), pdf))
    return tuple(made)
