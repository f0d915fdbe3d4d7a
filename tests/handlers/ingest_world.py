"""Ingest on a cloud in memory, and what stands in its index afterwards."""

from __future__ import annotations

import gzip
import json
from typing import Any

from functions.adapters import schemas
from functions.core.study import keys
from functions.core.study.receipts import Receipt
from functions.core.study.records import Exam, Series, Study
from functions.ingest.batch import ingest
from tests.fakes import Fakes, sqs_event
from tests.handlers.uploads import TENANT, Slices, add_hospital


def cloud() -> Fakes:
    """With one hospital."""
    fakes = Fakes()
    add_hospital(fakes)
    return fakes


def take(deps: Fakes, *messages: dict[str, Any], tries: int = 1) -> list[str]:
    """Deliver a batch; returns the ids that came back."""
    event = sqs_event(*(json.dumps(message) for message in messages))
    for record in event["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = str(tries)
    return [failure["itemIdentifier"] for failure in ingest(event, deps)["batchItemFailures"]]


def study_of(deps: Fakes, slices: Slices) -> Study:
    row = deps.table.get(keys.study_pk(TENANT, deps.naming.study(TENANT, slices.study_uid)), "STUDY")
    assert row is not None
    return Study.from_row(row)


def series_of(deps: Fakes, slices: Slices) -> Series:
    pk = keys.study_pk(TENANT, deps.naming.study(TENANT, slices.study_uid))
    row = deps.table.get(pk, keys.series_sk(deps.naming.series(TENANT, slices.series_uid)))
    assert row is not None
    return Series.from_row(row)


def exam_of(deps: Fakes, accession_number: str = "A1", study_uid: str = "") -> Exam:
    name = deps.naming.exam(TENANT, accession_number=accession_number, study_uid=study_uid)
    row = deps.table.get(keys.exam_pk(TENANT, name), "EXAM")
    assert row is not None
    return Exam.from_row(row)


def receipt(deps: Fakes, message: dict[str, Any]) -> Receipt:
    row = deps.table.get(*Receipt(TENANT, message["kind"], message["sha256"]).key())
    assert row is not None
    return Receipt.from_row(row)


def index_of(deps: Fakes, series: Series) -> dict[str, Any]:
    assert series.index is not None
    body = deps.vault.get("pixels", keys.parcel_prefix(TENANT, series.study, series.series) + series.index)
    index: dict[str, Any] = json.loads(gzip.decompress(body))
    schemas.check(index, "series_index.v1")
    return index
