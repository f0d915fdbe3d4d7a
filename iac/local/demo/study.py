"""Which images the demo sends: the project's phantom and real series, or a folder of the user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from iac.local.errors import DemoError
from iac.local.phantom import Identity, cached_phantom
from iac.local.studies import real_ct, real_mr, stamp

PHANTOM_SLICES = 160
BETWEEN = "；"  # between the items of an exam of several studies
TAGS = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientSex",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "StudyDescription",
    "StudyDate",
    "StudyTime",
    "Modality",
)


@dataclass(frozen=True)
class Facts:
    """What the report has to say about the images. Empty where they do not say."""

    patient_id: str
    issuer: str
    name: str
    sex: str
    birth_date: str  # yyyy-mm-dd
    accession_number: str
    study_uids: tuple[str, ...]
    item: str
    modality: str
    examined: datetime | None  # the hospital's local time, without zone


@dataclass(frozen=True)
class DemoStudy:
    """Files to send and what they say about themselves."""

    files: tuple[Path, ...]
    facts: Facts
    instances: int  # of the exam that the report is about: a folder may hold others, and the same file twice
    invented: bool  # whether the report may describe what is shown


def real_series() -> dict[str, list[Path]]:
    """The real CT and MR series by what they show, each in slice order. Raises a LocalError when they cannot be fetched."""
    return {"上腹部CT增强": real_ct(), "颅脑MR平扫": real_mr()}


def invented_study(
    work: Path, cache: Path, real: Mapping[str, list[Path]], *, slices: int, number: int, at: datetime
) -> DemoStudy:
    """A new exam of an invented patient: a study with the phantom, and one for each real series given.

    work: empty folder for the files. cache: where a phantom once made is kept. real: see `real_series`; may be empty.
    slices: of the phantom. number: of this exam on this machine, so that each run is an exam of its own.
    at: the hospital's local time.
    """
    exam = Identity(accession=f"CT{at:%Y%m%d}{number:05d}", at=at)
    parts = {exam.description: cached_phantom(slices, root=cache), **real}
    files: list[Path] = []
    study_uids: list[str] = []
    for order, (description, sources) in enumerate(parts.items(), 1):
        who = replace(exam, description=description, study=f"demo {at.isoformat()} {number} {order}")
        study_uids.append(who.uid("study"))
        for index, source in enumerate(sources):
            ds = dcmread(source)
            target = work / f"{order}-{index + 1:05d}.dcm"
            stamp(ds, who, int(ds.SeriesNumber), index, ds.SeriesDescription).save_as(target, enforce_file_format=True)
            files.append(target)
    facts = Facts(
        patient_id=exam.patient_id,
        issuer=exam.issuer,
        name=_plain_name(exam.patient_name),
        sex=exam.sex,
        birth_date=_iso_date(exam.birth_date),
        accession_number=exam.accession,
        study_uids=tuple(study_uids),
        item=BETWEEN.join(parts),
        modality="CT",
        examined=at,
    )
    return DemoStudy(tuple(files), facts, len(files), invented=True)


def own_study(folder: Path, work: Path) -> DemoStudy:
    """The DICOM files under the user's folder, as they are. Raises DemoError for a wrong folder, no DICOM, or several patients.

    Only what matching cannot do without is filled in, in copies under `work`: a patient id where there is none.
    """
    if not folder.is_dir():
        raise DemoError(
            text=f"{folder} is not a folder. 没有这个文件夹。", todo="Give the folder that holds the study's DICOM files."
        )
    found = [(path, heads) for path in sorted(folder.rglob("*")) if path.is_file() and (heads := _head(path)) is not None]
    if not found:
        raise DemoError(
            text=f"No DICOM file with an image in {folder}. 这个文件夹里没有DICOM图像。",
            todo="Files need the 128-byte preamble and DICM, as exported by a PACS or a CD.",
        )
    patients = {(head["PatientID"], head["PatientName"]) for _, head in found}
    if len(patients) > 1:
        raise DemoError(
            text=f"{folder} holds {len(patients)} patients. 这个文件夹里有{len(patients)}位患者。",
            todo="Give a folder with the study of one patient.",
        )
    return _described(found, work)


def _described(found: list[tuple[Path, dict[str, str]]], work: Path) -> DemoStudy:
    """The study with facts of its most frequent accession number."""
    heads = [head for _, head in found]
    accession = _commonest([head["AccessionNumber"] for head in heads])
    chosen = [head for head in heads if head["AccessionNumber"] == accession]
    first = chosen[0]
    patient_id = first["PatientID"]
    files = [path for path, _ in found]
    if not patient_id:
        patient_id = "DEMO-" + hashlib.sha256(first["StudyInstanceUID"].encode()).hexdigest()[:8].upper()
        files = [_with_patient_id(path, work / f"{order:06d}.dcm", patient_id) for order, path in enumerate(files)]
    facts = Facts(
        patient_id=patient_id,
        issuer=first["IssuerOfPatientID"],
        name=_plain_name(first["PatientName"]),
        sex=first["PatientSex"] if first["PatientSex"] in ("M", "F", "O") else "",
        birth_date=_iso_date(first["PatientBirthDate"]),
        accession_number=accession or "DEMO-" + hashlib.sha256(first["StudyInstanceUID"].encode()).hexdigest()[:10].upper(),
        study_uids=tuple(sorted({head["StudyInstanceUID"] for head in chosen}))[:50],
        item=first["StudyDescription"],
        modality=_commonest([head["Modality"] for head in chosen]),
        examined=study_time(first["StudyDate"], first["StudyTime"]),
    )
    return DemoStudy(tuple(files), facts, len({head["SOPInstanceUID"] for head in chosen}), invented=False)


def _head(path: Path) -> dict[str, str] | None:
    """What a file says about itself; None when it is no DICOM instance (a DICOMDIR is none)."""
    try:
        ds = dcmread(path, stop_before_pixels=True, specific_tags=list(TAGS))
    except (InvalidDicomError, OSError, ValueError, KeyError, AttributeError, NotImplementedError):
        return None
    head = {tag: str(ds.get(tag, "") or "").strip() for tag in TAGS}
    complete = head["SOPInstanceUID"] and head["StudyInstanceUID"] and head["SeriesInstanceUID"] and head["SOPClassUID"]
    return head if complete else None


def _with_patient_id(source: Path, target: Path, patient_id: str) -> Path:
    ds = dcmread(source)
    ds.PatientID = patient_id
    ds.save_as(target)
    return target


def transfer_syntaxes(files: tuple[Path, ...]) -> Iterator[tuple[Path, str, str]]:
    """Each file with its SOP class and transfer syntax."""
    for path in files:
        meta: Any = pydicom.filereader.read_file_meta_info(path)
        yield path, str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID)


def _commonest(values: list[str]) -> str:
    return max(sorted(set(values)), key=values.count)


def _iso_date(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else ""


def study_time(date: str, time: str) -> datetime | None:
    """Study Date and Study Time (DICOM DA and TM, PS3.5 6.2) as one; TM may end early. None without a usable date."""
    digits = time.partition(".")[0].replace(":", "")
    try:
        return datetime.strptime(date + digits.ljust(6, "0")[:6], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the hospital's own
    except ValueError:
        return None


def _plain_name(name: str) -> str:
    """The ideographic group where there is one, else the first; components joined."""
    groups = name.split("=")
    best = groups[1] if len(groups) > 1 and groups[1] else groups[0]
    return best.replace("^", "" if len(groups) > 1 and groups[1] else " ").strip()
