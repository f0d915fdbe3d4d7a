"""One study on the local cloud: what its way in used, what it takes to keep, what one patient's view of all of it uses."""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from functions.adapters.table.dynamo import row_of_image
from functions.core.study import keys
from functions.core.study.records import ReportVersion
from iac.cost import usage
from iac.cost.bill import Stored, View
from iac.cost.usage import Usage
from iac.local.cloud import STAGE, LocalCloud
from iac.local.patient_client import PatientClient
from iac.local.quiet import wait_until_quiet

QUIET_S = 60
RANGE_BYTES = 2**20  # the viewer's loader asks for about so much of `rest` at once
GROUP = f"/aws/lambda/lightbox-{STAGE}-"


@dataclass(frozen=True)
class Measured:
    instances: int
    received: int  # bytes of data sets
    arrived: Usage
    stored: Stored
    view: View

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Measured:
        return cls(**{**given, "stored": Stored(**given["stored"]), "view": View(**given["view"])})


class Taximeter:
    """Of a running local cloud, from its start or from `start_again`."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._lines_before, self._from_ms = 0, 0

    def start_again(self) -> None:
        self._lines_before = len(self._lines())
        self._from_ms = int(time.time() * 1000)

    def used(self) -> Usage:
        """Since then; the functions' work is over when this is called, or not counted whole."""
        logs = self._cloud.session("root").client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]]
        reports = [usage.reported(group.removeprefix(GROUP), self._messages(logs, group)) for group in groups]
        return usage.together(usage.metered(self._lines()[self._lines_before :]), *reports)

    def _lines(self) -> list[str]:
        return (self._cloud.state_dir / "logs" / "meter.jsonl").read_text(encoding="utf-8").splitlines()

    def _messages(self, logs: Any, group: str) -> Iterator[str]:
        asked: dict[str, Any] = {"logGroupName": group, "startTime": self._from_ms}
        while True:
            page = logs.filter_log_events(**asked)
            yield from (event["message"] for event in page["events"])
            if not page.get("nextToken"):
                return
            asked["nextToken"] = page["nextToken"]


def measure(
    cloud: LocalCloud, meter: Taximeter, *, tenant: str, studies: list[str], link: str, phone_tail: str, web: Path
) -> Measured:
    """After the studies came in whole. studies: their names; web: the built app."""
    wait_until_quiet(cloud.session("root"), cloud.outputs, QUIET_S)
    arrived = meter.used()
    rows = _rows_of(cloud, tenant, studies)
    meter.start_again()
    view = _view(cloud, meter, link, phone_tail, web)
    series = [row for item in rows if (row := _plain(item))["kind"] == "series"]
    return Measured(
        instances=sum(row["received"] for row in series),
        received=sum(row["bytes_received"] for row in series),
        arrived=arrived,
        stored=_stored(cloud, tenant, studies, rows),
        view=view,
    )


def stored_of(cloud: LocalCloud, tenant: str, studies: list[str]) -> Stored:
    """Bytes in the buckets and the table that are there for these studies."""
    return _stored(cloud, tenant, studies, _rows_of(cloud, tenant, studies))


def _stored(cloud: LocalCloud, tenant: str, studies: list[str], rows: list[dict[str, Any]]) -> Stored:
    found = dict.fromkeys(("heads", "low", "rest", "other", "films"), 0)
    cooled = 0
    reports = [row for item in rows if (row := _plain(item))["kind"] == "report"]
    for bucket, key, size in _objects(cloud, tenant, studies, reports):
        kind = "films" if bucket == "derived" else key.rpartition(".")[2]
        found[kind if kind in found else "other"] += size
        cooled += kind == "rest"
    return Stored(**found, rows=sum(len(json.dumps(row)) for row in rows), objects_cooled=cooled)


def _objects(cloud: LocalCloud, tenant: str, studies: list[str], reports: list[dict[str, Any]]) -> Iterator[tuple[str, str, int]]:
    """Bucket, key and size of each."""
    s3 = cloud.session("root").client("s3")
    for row in reports:
        report = ReportVersion.from_row(row)
        for digest in [*report.digests, *([report.pdf["sha256"]] if report.pdf else [])]:
            key = keys.report_object(tenant, digest)
            yield "originals", key, s3.head_object(Bucket=cloud.outputs["OriginalsBucket"], Key=key)["ContentLength"]
    for study in studies:
        prefix = keys.study_prefix(tenant, study)
        places = {
            "originals": (cloud.outputs["OriginalsBucket"], [prefix, f"manifests/{tenant}/{study}/"]),
            "pixels": (cloud.outputs["PixelsBucket"], [f"pixels/{prefix}"]),
            "derived": (cloud.outputs["DerivedBucket"], [f"derived/{keys.derived_prefix(tenant, study)}"]),
        }
        for name, (bucket, prefixes) in places.items():
            for start in prefixes:
                for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=start):
                    yield from ((name, one["Key"], one["Size"]) for one in page.get("Contents", []))


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return row_of_image(item) or {}


def _rows_of(cloud: LocalCloud, tenant: str, studies: list[str]) -> list[dict[str, Any]]:
    """Of the studies and of the exams that they are part of, as they lie in the table."""
    rows = [row for study in studies for row in _rows(cloud, keys.study_pk(tenant, study))]
    exams = {row["exam"] for item in rows if (row := _plain(item))["kind"] == "study"}
    return rows + [row for exam in sorted(exams) for row in _rows(cloud, keys.exam_pk(tenant, exam))]


def _rows(cloud: LocalCloud, pk: str) -> list[dict[str, Any]]:
    client = cloud.session("root").client("dynamodb")
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": pk}}}
    found: list[dict[str, Any]] = client.query(TableName=cloud.outputs["TableName"], **asked)["Items"]
    return found


def _view(cloud: LocalCloud, meter: Taximeter, link: str, phone_tail: str, web: Path) -> View:
    patient = PatientClient(cloud.origin)
    carried: list[int] = []

    def fetch(path: str) -> bytes:
        answer = patient.ask("GET", path)
        carried.append(len(answer.content))
        return answer.content

    patient.sign_in(link, phone_tail)
    exam = patient.exam()
    patient.api("GET", "report")
    for film in exam["films"][:1]:
        base = patient.api("POST", "derived/open", {"study": film["study"]}).json()["base"]
        fetch(base + film["pages"][0])
    every = [one for study in exam["studies"] for one in study["series"] if one["index"]]
    largest = max(every, key=lambda one: one["frames"])
    base = patient.api("POST", f"series/{largest['series']}/open").json()["base"]
    for one in every:
        if one["thumbnail"] and one["series"] == largest["series"]:
            fetch(base + one["thumbnail"])
    names: set[str] = set()
    for page in largest["pages"]:
        body = fetch(base + page)
        index = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
        names |= {one["name"] for one in index["objects"]}
    rest = sum(len(fetch(base + name)) for name in sorted(names) if name.endswith(".rest"))
    for name in sorted(names):
        if name.endswith(".low"):
            fetch(base + name)
    ranges = math.ceil(rest / RANGE_BYTES)
    app = _app_bytes(web)
    return View(
        used=usage.together(meter.used(), {"s3_get": ranges}),
        cdn_bytes=sum(carried) + sum(app),
        cdn_requests=len(patient.requested) + len(app) + ranges,
        rest_reads=ranges,
        rest_bytes=rest,
    )


def _app_bytes(web: Path) -> list[int]:
    """Of the app's files as a first visit fetches them, compressed as the CDN does; every chunk, a little too much."""
    return [len(gzip.compress(path.read_bytes(), 6)) for path in sorted(web.rglob("*")) if path.is_file()]
