"""From data sets to films in memory: packing, ingest, the stream's events and render, without a cloud."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian

from functions.adapters.secrets import FixedSecrets, SecretValues
from functions.adapters.table.memory import MemoryTable
from functions.core.imaging.parcel import Received, pack
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, ReportVersion, Series, Study
from functions.ingest.batch import ingest
from functions.render.handler import render
from tests.fakes import NAMING_KEY, Fakes, sqs_event
from tests.handlers.patient_world import LINK_KEY

TENANT = "shiyi"
TIME = "2026-11-24T06:05:00Z"
CT, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"


def image(
    pixels: NDArray[Any],
    *,
    study: str = "1.2.3",
    series: str = "1.2.3.1",
    number: int = 1,
    modality: str = "CT",
    photometric: str = "MONOCHROME2",
    **attributes: Any,
) -> Dataset:
    """A data set around the pixels: (rows, columns), (frames, rows, columns), or (rows, columns, 3)."""
    ds = Dataset()
    ds.SOPClassUID = CT if modality == "CT" else SC
    ds.SOPInstanceUID = f"{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = "Zhang^Sanfeng=张三丰", "P1", "his"
    ds.PatientSex, ds.PatientBirthDate = "M", "19630501"
    ds.AccessionNumber, ds.Modality = "A1", modality
    ds.StudyDate, ds.StudyTime = "20261124", "140500"
    ds.StudyDescription, ds.SeriesDescription = "Chest", "胸部 1mm"
    ds.SeriesNumber, ds.InstanceNumber = "2", str(number)
    colour = pixels.ndim == 3 and pixels.shape[-1] == 3
    if pixels.ndim == 3 and not colour:
        ds.NumberOfFrames = str(pixels.shape[0])
    ds.Rows, ds.Columns = pixels.shape[-3:-1] if colour else pixels.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = (3, "RGB") if colour else (1, photometric)
    if colour:
        ds.PlanarConfiguration = 0
    ds.BitsAllocated = ds.BitsStored = pixels.dtype.itemsize * 8
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, int(pixels.dtype.kind == "i")
    for name, value in attributes.items():
        setattr(ds, name, value)
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    return ds


def ct_slice(number: int, *, size: int = 64, level: int = 0, **attributes: Any) -> Dataset:
    """An axial slice, 0.8 mm pixels, 1 mm apart, a bright disc on air."""
    y, x = np.mgrid[:size, :size]
    disc = np.hypot(x - size / 2, y - size / 2) < size / 3
    hu = np.where(disc, 40 + level, -1000).astype(np.int16)
    geometry = {
        "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        "ImagePositionPatient": ["-100", "-100", str(float(number))],
        "PixelSpacing": ["0.8", "0.8"],
        "SliceThickness": "1",
        "RescaleIntercept": "0",
        "RescaleSlope": "1",
        "WindowCenter": "40",
        "WindowWidth": "400",
    }
    return image(hu, number=number, **{**geometry, **attributes})


def data_set_bytes(ds: Dataset) -> bytes:
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, ds)
    return stream.getvalue()


@dataclass
class RenderWorld:
    """watch collects what publish would put on the bus."""

    events: list[dict[str, Any]] = field(default_factory=list)
    deps: Fakes = field(init=False)

    def __post_init__(self) -> None:
        table = MemoryTable(watch=lambda old, new: self.events.extend(changes.events(old, new, TIME)))
        secrets = FixedSecrets(SecretValues(naming_key=NAMING_KEY, link_key=LINK_KEY))
        self.deps = Fakes(table=table, secrets=secrets)
        self.deps.table.put(Hospital(TENANT, "佛山市示例医院", phone="0757", issuer="his").to_row(), expect=None)

    def copied(self) -> RenderWorld:
        """Another world where the same has happened."""
        other = RenderWorld()
        other.events[:] = self.events
        other.deps.table._rows = dict(self.deps.table._rows)
        other.deps.vault._objects = dict(self.deps.vault._objects)
        return other

    # -- what the agent does ---------------------------------------------------------------------------------------------------

    def send(self, data_sets: Sequence[Dataset]) -> None:
        """Pack, upload and confirm the images of one series."""
        received = [
            Received(ds.SOPInstanceUID, ds.SOPClassUID, str(ExplicitVRLittleEndian), data_set_bytes(ds)) for ds in data_sets
        ]
        study_uid, series_uid = data_sets[0].StudyInstanceUID, data_sets[0].SeriesInstanceUID
        study, series = self.deps.naming.study(TENANT, study_uid), self.deps.naming.series(TENANT, series_uid)
        parcels = []
        for parcel in pack(received):
            for blob in parcel.blobs:
                bucket, key = keys.parcel_object(TENANT, study, series, blob.kind, blob.sha256)
                self.deps.vault.put(bucket, key, blob.data, content_type="application/octet-stream")
            entry: dict[str, Any] = {
                kind: blob and {"sha256": blob.sha256, "bytes": len(blob.data)}
                for kind, blob in (("heads", parcel.heads), ("low", parcel.low), ("rest", parcel.rest))
            }
            entry["instances"] = [
                {"sop_uid": one.sop_uid, "sha256": one.sha256, "bytes": one.bytes, "part": one.part, "parts": one.parts}
                for one in parcel.instances
            ]
            parcels.append(entry)
        document = {
            "schema": "manifest.v1",
            "tenant": TENANT,
            "agent": "agent-1",
            "study_uid": study_uid,
            "series_uid": series_uid,
            "study": study,
            "series": series,
            "packed_at": TIME,
            "source": {"kind": "dimse"},
            "parcels": parcels,
        }
        body, digest = _document(document)
        self.deps.vault.put(
            "originals", keys.manifest_object(TENANT, study, series, digest), body, content_type="application/json"
        )
        self._ingest(
            {"kind": "manifest", "tenant": TENANT, "sha256": digest, "study": study, "series": series, "agent": "agent-1"}
        )

    def declare(self, counts: dict[str, int], study_uid: str = "1.2.3") -> None:
        """counts: series UID to instances."""
        study = self.deps.naming.study(TENANT, study_uid)
        document = {
            "schema": "declaration.v1",
            "tenant": TENANT,
            "agent": "agent-1",
            "study_uid": study_uid,
            "study": study,
            "declared_at": TIME,
            "reason": "quiet",
            "series": [
                {"series_uid": uid, "series": self.deps.naming.series(TENANT, uid), "instances": count}
                for uid, count in counts.items()
            ],
        }
        body, digest = _document(document)
        self.deps.vault.put("originals", keys.declaration_object(TENANT, study, digest), body, content_type="application/json")
        self._ingest({"kind": "declaration", "tenant": TENANT, "sha256": digest, "study": study, "agent": "agent-1"})

    def report(self, *, pdf: bytes | None = None, **changed: Any) -> None:
        document: dict[str, Any] = {
            "schema": "report.v1",
            "tenant": TENANT,
            "patient": {
                "id": "P1",
                "issuer": "his",
                "name": "张三丰",
                "sex": "M",
                "birth_date": "1963-05-01",
                "phone": "13800001234",
            },
            "accession_number": "A1",
            "state": "audited",
            "version": 1,
            "item": "胸部CT平扫",
            "findings": "双肺纹理清晰，未见实质性病变。",
            "impression": "双肺未见明显异常。",
            "people": [{"role": "reporter", "name": "李医生"}, {"role": "auditor", "name": "王主任"}],
            "reported_at": "2026-11-24T06:20:00Z",
            "audited_at": "2026-11-24T06:40:00Z",
            "language": "zh-CN",
            **changed,
        }
        if pdf is not None:
            digest = keys.sha256_hex(pdf)
            document["pdf"] = {"sha256": digest, "bytes": len(pdf)}
            self.deps.vault.put("originals", keys.report_object(TENANT, digest), pdf, content_type="application/pdf")
        body, digest = _document(document)
        self.deps.vault.put("originals", keys.report_object(TENANT, digest), body, content_type="application/json")
        self._ingest({"kind": "report", "tenant": TENANT, "sha256": digest, "agent": "agent-1"})

    def _ingest(self, message: dict[str, Any]) -> None:
        assert ingest(sqs_event(json.dumps(message)), self.deps) == {"batchItemFailures": []}

    # -- what the cloud does ---------------------------------------------------------------------------------------------------

    def render(self, *kinds: str) -> None:
        """Give render every event so far (of these kinds), as the bus would."""
        wanted = kinds or ("series_indexed", "study_completed", "study_revised", "report_audited", "exam_released")
        for event in list(self.events):
            if event["type"] in wanted:
                render(event, self.deps)

    def study(self, study_uid: str = "1.2.3") -> Study:
        row = self.deps.table.get(keys.study_pk(TENANT, self.deps.naming.study(TENANT, study_uid)), "STUDY")
        return Study.from_row(row or {})

    def series(self, series_uid: str = "1.2.3.1", study_uid: str = "1.2.3") -> Series:
        names = self.deps.naming
        pk, sk = keys.study_pk(TENANT, names.study(TENANT, study_uid)), keys.series_sk(names.series(TENANT, series_uid))
        return Series.from_row(self.deps.table.get(pk, sk) or {})

    def exam(self) -> Exam:
        name = self.deps.naming.exam(TENANT, accession_number="A1", study_uid="")
        return Exam.from_row(self.deps.table.get(keys.exam_pk(TENANT, name), "EXAM") or {})

    def report_row(self, version: int = 1) -> ReportVersion:
        exam = self.exam().exam
        return ReportVersion.from_row(self.deps.table.get(keys.exam_pk(TENANT, exam), keys.exam_report_sk(version)) or {})

    def thumbnail(self, series_uid: str = "1.2.3.1") -> bytes:
        row = self.series(series_uid)
        return self.deps.vault.get("pixels", f"{keys.parcel_prefix(TENANT, row.study, row.series)}{row.thumbnail}")

    def derived(self, name: str) -> bytes:
        """A page or PDF of the film."""
        return self.deps.vault.get("derived", f"{keys.derived_prefix(TENANT, self.study().study)}{name}")

    def report_pdf(self, version: int = 1) -> bytes:
        place = self.report_row(version).document or {}
        return self.deps.vault.get("derived", f"{keys.derived_prefix(TENANT, place['exam'])}{place['name']}")


def _document(document: dict[str, Any]) -> tuple[bytes, str]:
    body = json.dumps(document, ensure_ascii=False).encode()
    return body, keys.sha256_hex(body)
