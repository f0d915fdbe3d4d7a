"""What a cloud holds in the end, counted and given back: the judge of a run with real processes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from functions.adapters.vault.s3 import folder_of
from functions.adapters.wiring import Production
from functions.core.imaging.parcel import Heads, open_heads, rebuild_parts
from functions.core.imaging.series_index import HeadsRows, build_rows, rows_of
from functions.core.study import keys
from functions.core.study.records import Series
from iac.local.cloud import LocalCloud
from tests.agent.cloud_server import CloudServer
from tests.faults.real_senders import Instance


class Holder(Protocol):
    """A cloud, asked by the judge."""

    def named(self) -> Counter[str]:
        """SOP Instance UID → how often the current index names it. What only lies in storage counts for nothing."""

    def given_back(self) -> dict[str, str]:
        """SOP Instance UID → SHA-256 of its data set, rebuilt from parcels."""

    def declared(self) -> dict[str, int]:
        """Series Instance UID → the most instances that were ever declared of it."""

    def reports(self) -> int:
        """How many reports are indexed."""


class ServerHolder:
    """tests/agent/cloud_server.py: indexed is what was confirmed; indexes are built of it by the product's own code."""

    def __init__(self, cloud: CloudServer) -> None:
        self._cloud = cloud
        self._rows: dict[str, HeadsRows] = {}  # by digest, as ingest keeps them while a series grows

    def _indexed(self, kind: str) -> list[dict[str, Any]]:
        with self._cloud.lock:
            good = {sha256 for sha256, told in self._cloud.states.items() if told["state"] == "indexed"}
            held = list(self._cloud.objects.items())
        named = ((key.partition("/"), data) for key, data in held)
        return [json.loads(data) for (folder, _, sha256), data in named if folder == kind and sha256 in good]

    def named(self) -> Counter[str]:
        """An index shows one of what came twice, so that each is also counted in the manifests: 1 is once in both."""
        manifests = self._indexed("manifest")
        uploaded = Counter(
            instance["sop_uid"]
            for manifest in manifests
            for parcel in manifest["parcels"]
            for instance in parcel["instances"]
            if instance["part"] == instance["parts"] - 1
        )
        shown = self._shown(manifests)
        return Counter({sop_uid: shown[sop_uid] * uploaded[sop_uid] for sop_uid in shown | uploaded})

    def _shown(self, manifests: Iterable[dict[str, Any]]) -> Counter[str]:
        """How often the index of its series has a first frame of each instance."""
        series: dict[str, list[HeadsRows]] = defaultdict(list)
        for manifest in manifests:
            series[manifest["series_uid"]] += [self._rows_of(parcel["heads"]["sha256"]) for parcel in manifest["parcels"]]
        found: Counter[str] = Counter()
        for series_uid, parcels in series.items():
            for page in build_rows(parcels, series=series_uid, version=1, declared=None, complete=False):
                found.update(
                    sop_uid for sop_uid, _, number in (name.partition(" ") for name in page["columns"]["frame"]) if number == "1"
                )
        return found

    def _rows_of(self, sha256: str) -> HeadsRows:
        if sha256 not in self._rows:
            heads = open_heads(self._cloud.objects[f"heads/{sha256}"])
            self._rows[sha256] = rows_of(heads, lambda sop_uid, number: f"{sop_uid} {number}")
        return self._rows[sha256]

    def given_back(self) -> dict[str, str]:
        objects = self._cloud.objects
        parcels = [parcel for manifest in self._indexed("manifest") for parcel in manifest["parcels"]]
        heads = [open_heads(objects[f"heads/{parcel['heads']['sha256']}"]) for parcel in parcels]
        return _rebuilt(heads, lambda one, kind: objects[f"{kind}/{getattr(one, kind).sha256}"])

    def declared(self) -> dict[str, int]:
        most: Counter[str] = Counter()
        for declaration in self._indexed("declaration"):
            for entry in declaration["series"]:
                most[entry["series_uid"]] = max(most[entry["series_uid"]], entry["instances"])
        return dict(most)

    def reports(self) -> int:
        return len(self._indexed("report"))


class LocalCloudHolder:
    """The local cloud: rows, the current series index and the vault, as the functions left them."""

    def __init__(self, cloud: LocalCloud, deps: Production, tenant: str, instances: Iterable[Instance]) -> None:
        self._deps, self._tenant, self._instances = deps, tenant, list(instances)
        self._originals, self._pixels = cloud.outputs["OriginalsBucket"], cloud.outputs["PixelsBucket"]
        self._s3 = cloud.session("root").client("s3")

    def _series(self) -> list[Series]:
        rows = (
            self._deps.table.get(
                keys.study_pk(self._tenant, self._deps.naming.study(self._tenant, series_uid.rpartition(".")[0])),
                keys.series_sk(self._deps.naming.series(self._tenant, series_uid)),
            )
            for series_uid in sorted({instance.series_uid for instance in self._instances})
        )
        return [Series.from_row(row) for row in rows if row is not None]

    def named(self) -> Counter[str]:
        frames = {self._deps.naming.frame(self._tenant, one.sop_uid, 1): one.sop_uid for one in self._instances}
        found: Counter[str] = Counter()
        for series in self._series():
            for page in series.pages:
                key = keys.parcel_prefix(self._tenant, series.study, series.series) + page
                index = json.loads(gzip.decompress(self._object(self._pixels, folder_of("pixels") + key)))
                found.update(frames.get(name, name) for name in index["columns"]["frame"])
        return found

    def given_back(self) -> dict[str, str]:
        listed = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._originals, Prefix=f"k1/{self._tenant}/")
        places = [entry["Key"] for page in listed for entry in page.get("Contents", [])]
        heads = [(open_heads(self._object(self._originals, key)), key.rpartition("/")[0]) for key in places]
        folders = {id(one): folder for one, folder in heads}
        return _rebuilt(
            [one for one, _ in heads],
            lambda one, kind: self._object(
                self._pixels, f"{folder_of('pixels')}{folders[id(one)]}/{getattr(one, kind).sha256}.{kind}"
            ),
        )

    def _object(self, bucket: str, key: str) -> bytes:
        return bytes(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def declared(self) -> dict[str, int]:
        """Only of series that are complete: as many came as were declared."""
        return {series.series_uid: series.declared or 0 for series in self._series() if series.complete}

    def reports(self) -> int:
        """Of what lies under reports/: a PDF beside its report has no state of its own."""
        listed = self._s3.list_objects_v2(Bucket=self._originals, Prefix=f"reports/{self._tenant}/").get("Contents", [])
        digests = [entry["Key"].rpartition("/")[2] for entry in listed]
        rows = [self._deps.table.get(keys.report_state_pk(self._tenant, sha256), "REPORT") for sha256 in digests]
        return sum(row is not None and row["state"] == "indexed" for row in rows)


def _rebuilt(heads: Iterable[Heads], stored: Callable[[Heads, str], bytes]) -> dict[str, str]:
    """stored: an object of the same parcel as these heads, by kind."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for one in heads:

        def fetch(kind: str, offset: int, length: int, one: Heads = one) -> bytes:
            return stored(one, kind)[offset : offset + length]

        for instance in one.instances:
            parts[instance.sop_uid].append((one, instance, fetch))
    return {sop_uid: hashlib.sha256(rebuild_parts(found)).hexdigest() for sop_uid, found in parts.items()}
