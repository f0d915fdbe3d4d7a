"""One small valid instance of each standard modality, as its scanner would send it.

`instance("CT")` gives a data set with file meta information, `write_all(folder)` a file of each. UIDs are derived from the
modality and an index, so that a set is the same twice. Checked once with dicom3tools' dciodvfy: no errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence

from iac.local.phantom import Identity

SIZE = 64
Fill = Callable[[Dataset], None]


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A coded entry (PS3.3 8.8)."""
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, scheme, meaning
    return ds


def _disc(low: int, high: int, frames: int = 1) -> np.ndarray:
    """A bright disc with a gradient, shape (frames, SIZE, SIZE), which moves from frame to frame."""
    y, x = np.mgrid[:SIZE, :SIZE]
    shift = np.arange(frames)[:, None, None]
    inside = np.hypot(x - SIZE / 2 - shift, y - SIZE / 2) < SIZE / 3
    picture: np.ndarray = np.where(inside, high - (y * 2), low + x)
    return picture


def _grey(ds: Dataset, stored: int, *, signed: bool = False, frames: int = 1, photometric: str = "MONOCHROME2") -> None:
    """Pixels of one sample with `stored` significant bits."""
    allocated = 8 if stored <= 8 else 16
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, photometric
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = allocated, stored, stored - 1, int(signed)
    words = _disc(0, (1 << (stored - 1)) - 1, frames)
    ds.PixelData = words.astype(np.uint8 if allocated == 8 else "<u2").tobytes()
    ds["PixelData"].VR = "OB" if allocated == 8 else "OW"
    if frames > 1:
        ds.NumberOfFrames = str(frames)


