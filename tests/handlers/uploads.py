"""Studies as an agent would upload them, small, into any vault: real parcels, real manifests."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite

from functions.adapters.vault.port import Vault
from functions.core.imaging.parcel import Received, pack
from functions.core.study import enrolment, keys
from functions.core.study.hospitals import Hospital
from tests.fakes import Fakes

TENANT = "xiehe"
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
ROOT = "1.2.826.0.1.3680043.10.9999"


@dataclass(frozen=True)
class Slices:
    """Some slices of one series. number: which study of the world; first, count: which slices."""

    number: int = 1
    series: int = 1
    first: int = 0
    count: int = 3
    patient_id: str = "P1"
    issuer: str = ""
    accession_number: str = "A1"
    name: str = "Zhang^San=张^三"
    changes: dict[str, Any] = field(default_factory=dict)  # DICOM keyword → value, for what else a test needs
    size: int = 64

    @property
    def study_uid(self) -> str:
        return f"{ROOT}.{self.number}"

    @property
    def series_uid(self) -> str:
        return f"{self.study_uid}.{self.series}"

    def sop_uids(self) -> list[str]:
        return [f"{self.series_uid}.{place + 1}" for place in range(self.first, self.first + self.count)]

    def received(self) -> list[Received]:
        return [self._one(place) for place in range(self.first, self.first + self.count)]

    def _one(self, place: int) -> Received:
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID, ds.SOPInstanceUID = CT, f"{self.series_uid}.{place + 1}"
        ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.Modality = "20261124", "140500", self.accession_number, "CT"
        ds.StudyDescription, ds.SeriesDescription = "胸部CT平扫", "肺窗"
        ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = self.name, self.patient_id, "19800102", "M"
        if self.issuer:
            ds.IssuerOfPatientID = self.issuer
        ds.StudyInstanceUID, ds.SeriesInstanceUID = self.study_uid, self.series_uid
        ds.SeriesNumber, ds.InstanceNumber = self.series, place + 1
        ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, place], [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness = [0.7, 0.7], 1
        ds.Rows = ds.Columns = self.size
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        noise = np.random.default_rng(place).integers(0, 64, (self.size, self.size))
        grey = (np.add.outer(np.arange(self.size), np.arange(self.size) + place * 5) * 8 + noise) % 4096
        ds.PixelData = grey.astype("<u2").tobytes()
        for keyword, value in self.changes.items():
            setattr(ds, keyword, value)
        return Received(f"{self.series_uid}.{place + 1}", CT, EXPLICIT_LITTLE, _bytes(ds))


def _bytes(ds: Dataset) -> bytes:
    out = io.BytesIO()
    dcmwrite(out, ds, implicit_vr=False, little_endian=True, enforce_file_format=False)
    assert pydicom.dcmread(io.BytesIO(out.getvalue()), force=True).Rows
    return out.getvalue()


def agent_of(tenant: str = TENANT, ae_title: str = "LIGHTBOX") -> str:
    """Id of the agent that is enrolled under this title, or would be."""
    return enrolment.agent_id(tenant, ae_title)


def add_hospital(deps: Fakes, tenant: str = TENANT, **fields: Any) -> Hospital:
    hospital = Hospital(tenant=tenant, name="协和医院", phone="010-12345678", hours="8–17", **fields)
    deps.table.put(hospital.to_row(), expect=None)
    return hospital


def upload(deps: Fakes, slices: Slices, tenant: str = TENANT, **changes: Any) -> dict[str, Any]:
    """Pack, put the parcels and the manifest; returns the ingest message. changes: of the manifest, before it is named."""
    study, series = deps.naming.study(tenant, slices.study_uid), deps.naming.series(tenant, slices.series_uid)
    parcels = []
    for parcel in pack(slices.received()):
        for blob in parcel.blobs:
            bucket, key = keys.parcel_object(tenant, study, series, blob.kind, blob.sha256)  # type: ignore[arg-type]
            deps.vault.put(bucket, key, blob.data, content_type="application/octet-stream")
        entry: dict[str, Any] = {kind: _named(getattr(parcel, kind)) for kind in ("heads", "low", "rest")}
        names = ("sop_uid", "sha256", "bytes", "part", "parts")
        entry["instances"] = [{name: getattr(instance, name) for name in names} for instance in parcel.instances]
        parcels.append(entry)
    manifest = {
        "schema": "manifest.v1",
        "tenant": tenant,
        "agent": agent_of(tenant),
        "study_uid": slices.study_uid,
        "series_uid": slices.series_uid,
        "study": study,
        "series": series,
        "packed_at": f"2026-11-24T06:00:{slices.first % 60:02d}Z",
        "source": {"kind": "dimse", "calling_ae_title": "CT1", "called_ae_title": "LIGHTBOX"},
        "parcels": parcels,
        **changes,
    }
    sha256 = put_json(deps.vault, lambda name: keys.manifest_object(tenant, study, series, name), manifest)
    about = {"kind": "manifest", "tenant": tenant, "study": study, "series": series, "sha256": sha256}
    return {**about, "agent": manifest["agent"]}


def declare(
    deps: Fakes,
    counts: dict[Slices, int] | list[tuple[Slices, int]],
    tenant: str = TENANT,
    at: str = "06:01:00",
    agent: str = "",
) -> dict[str, Any]:
    """Put a declaration of one study: how many instances each series has; returns the ingest message."""
    agent = agent or agent_of(tenant)
    pairs = list(counts.items()) if isinstance(counts, dict) else counts
    study = deps.naming.study(tenant, pairs[0][0].study_uid)
    declaration = {
        "schema": "declaration.v1",
        "tenant": tenant,
        "agent": agent,
        "study_uid": pairs[0][0].study_uid,
        "study": study,
        "declared_at": f"2026-11-24T{at}Z",
        "reason": "quiet",
        "series": [
            {"series_uid": one.series_uid, "series": deps.naming.series(tenant, one.series_uid), "instances": count}
            for one, count in pairs
        ],
    }
    sha256 = put_json(deps.vault, lambda name: keys.declaration_object(tenant, study, name), declaration)
    return {"kind": "declaration", "tenant": tenant, "study": study, "sha256": sha256, "agent": agent}


def report(deps: Fakes, tenant: str = TENANT, **changes: Any) -> dict[str, Any]:
    """Put a report; changes: of its fields, `patient` among them; returns the ingest message."""
    document = {
        "schema": "report.v1",
        "tenant": tenant,
        "patient": {"id": "P1", "issuer": "", "name": "张三", "sex": "M", "birth_date": "1980-01-02", "phone": "13800001234"},
        "accession_number": "A1",
        "state": "audited",
        "version": 1,
        "item": "胸部CT平扫",
        "findings": "两肺纹理清晰。",
        "impression": "未见异常。",
        "people": [{"role": "auditor", "name": "李医生"}],
        "audited_at": "2026-11-24T06:03:00Z",
        "language": "zh-CN",
        **changes,
    }
    sha256 = put_json(deps.vault, lambda name: keys.report_object(tenant, name), document)
    return {"kind": "report", "tenant": tenant, "sha256": sha256, "agent": agent_of(tenant)}


def registration(deps: Fakes, tenant: str = TENANT, **changes: Any) -> dict[str, Any]:
    """Put a registration of the same exam and patient; returns the ingest message."""
    document = {
        "schema": "registration.v1",
        "tenant": tenant,
        "patient": {"id": "P1", "issuer": "", "name": "张三", "sex": "M", "birth_date": "1980-01-02", "phone": "13800001234"},
        "accession_number": "A1",
        "item": "胸部CT平扫",
        "modality": "CT",
        "scheduled_at": "2026-11-24T06:30:00Z",
        "registered_at": "2026-11-24T05:40:00Z",
        "changed_at": "2026-11-24T05:40:00Z",
        "state": "registered",
        **changes,
    }
    sha256 = put_json(deps.vault, lambda name: keys.registration_object(tenant, name), document)
    return {"kind": "registration", "tenant": tenant, "sha256": sha256, "agent": agent_of(tenant)}


def put_json(vault: Vault, key: Any, document: dict[str, Any]) -> str:
    body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    vault.put("originals", key(sha256), body, content_type="application/json")
    return sha256


def _named(blob: Any) -> dict[str, Any] | None:
    return None if blob is None else {"sha256": blob.sha256, "bytes": len(blob.data)}
