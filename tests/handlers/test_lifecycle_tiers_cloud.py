"""An archived study on the local cloud, whose storage refuses what is archived as S3 does: seen at a quarter, recalled, whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters import agents
from functions.adapters.links import standing_link
from functions.adapters.wiring import Production
from functions.core.study import keys
from functions.core.times import epoch_s
from iac.local import tiers
from iac.local.cloud import LocalCloud
from iac.operator import hospitals
from tests.cloud import eventually
from tests.e2e.patient_client import PatientClient
from tests.handlers import aging, uploads
from tests.handlers.http_agent import HttpAgent
from tests.handlers.test_lifecycle_cloud import deliver, released, versions

pytestmark = pytest.mark.cloud
MINE = uploads.Slices(number=1, count=2)


@pytest.mark.req("LIFE-01")
def test_an_archived_exam_opens_at_a_quarter_and_becomes_whole_when_it_was_recalled(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """The whole path: the night's walk tags, storage moves, a patient opens, lifecycle asks and looks, the pixels come."""
    deps, tenant = cloud_deps, cloud_tenant
    exam = published(local_cloud, deps, tenant, MINE)
    archive(local_cloud, deps, tenant, MINE)
    patient = PatientClient(local_cloud.origin)
    token, series = link(deps, tenant, exam), deps.naming.series(tenant, MINE.series_uid)
    entry = {"token": token, "mode": "phone_tail", "answer": "1234"}
    assert patient.api("POST", "sessions", entry).status_code == 201
    opened = patient.api("POST", f"series/{series}/open").json()
    assert opened["tier"] == "offline"
    base, index = patient.series_index(series)
    names = {one["name"].rpartition(".")[2]: one["name"] for one in index["objects"]}
    assert patient.ask("GET", base + names["low"]).status_code == 200
    refused = patient.ask("GET", base + names["rest"])
    assert (refused.status_code, refused.json()["code"]) == (403, "InvalidObjectState")

    eventually(lambda: patient.api("POST", f"series/{series}/open").json()["tier"] == "online", 60)
    assert patient.ask("GET", base + names["rest"]).status_code == 200
    eventually(lambda: sorted(one["tier"] for one in journal(deps, tenant)) == ["offline", "online", "recalling"], 60)


def published(cloud: LocalCloud, deps: Production, tenant: str, slices: uploads.Slices) -> str:
    """The exam's name."""
    hospitals.amend(deps, tenant, archive_after_years=3)
    agent = HttpAgent(cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    deliver(agent, deps, tenant, slices)
    return released(deps, tenant, deps.naming.study(tenant, slices.study_uid))


def archive(cloud: LocalCloud, deps: Production, tenant: str, slices: uploads.Slices) -> None:
    """It is three years old, and storage hands out its full images no more."""
    study = deps.naming.study(tenant, slices.study_uid)
    aging.is_years_old(deps, tenant, study, 3)
    aging.next_night(cloud, deps)
    eventually(lambda: aging.study(deps, tenant, study).tier == "offline", 60)
    moved = tiers.pass_night(cloud.session("root"), cloud.outputs)
    assert moved == len([one for one in versions(cloud, study) if one[1].endswith(".rest")]) > 0


def link(deps: Production, tenant: str, exam: str) -> str:
    row = deps.table.get(keys.exam_pk(tenant, exam), "EXAM") or {}
    about = {"tenant": tenant, "exam": exam, "patient": row["patient"], "channel": "sms"}
    return standing_link(deps.table, deps.secrets.values().link_key, **about, now=epoch_s(deps.clock.now()))[0]


def journal(deps: Production, tenant: str) -> list[dict[str, Any]]:
    """What it says of tiers."""
    names = deps.vault.keys("originals", f"journal/{tenant}/")
    events = [json.loads(deps.vault.get("originals", name)) for name in names]
    return [one["body"] for one in events if one["type"] == "tier_changed"]
