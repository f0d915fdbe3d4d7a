"""Studies of the local cloud as they are years later: rows are set back, what stands in storage stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Production
from functions.core.retention.due import SIGNATURES_END_S
from functions.core.retention.policy import WARNED_BEFORE_DAYS, first_day, in_use
from functions.core.retention.tiers import NEARLINE_AFTER_DAYS
from functions.core.retention.walk import ROUND, Walked
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Study
from functions.core.times import iso
from iac.local.cloud import LocalCloud

OVER_DAYS = -1  # its last day was yesterday


def study(deps: Production, tenant: str, name: str) -> Study:
    row = deps.table.get(keys.study_pk(tenant, name), "STUDY")
    assert row is not None
    return Study.from_row(row)


def ends_in(deps: Production, tenant: str, name: str, days: int) -> None:
    """As if it had been made so long ago that its last day comes in so many days."""
    (years,) = in_use(_hospital(deps, tenant).retention)
    is_years_old(deps, tenant, name, years, days)


def is_years_old(deps: Production, tenant: str, name: str, years: int, days: int = OVER_DAYS) -> None:
    """As if it would be so many years old in so many days."""
    day = first_day(_today(deps, tenant) + timedelta(days=days), years)
    was = f"{day.isoformat()}T04:00:00Z"
    told = iso(datetime.now(UTC) - timedelta(days=max(WARNED_BEFORE_DAYS))) if days < 0 else ""
    _amend(deps, tenant, name, at=was, created_at=was, warned_at=told)


def signatures_ended(deps: Production, tenant: str, name: str) -> None:
    """As if it had been closed so long ago that no cookie from before opens anything."""
    _amend(deps, tenant, name, expired_at=iso(datetime.now(UTC) - timedelta(seconds=SIGNATURES_END_S + 1)))


def next_night(cloud: LocalCloud, deps: Production) -> None:
    """Lifecycle's daily walk, as of hospitals that it walked through last night: the first walk begins in 2000."""
    named = {row["tenant"] for row in deps.table.agents()}
    for tenant in (one for one in named if deps.table.get(keys.hospital_pk(one), "HOSPITAL")):  # another test may have lost its
        upto = {
            f"{years}/{before}": first_day(_today(deps, tenant) + timedelta(days=before - 1), years).isoformat()
            for years in in_use(_hospital(deps, tenant).retention)
            for before in (0, *WARNED_BEFORE_DAYS)
        }
        hospital = _hospital(deps, tenant)
        upto[ROUND] = (_today(deps, tenant) - timedelta(days=NEARLINE_AFTER_DAYS + 1)).isoformat()
        upto["nearline"] = (_today(deps, tenant) - timedelta(days=NEARLINE_AFTER_DAYS + 1)).isoformat()
        if hospital.archive_after_years:
            yesterday = first_day(_today(deps, tenant) - timedelta(days=1), hospital.archive_after_years)
            upto[f"archive/{hospital.archive_after_years}"] = yesterday.isoformat()
        walked = Walked(tenant, upto)
        change(deps.table, *walked.key(), lambda _, walked=walked: walked.to_row())  # type: ignore[misc]
    function = f"{cloud.outputs['TableName']}-lifecycle"
    assert "FunctionError" not in cloud.session("root").client("lambda").invoke(FunctionName=function, Payload="{}")


def _hospital(deps: Production, tenant: str) -> Hospital:
    return Hospital.from_row(deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") or {})


def _today(deps: Production, tenant: str) -> date:
    return datetime.now(UTC).astimezone(ZoneInfo(_hospital(deps, tenant).time_zone)).date()


def _amend(deps: Production, tenant: str, name: str, **changes: str) -> None:
    def decide(row: Row | None) -> Row:
        assert row is not None
        return replace(Study.from_row(row), **changes).to_row()  # type: ignore[arg-type]

    change(deps.table, keys.study_pk(tenant, name), "STUDY", decide)
