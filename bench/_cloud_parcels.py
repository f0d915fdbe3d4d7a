"""A series packed as the agent packs it, and put into the vault as the agent puts it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.filereader import read_file_meta_info

from edge_agent.cloud import Cloud, Grant
from edge_agent.identity import Identity
from edge_agent.packer import EXPECTED_RATIO
from edge_agent.spool.model import File
from functions.core.imaging.parcel import TARGET_BYTES, Blob, Parcel, Received, pack
from functions.core.study.keys import Naming

BATCH_BYTES = TARGET_BYTES * EXPECTED_RATIO
GRANTS_AT_ONCE = 100
SENDERS = 4  # the agent's default
PREAMBLE, META_HEAD = 132, 12  # bytes before the file meta information, and of its group length element


@dataclass(frozen=True)
class PackedSeries:
    """batches: each is what one manifest names."""

    study_uid: str
    series_uid: str
    slices: int
    received_bytes: int
    batches: tuple[tuple[Parcel, ...], ...]

    @property
    def blobs(self) -> Iterator[Blob]:
        return (blob for batch in self.batches for parcel in batch for blob in parcel.blobs)


def pack_files(files: Sequence[Path], study_uid: str, series_uid: str) -> PackedSeries:
    """Pack in batches of the size at which the agent makes a shipment."""
    batches, batch, size, total = [], [], 0, 0
    for file in files:
        item = received_of(file)
        batch.append(item)
        size += len(item.data_set)
        if size >= BATCH_BYTES or file == files[-1]:
            batches.append(tuple(pack(batch, workers=2)))
            batch, total, size = [], total + size, 0
    return PackedSeries(study_uid, series_uid, len(files), total, tuple(batches))


def received_of(file: Path) -> Received:
    """A DICOM file as it comes over the network: without preamble and file meta information."""
    meta = read_file_meta_info(file)
    start = PREAMBLE + META_HEAD + int(meta.FileMetaInformationGroupLength)
    return Received(
        str(meta.MediaStorageSOPInstanceUID),
        str(meta.MediaStorageSOPClassUID),
        str(meta.TransferSyntaxUID),
        file.read_bytes()[start:],
    )


def put_parcels(series: PackedSeries, cloud: Cloud) -> None:
    """Put every object by grant."""
    held = {blob.sha256: blob for blob in series.blobs}
    files = [File(blob.kind, blob.sha256, len(blob.data)) for blob in held.values()]
    for start in range(0, len(files), GRANTS_AT_ONCE):
        for grant in cloud.grants(files[start : start + GRANTS_AT_ONCE], series.study_uid, series.series_uid).grants:
            cloud.put(grant, held[grant.file.sha256].data)


@dataclass(frozen=True)
class GrantedManifest:
    """A manifest that may be put."""

    grant: Grant
    document: bytes


def granted_manifests(series: PackedSeries, cloud: Cloud, who: Identity, naming: Naming) -> list[GrantedManifest]:
    """One manifest for each batch, and leave to put it."""
    documents = {}
    for batch in series.batches:
        document = _manifest(series, batch, who, naming)
        documents[hashlib.sha256(document).hexdigest()] = document
    files = [File("manifest", sha256, len(document)) for sha256, document in documents.items()]
    grants = cloud.grants(files, series.study_uid, series.series_uid).grants
    return [GrantedManifest(grant, documents[grant.file.sha256]) for grant in grants]


def put_and_confirm(manifests: Sequence[GrantedManifest], series: PackedSeries, cloud: Cloud) -> None:
    """From as many threads as the agent sends from."""

    def send(manifest: GrantedManifest) -> None:
        cloud.put(manifest.grant, manifest.document)
        cloud.confirm_manifest("manifest", manifest.grant.file.sha256, series.study_uid, series.series_uid)

    with ThreadPoolExecutor(SENDERS) as pool:
        for done in [pool.submit(send, manifest) for manifest in manifests]:
            done.result()


def _manifest(series: PackedSeries, batch: Sequence[Parcel], who: Identity, naming: Naming) -> bytes:
    content = {
        "schema": "manifest.v1",
        "tenant": who.tenant,
        "agent": who.agent,
        "study_uid": series.study_uid,
        "series_uid": series.series_uid,
        "study": naming.study(who.tenant, series.study_uid),
        "series": naming.series(who.tenant, series.series_uid),
        "packed_at": "2026-11-24T06:05:00Z",
        "source": {"kind": "dimse", "calling_ae_title": "BENCH", "called_ae_title": "LIGHTBOX"},
        "parcels": [_named_parcel(parcel) for parcel in batch],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _named_parcel(parcel: Parcel) -> dict[str, Any]:
    fields = ("sop_uid", "sha256", "bytes", "part", "parts")
    blobs = {"heads": parcel.heads, "low": parcel.low, "rest": parcel.rest}
    return {
        **{kind: blob and {"sha256": blob.sha256, "bytes": len(blob.data)} for kind, blob in blobs.items()},
        "instances": [{field: getattr(instance, field) for field in fields} for instance in parcel.instances],
    }