def _colour(ds: Dataset, frames: int = 1) -> None:
    """RGB pixels, by pixel."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.Rows = ds.Columns = SIZE
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation = 7, 0
    red = _disc(10, 240, frames).astype(np.uint8)
    ds.PixelData = np.stack([red, red // 2, 255 - red], axis=-1).tobytes()
    ds["PixelData"].VR = "OB"
    if frames > 1:
        ds.NumberOfFrames = str(frames)


def _plane(ds: Dataset) -> None:
    ds.FrameOfReferenceUID = f"{ds.StudyInstanceUID}.9"
    ds.PositionReferenceIndicator = ""
    ds.ImagePositionPatient, ds.ImageOrientationPatient = ["-100", "-100", "0"], ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing, ds.SliceThickness, ds.PatientPosition = ["3.125", "3.125"], "5", "HFS"


def _ct(ds: Dataset) -> None:
    _plane(ds)
    ds.ImageType, ds.KVP, ds.AcquisitionNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], "120", "1"
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
    _grey(ds, 12)


def _mr(ds: Dataset) -> None:
    _plane(ds)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions, ds.MRAcquisitionType = "SE", "NONE", "", "2D"
    ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength = "500", "15", "1"
    _grey(ds, 16, signed=True)


def _cr(ds: Dataset) -> None:
    ds.ImageType, ds.ViewPosition = ["ORIGINAL", "PRIMARY"], "PA"
    _grey(ds, 10, photometric="MONOCHROME1")


def _digital(ds: Dataset, intent: str) -> None:
    """What DX and mammography share: detector, anatomy, context, grey scale."""
    ds.ImageType, ds.PresentationIntentType = ["ORIGINAL", "PRIMARY", ""], intent
    ds.ImageLaterality, ds.PatientOrientation = "U", ["L", "F"]
    ds.AnatomicRegionSequence = Sequence([code("51185008", "SCT", "Chest")])
    ds.AcquisitionContextSequence = Sequence([])
    ds.DetectorType, ds.PositionerType = "DIRECT", "NONE"
    ds.ImagerPixelSpacing = ["0.2", "0.2"]
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = ("LOG" if intent == "FOR PRESENTATION" else "LIN"), -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape, ds.LossyImageCompression, ds.BurnedInAnnotation = "INVERSE", "00", "NO"
    _grey(ds, 12, photometric="MONOCHROME1")
    if intent == "FOR PROCESSING":
        ds.PresentationLUTShape = "IDENTITY"
        ds.PhotometricInterpretation = "MONOCHROME2"


def _dx(ds: Dataset) -> None:
    _digital(ds, "FOR PRESENTATION")
    ds.WindowCenter, ds.WindowWidth = "1024", "2048"


def _dr(ds: Dataset) -> None:
    _digital(ds, "FOR PROCESSING")


def _mg(ds: Dataset) -> None:
    _digital(ds, "FOR PRESENTATION")
    ds.WindowCenter, ds.WindowWidth = "1024", "2048"
    ds.ImageLaterality, ds.BreastImplantPresent, ds.OrganExposed = "R", "NO", "BREAST"
    ds.PositionerType, ds.PatientOrientation = "MAMMOGRAPHIC", ["P", "L"]
    ds.AnatomicRegionSequence = Sequence([code("76752008", "SCT", "Breast")])
    view = code("399162004", "SCT", "cranio-caudal")
    view.ViewModifierCodeSequence = Sequence([])
    ds.ViewCodeSequence = Sequence([view])


def _fluoroscopy(ds: Dataset) -> None:
    ds.ImageType, ds.PixelIntensityRelationship = ["ORIGINAL", "PRIMARY", "SINGLE PLANE"], "LIN"
    ds.KVP, ds.RadiationSetting, ds.XRayTubeCurrent, ds.ExposureTime = "70", "SC", "5", "100"
    ds.FrameTime, ds.FrameIncrementPointer = "66", 0x00181063
    ds.LossyImageCompression, ds.PositionerPrimaryAngle, ds.PositionerSecondaryAngle = "00", "0", "0"
    ds.PositionerMotion = "STATIC"
    _grey(ds, 8, frames=4)


def _rf(ds: Dataset) -> None:
    _fluoroscopy(ds)
    for keyword in ("PositionerPrimaryAngle", "PositionerSecondaryAngle", "PositionerMotion"):
        delattr(ds, keyword)


def _us(ds: Dataset) -> None:
    ds.ImageType, ds.LossyImageCompression = ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"], "00"
    _colour(ds)


def _nm(ds: Dataset) -> None:
    frames = 2
    ds.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    ds.PatientOrientationCodeSequence = Sequence([])
    ds.PatientGantryRelationshipCodeSequence = Sequence([])
    ds.PixelSpacing = ["3.1", "3.1"]
    ds.FrameIncrementPointer = [0x00540010, 0x00540020]
    ds.EnergyWindowVector, ds.DetectorVector = [1] * frames, list(range(1, frames + 1))
    ds.NumberOfEnergyWindows, ds.NumberOfDetectors = 1, frames
    ds.CountsAccumulated, ds.CorrectedImage, ds.ActualFrameDuration = "100000", "", "60000"
    window = Dataset()
    window.EnergyWindowLowerLimit, window.EnergyWindowUpperLimit = "126", "154"
    energy = Dataset()
    energy.EnergyWindowRangeSequence, energy.EnergyWindowName = Sequence([window]), "Tc99m"
    ds.EnergyWindowInformationSequence = Sequence([energy])
    drug = Dataset()
    drug.Radiopharmaceutical, drug.RadionuclideCodeSequence = "", Sequence([])
    ds.RadiopharmaceuticalInformationSequence = Sequence([drug])
    ds.DetectorInformationSequence = Sequence([_detector() for _ in range(frames)])
    _grey(ds, 16, frames=frames)


def _detector() -> Dataset:
    ds = Dataset()
    ds.CollimatorType, ds.FieldOfViewShape, ds.FocalDistance = "PARA", "RECTANGLE", "0"
    ds.XFocusCenter, ds.YFocusCenter, ds.ZoomFactor = "0", "0", ["1", "1"]
    ds.ImagePositionPatient, ds.ImageOrientationPatient = ["-100", "-100", "0"], ["1", "0", "0", "0", "0", "-1"]
    return ds


def _pt(ds: Dataset) -> None:
    _plane(ds)
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Units, ds.CountsSource, ds.SeriesType = "BQML", "EMISSION", ["WHOLE BODY", "IMAGE"]
    ds.NumberOfSlices, ds.ImageIndex, ds.CorrectedImage = 1, 1, ["DECY", "ATTN", "SCAT"]
    ds.DecayCorrection, ds.DecayFactor, ds.CollimatorType = "START", "1.02", "NONE"
    ds.FrameReferenceTime, ds.ActualFrameDuration, ds.LossyImageCompression = "0", "120000", "00"
    ds.RescaleIntercept, ds.RescaleSlope = "0", "1.5"
    ds.AcquisitionDate, ds.AcquisitionTime = ds.StudyDate, ds.StudyTime
    drug = Dataset()
    drug.Radiopharmaceutical, drug.RadiopharmaceuticalStartTime = "FDG", "120000"
    drug.RadionuclideTotalDose, drug.RadionuclideHalfLife, drug.RadionuclidePositronFraction = "3.7e8", "6586.2", "0.97"
    drug.RadionuclideCodeSequence = Sequence([code("77004003", "SCT", "^18^Fluorine")])
    ds.RadiopharmaceuticalInformationSequence = Sequence([drug])
    ds.PatientOrientationCodeSequence = Sequence([])
    ds.PatientGantryRelationshipCodeSequence = Sequence([])
    ds.PatientWeight = "70"
    del ds.PatientPosition
    _grey(ds, 16)


def _es(ds: Dataset) -> None:
    ds.ImageType, ds.LossyImageCompression = ["ORIGINAL", "PRIMARY"], "00"
    ds.AcquisitionContextSequence = Sequence([])
    _colour(ds)


# what a hospital calls it -> Modality, storage class, contents
KINDS: dict[str, tuple[str, uid.UID, Fill]] = {
    "CT": ("CT", uid.CTImageStorage, _ct),
    "MR": ("MR", uid.MRImageStorage, _mr),
    "CR": ("CR", uid.ComputedRadiographyImageStorage, _cr),
    "DR": ("DX", uid.DigitalXRayImageStorageForProcessing, _dr),
    "DX": ("DX", uid.DigitalXRayImageStorageForPresentation, _dx),
    "RF": ("RF", uid.XRayRadiofluoroscopicImageStorage, _rf),
    "MG": ("MG", uid.DigitalMammographyXRayImageStorageForPresentation, _mg),
    "XA": ("XA", uid.XRayAngiographicImageStorage, _fluoroscopy),
    "US": ("US", uid.UltrasoundImageStorage, _us),
    "NM": ("NM", uid.NuclearMedicineImageStorage, _nm),
    "PT": ("PT", uid.PositronEmissionTomographyImageStorage, _pt),
    "ES": ("ES", uid.VLEndoscopicImageStorage, _es),
}


def instance(kind: str, index: int = 0, identity: Identity | None = None) -> Dataset:
    """One instance of a kind of `KINDS`; other indexes give others of the same series. Raises KeyError for an unknown kind."""
    modality, storage, fill = KINDS[kind]
    who = replace(identity or Identity(), study=f"modality {kind}", accession=f"{kind}0001")
    ds = Dataset()
    ds.SpecificCharacterSet = who.charset
    ds.SOPClassUID, ds.SOPInstanceUID = storage, who.uid(f"instance {index}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = who.uid("study"), who.uid("series")
    ds.StudyDate = ds.ContentDate = ds.AcquisitionDate = ds.SeriesDate = who.at.strftime("%Y%m%d")
    ds.StudyTime = ds.ContentTime = ds.AcquisitionTime = ds.SeriesTime = who.at.strftime("%H%M%S")
    ds.AccessionNumber, ds.StudyID, ds.Modality = who.accession, "1", modality
    ds.Manufacturer, ds.InstitutionName, ds.ReferringPhysicianName = "Lightbox", who.hospital, ""
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = who.patient_name, who.patient_id, who.issuer
    ds.PatientBirthDate, ds.PatientSex = who.birth_date, who.sex
    ds.SeriesNumber, ds.InstanceNumber, ds.PatientOrientation = "1", str(index + 1), ""
    ds.SeriesDescription, ds.BodyPartExamined = kind, "CHEST"
    fill(ds)
    if "ImageOrientationPatient" in ds:
        del ds.PatientOrientation
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    ds.file_meta = meta
    return ds


def write_all(folder: Path) -> dict[str, Path]:
    """A file of each kind, by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{kind}.dcm" for kind in KINDS}
    for kind, path in paths.items():
        instance(kind).save_as(path, enforce_file_format=True)
    return paths
