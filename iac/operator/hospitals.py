"""Hospitals; their agents are in functions/adapters/agents.py, since the hospital's own operator looks after them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions.adapters import schemas
from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.access import agreements
from functions.core.errors import RecordMissing, RequestError, VersionConflict
from functions.core.retention.policy import checked, checked_archive
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.times import iso
from iac.operator.reconcile.reading import tenants


class HospitalExists(RequestError):
    message = "医院 {tenant} 已存在 · There is a hospital {tenant} already."
    hint = "请用 hospital set 修改，或换一个短名 · Use `hospital set` to change it, or choose another tenant."
    status = 409


class TimeZoneUnknown(RequestError):
    message = "没有时区 {time_zone} · No time zone {time_zone}."
    hint = "请用 IANA 名称 · Use a name of the IANA list, such as Asia/Shanghai."


def add(deps: Deps, hospital: Hospital) -> Hospital:
    """Raises HospitalExists, TimeZoneUnknown, RetentionTooShort."""
    _check_zone(hospital.time_zone)
    checked(hospital.retention)
    checked_archive(hospital.archive_after_years)
    stamped = replace(hospital, created_at=iso(deps.clock.now()))
    try:
        deps.table.put(stamped.to_row(), expect=None)
    except VersionConflict:
        raise HospitalExists(tenant=hospital.tenant) from None
    return stamped


def amend(deps: Deps, tenant: str, **fields: object) -> Hospital:
    """Change some fields. shows: of the switches only those to be changed; agreement: {sha256, forced}. What takes
    something from patients stands in the journal first. Raises RecordMissing, TimeZoneUnknown, RetentionTooShort."""
    if "time_zone" in fields:
        _check_zone(str(fields["time_zone"]))
    checked(fields.get("retention", {}))  # type: ignore[arg-type]
    checked_archive(fields.get("archive_after_years", 0))  # type: ignore[arg-type]
    find(deps, tenant)

    def decide(row: Row | None) -> Row | None:
        if row is None:
            return None
        before = Hospital.from_row(row)
        after = _amended(before, fields)
        if _withholds(before, after):
            for event in changes.events(row, after.to_row(), iso(deps.clock.now())):
                journal_first(event, deps)
        return after.to_row()

    row = change(deps.table, keys.hospital_pk(tenant), "HOSPITAL", decide)
    if row is None:
        raise RecordMissing(kind="hospital")
    return Hospital.from_row(row)


def set_agreement(deps: Deps, tenant: str, texts: Mapping[str, str], *, forced: bool) -> Hospital:
    """texts: by language; none takes the agreement back. Raises RecordMissing, DocumentInvalid."""
    find(deps, tenant)
    sha256 = ""
    if texts:
        document = {"schema": "agreement.v1", "texts": dict(texts)}
        schemas.check(document, "agreement.v1")
        body = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        sha256 = keys.sha256_hex(body)
        deps.vault.put("originals", keys.agreement_object(tenant, sha256), body, content_type="application/json")
    return amend(deps, tenant, agreement={"sha256": sha256, "forced": forced})


def _amended(hospital: Hospital, fields: Mapping[str, object]) -> Hospital:
    shows: Any = fields.get("shows", {})
    wanted: Any = fields.get("agreement")
    agreement = agreements.succeeding(hospital.agreement, **wanted) if wanted else hospital.agreement
    after = replace(hospital, **{**fields, "shows": hospital.shows | shows, "agreement": agreement})
    return after if after == hospital else replace(after, serial=hospital.serial + 1)


def _withholds(before: Hospital, after: Hospital) -> bool:
    """Whether patients see less after than before."""
    if after.agreement.get("forced") and after.agreement != before.agreement:
        return True
    return any(before.shows.get(name, True) and not seen for name, seen in after.shows.items())


def find(deps: Deps, tenant: str) -> Hospital:
    """Raises RecordMissing."""
    row = deps.table.get(keys.hospital_pk(tenant), "HOSPITAL")
    if row is None:
        raise RecordMissing(kind="hospital")
    return Hospital.from_row(row)


def every(deps: Deps) -> dict[str, Hospital | None]:
    """All that the vault knows of, by tenant; None for one whose row is lost. A new one is there when its journal entry is."""
    rows = {tenant: deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") for tenant in tenants(deps)}
    return {tenant: Hospital.from_row(row) if row else None for tenant, row in rows.items()}


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise TimeZoneUnknown(time_zone=name) from None
