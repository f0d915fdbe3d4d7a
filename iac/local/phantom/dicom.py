"""The phantom as a DICOM series: one CT Image Storage file per slice, with geometry and identity."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from iac.local.made import made_once
from iac.local.phantom.scan import EXTENT_MM, FIELD_MM, NOISE_HU, ChestScan

VERSION = 2  # goes into the name of a cached series: raise it when a picture or an attribute changes
INTERCEPT = -1024
PADDING = -2000  # stored value outside the field of view


@dataclass(frozen=True)
class Identity:
    """Whose scan it is said to be. Everything is invented; UIDs are derived from `study`, so that a set is the same twice."""

    patient_name: str = "Zhang^Wei=张^伟"
    patient_id: str = "P20260017"
    issuer: str = "RENHE"
    birth_date: str = "19610915"
    sex: str = "M"
    accession: str = "CT2026112400017"
    study: str = "phantom-chest"
    at: datetime = datetime(2026, 11, 24, 13, 47, 5)  # noqa: DTZ001 - DICOM times are the hospital's own
    hospital: str = "仁和医院"
    description: str = "胸部CT平扫"
    charset: str = "ISO_IR 192"  # or GB18030

    @property
    def age(self) -> str:
        """Age at the exam, as DICOM writes it."""
        birthday_to_come = self.at.strftime("%m%d") < self.birth_date[4:]
        return f"{self.at.year - int(self.birth_date[:4]) - birthday_to_come:03d}Y"

    def uid(self, what: str) -> str:
        """A UID under 2.25 (PS3.5 B.2), from the SHA-256 of what it names."""
        digest = hashlib.sha256(f"{self.study}\n{what}".encode()).digest()
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def write_phantom(
    out: Path, slices: int = 120, *, size: int = 512, seed: int = 2026, identity: Identity | None = None, number: int = 2
) -> list[Path]:
    """Write a series of `slices` files into `out` and return their paths in slice order.

    number: Series Number; series of one identity with other numbers belong to the same study.
    Raises ValueError when there is nothing to write.
    """
    if slices < 1 or size < 64:
        raise ValueError(f"{slices} slices of {size} pixels cannot be made: at least 1 of 64 are needed")
    who = identity or Identity()
    out.mkdir(parents=True, exist_ok=True)
    common = _series(who, slices, size, number)
    paths = []
    for index, hu in enumerate(ChestScan(size, seed).slices(slices)):
        path = out / f"IM{index + 1:05d}.dcm"
        _slice(common, who, hu, index, slices, number).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def cached_phantom(
    slices: int = 120,
    *,
    size: int = 512,
    seed: int = 2026,
    identity: Identity | None = None,
    number: int = 2,
    root: Path = Path("build/phantom"),
) -> list[Path]:
    """As `write_phantom`, into a folder of `root` named by all parameters; made once, then found again."""
    who = identity or Identity()
    key = hashlib.sha256(repr((VERSION, slices, size, seed, number, sorted(asdict(who).items()))).encode()).hexdigest()[:16]
    folder = made_once(
        root / f"{slices}x{size}-{key}",
        lambda fresh: write_phantom(fresh, slices, size=size, seed=seed, identity=who, number=number),
    )
    return sorted(folder.glob("*.dcm"))


def _series(who: Identity, slices: int, size: int, number: int) -> Dataset:
    """What all slices share."""
    ds = Dataset()
    day, time = who.at.strftime("%Y%m%d"), who.at.strftime("%H%M%S")
    ds.SpecificCharacterSet = who.charset
    ds.SOPClassUID = CTImageStorage
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = time
    ds.AccessionNumber = who.accession
    ds.Modality = "CT"
    ds.Manufacturer = "Lightbox"
    ds.InstitutionName = who.hospital
    ds.ReferringPhysicianName = ""
    ds.StationName = "CT01"
    ds.StudyDescription = who.description
    ds.SeriesDescription = f"胸部 {EXTENT_MM / slices:.2f} mm"
    ds.ManufacturerModelName = "Phantom"
    ds.PatientName = who.patient_name
    ds.PatientID = who.patient_id
    ds.IssuerOfPatientID = who.issuer
    ds.PatientBirthDate = who.birth_date
    ds.PatientSex = who.sex
    ds.PatientAge = who.age
    ds.BodyPartExamined = "CHEST"
    ds.PatientPosition = "HFS"
    ds.SliceThickness = f"{EXTENT_MM / slices:.4f}"
    ds.SpacingBetweenSlices = f"{EXTENT_MM / slices:.4f}"
    ds.KVP = "120"
    ds.ReconstructionDiameter = f"{FIELD_MM:.1f}"
    ds.ConvolutionKernel = "STANDARD"
    ds.ProtocolName = "胸部平扫"
    ds.StudyInstanceUID = who.uid("study")
    ds.SeriesInstanceUID = who.uid(f"series {number}")
    ds.FrameOfReferenceUID = who.uid("frame of reference")
    ds.StudyID = who.accession[-8:]
    ds.SeriesNumber = str(number)
    ds.AcquisitionNumber = "1"
    ds.PositionReferenceIndicator = ""
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows = ds.Columns = size
    ds.PixelSpacing = [f"{FIELD_MM / size:.6f}"] * 2
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 1
    ds.PixelPaddingValue = PADDING
    ds.WindowCenter = ["-600", "40"]
    ds.WindowWidth = ["1500", "400"]
    ds.WindowCenterWidthExplanation = ["LUNG", "MEDIASTINUM"]
    ds.RescaleIntercept = str(INTERCEPT)
    ds.RescaleSlope = "1"
    ds.RescaleType = "HU"
    ds.ImageComments = f"Made from formulas, not from a patient; noise {NOISE_HU:.0f} HU"
    return ds


def _slice(common: Dataset, who: Identity, hu: NDArray[np.int16], index: int, slices: int, number: int) -> Dataset:
    """One instance: `common` with its own place and pixels."""
    ds = Dataset()
    ds.update(common)
    step = EXTENT_MM / slices
    z = -index * step  # first slice at the neck, feet downwards
    corner = -FIELD_MM / 2 + FIELD_MM / hu.shape[0] / 2
    ds.SOPInstanceUID = who.uid(f"series {number} instance {index + 1}")
    ds.InstanceNumber = str(index + 1)
    ds.ImagePositionPatient = [f"{corner:.4f}", f"{corner:.4f}", f"{z:.4f}"]
    ds.SliceLocation = f"{z:.4f}"
    ds.PixelData = (hu - np.int16(INTERCEPT)).astype("<i2").tobytes()
    ds["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta
    return ds
