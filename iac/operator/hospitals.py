"""Hospitals and their agents."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions.adapters.journal import journal_first
from functions.adapters.table.changing import change
from functions.adapters.wiring import Deps
from functions.core.errors import RecordMissing, RequestError, VersionConflict
from functions.core.study import enrolment, keys
from functions.core.study.agents import Agent, EnrolmentCode, Heartbeat, is_silent
from functions.core.study.changes import agent_revoked
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso
from iac.operator.reconcile.reading import tenants


class HospitalExists(RequestError):
    message = "医院 {tenant} 已存在 · There is a hospital {tenant} already."
    hint = "请用 hospital set 修改，或换一个短名 · Use `hospital set` to change it, or choose another tenant."
    status = 409


class TimeZoneUnknown(RequestError):
    message = "没有时区 {time_zone} · No time zone {time_zone}."
    hint = "请用 IANA 名称 · Use a name of the IANA list, such as Asia/Shanghai."


def add(deps: Deps, hospital: Hospital) -> Hospital:
    """Raises HospitalExists, TimeZoneUnknown."""
    _check_zone(hospital.time_zone)
    stamped = replace(hospital, created_at=iso(deps.clock.now()))
    try:
        deps.table.put(stamped.to_row(), expect=None)
    except VersionConflict:
        raise HospitalExists(tenant=hospital.tenant) from None
    return stamped


def amend(deps: Deps, tenant: str, **fields: object) -> Hospital:
    """Change some fields. Raises RecordMissing, TimeZoneUnknown."""
    if "time_zone" in fields:
        _check_zone(str(fields["time_zone"]))
    find(deps, tenant)
    row = change(
        deps.table,
        keys.hospital_pk(tenant),
        "HOSPITAL",
        lambda row: _amended(Hospital.from_row(row), fields).to_row() if row else None,
    )
    if row is None:
        raise RecordMissing(kind="hospital")
    return Hospital.from_row(row)


def _amended(hospital: Hospital, fields: Mapping[str, object]) -> Hospital:
    after = replace(hospital, **fields)  # type: ignore[arg-type]
    return after if after == hospital else replace(after, serial=hospital.serial + 1)


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


@dataclass(frozen=True)
class Code:
    """A code as it is read out, once; the table keeps its digest."""

    code: str
    tenant: str
    ae_title: str
    expires_at: str


def new_code(deps: Deps, tenant: str, ae_title: str) -> Code:
    """Raises RecordMissing without the hospital."""
    find(deps, tenant)
    code = enrolment.code_of(secrets.token_bytes(enrolment.CODE_BYTES))
    expires = deps.clock.now() + timedelta(seconds=enrolment.CODE_LIFE_S)
    deps.table.put(EnrolmentCode(enrolment.code_digest(code), tenant, ae_title, epoch_s(expires)).to_row(), expect=None)
    return Code(code, tenant, ae_title, iso(expires))


def show_agent(deps: Deps, tenant: str, ae_title: str) -> tuple[Agent, Heartbeat | None]:
    """Raises RecordMissing."""
    pk = keys.agent_pk(tenant, enrolment.agent_id(tenant, ae_title))
    row = deps.table.get(pk, "AGENT")
    if row is None:
        raise RecordMissing(kind="agent")
    beat = deps.table.get(pk, "HEARTBEAT")
    return Agent.from_row(row), Heartbeat.from_row(beat) if beat else None


@dataclass(frozen=True)
class Heard:
    """An agent, its last word, and whether it should have said another since."""

    agent: Agent
    heartbeat: Heartbeat | None
    silent: bool


def agents(deps: Deps, tenant: str | None) -> Iterator[Heard]:
    """Of one hospital, or of all. Revoked ones too: they are never silent."""
    now = deps.clock.now()
    for row in deps.table.agents():
        agent = Agent.from_row(row)
        if tenant in (None, agent.tenant):
            beat = deps.table.get(agent.key()[0], "HEARTBEAT")
            heartbeat = Heartbeat.from_row(beat) if beat else None
            yield Heard(agent, heartbeat, is_silent(agent, heartbeat, now))


def revoke_agent(deps: Deps, tenant: str, ae_title: str) -> Agent:
    """End all keys of the agent, from its next request on. Twice is once. Raises RecordMissing."""
    agent, _ = show_agent(deps, tenant, ae_title)
    now = iso(deps.clock.now())
    if not agent.revoked_at:
        journal_first(agent_revoked(replace(agent, revoked_at=now).to_row()), deps)
    row = change(deps.table, *agent.key(), lambda row: None if row is None or row["revoked_at"] else {**row, "revoked_at": now})
    stands = Agent.from_row(row) if row else agent
    for key in stands.keys_held:  # also when the agent was revoked before: that may have been stopped here
        change(
            deps.table,
            keys.key_pk(key),
            "KEY",
            lambda row: None if row is None or row["revoked_at"] else {**row, "revoked_at": stands.revoked_at},
        )
    return stands


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise TimeZoneUnknown(time_zone=name) from None
