"""Grants: presigned uploads for named objects, under the caller's own hospital and nowhere else."""

from __future__ import annotations

from typing import Any

from functions.adapters.http import Answer, Request
from functions.adapters.observability import count
from functions.adapters.vault.presign import Upload
from functions.adapters.wiring import Deps
from functions.core.errors import DocumentInvalid
from functions.core.study import keys
from functions.core.study.limits import DOCUMENT_BYTES
from functions.edge_api.authentication import Caller

SCHEMA = "edge_grants_request.v1"
TYPES = dict.fromkeys(("manifest", "declaration", "report", "registration"), "application/json")


def grant(request: Request, caller: Caller, deps: Deps) -> Answer:
    """The tenant of every name is the key's: a request cannot ask for another."""
    wanted = request.json
    study = series = ""
    answer: dict[str, Any] = {}
    if "study_uid" in wanted:
        study = answer["study"] = deps.naming.study(caller.tenant, wanted["study_uid"])
    if "series_uid" in wanted:
        series = answer["series"] = deps.naming.series(caller.tenant, wanted["series_uid"])
    request.note(study=study, series=series)
    answer["grants"] = [_one(caller.tenant, study, series, place, entry, deps) for place, entry in enumerate(wanted["objects"])]
    count("Granted", len(wanted["objects"]))
    return Answer(answer)


def _one(tenant: str, study: str, series: str, place: int, entry: dict[str, Any], deps: Deps) -> dict[str, Any]:
    upload = _upload(tenant, study, series, place, entry)
    url = deps.presigner.put(tenant, upload)
    return {"kind": entry["kind"], "sha256": upload.sha256, "key": upload.key, "url": url, "headers": upload.headers()}


def _upload(tenant: str, study: str, series: str, place: int, entry: dict[str, Any]) -> Upload:
    kind, sha256 = entry["kind"], entry["sha256"]
    if entry["bytes"] > DOCUMENT_BYTES.get(kind, entry["bytes"]):
        raise DocumentInvalid(schema=SCHEMA, where=f"objects/{place}/bytes", rule="maximum")
    bucket: keys.Bucket = "originals"
    if kind in ("heads", "low", "rest"):
        _need(place, study_uid=study, series_uid=series)
        bucket, key = keys.parcel_object(tenant, study, series, kind, sha256)
    elif kind == "manifest":
        _need(place, study_uid=study, series_uid=series)
        key = keys.manifest_object(tenant, study, series, sha256)
    elif kind == "declaration":
        _need(place, study_uid=study)
        key = keys.declaration_object(tenant, study, sha256)
    elif kind == "registration":
        key = keys.registration_object(tenant, sha256)
    else:
        key = keys.report_object(tenant, sha256)
    content_type = TYPES.get(kind, "application/pdf" if kind == "report_pdf" else "application/octet-stream")
    if entry.get("content_type", content_type) != content_type:
        raise DocumentInvalid(schema=SCHEMA, where=f"objects/{place}/content_type", rule=content_type)
    return Upload(bucket, key, sha256, entry["bytes"], content_type)


def _need(place: int, **uids: str) -> None:
    for name, value in uids.items():
        if not value:
            raise DocumentInvalid(schema=SCHEMA, where=f"objects/{place}", rule=f"needs_{name}")
