"""A study's end on the local cloud, whose buckets keep every version: nothing of it is left, and nothing else is touched."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from functions.adapters import agents
from functions.adapters.wiring import Production
from functions.core.study import keys
from iac.local.cloud import LocalCloud
from iac.local.quiet import wait_until_quiet
from iac.operator import exams
from tests.cloud import eventually
from tests.handlers import aging, uploads
from tests.handlers.http_agent import HttpAgent, packed, send

pytestmark = pytest.mark.cloud
BUCKETS = ("OriginalsBucket", "PixelsBucket", "DerivedBucket")
MINE = uploads.Slices(number=1, count=1)
OTHERS = uploads.Slices(number=2, count=1, accession_number="A2", patient_id="P2")


@pytest.mark.req("LIFE-03")
def test_every_version_and_every_mark_of_a_study_goes_and_the_other_study_stays(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """Storage keeps what was overwritten and what was deleted until somebody names the version."""
    deps, tenant = cloud_deps, cloud_tenant
    agent = HttpAgent(local_cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    for slices in (MINE, OTHERS):
        deliver(agent, deps, tenant, slices)
    mine, others = (deps.naming.study(tenant, slices.study_uid) for slices in (MINE, OTHERS))
    exam = released(deps, tenant, mine)
    assert wait_until_quiet(local_cloud.session("root"), dict(local_cloud.outputs), 60)
    tamper(local_cloud, tenant, mine)
    before, whole = versions(local_cloud, mine), (versions(local_cloud, others), rows(deps, tenant, others))
    assert {one[2] for one in before} == {"version", "mark"}
    assert len({one[:2] for one in before}) < len(before)

    aging.ends_in(deps, tenant, mine, aging.OVER_DAYS)
    aging.next_night(local_cloud, deps)
    eventually(lambda: exams.find(deps, tenant, exam).release == "hidden", 60)
    assert versions(local_cloud, mine) == before
    aging.signatures_ended(deps, tenant, mine)
    closed = aging.study(deps, tenant, mine)
    aging.next_night(local_cloud, deps)
    eventually(lambda: exams.find(deps, tenant, exam).removed, 60)

    removed = aging.study(deps, tenant, mine).removed
    assert removed is not None
    key, s3 = keys.removal_prefix(tenant, mine) + f"{removed['record']}.json", local_cloud.session("root").client("s3")
    record = s3.get_object(Bucket=local_cloud.outputs["OriginalsBucket"], Key=key)["Body"].read()
    assert {one[1] for one in versions(local_cloud, mine)} == {key}
    assert hashlib.sha256(record).hexdigest() == removed["record"]
    assert json.loads(record)["expired_at"] == closed.expired_at
    assert sum(map(len, json.loads(record)["versions"].values())) == removed["versions"] == len(before)
    assert [row["sk"] for row in rows(deps, tenant, mine)] == ["STUDY"]
    assert not list(deps.table.rows(keys.exam_pk(tenant, exam), "REPORT#"))
    assert (versions(local_cloud, others), rows(deps, tenant, others)) == whole
    eventually(lambda: told(deps, tenant) >= {"study_expired", "study_removed", "exam_removed"}, 60)


def deliver(agent: HttpAgent, deps: Production, tenant: str, slices: uploads.Slices) -> None:
    patient = {"id": slices.patient_id, "issuer": "", "name": "张三", "phone": "13800001234"}
    said = {"accession_number": slices.accession_number, "patient": patient}
    fakes = packed(
        deps,
        tenant,
        lambda f, t: uploads.upload(f, slices, t),
        lambda f, t: uploads.declare(f, [(slices, slices.count)], t),
        lambda f, t: uploads.report(f, t, **said),
    )
    send(agent, fakes, tenant, slices)


def released(deps: Production, tenant: str, study: str) -> str:
    """Its exam, as soon as the patient sees it and its film is there."""
    row = eventually(lambda: deps.table.get(keys.study_pk(tenant, study), "STUDY"), 120)
    eventually(lambda: aging.study(deps, tenant, study).films, 120)
    name = aging.study(deps, tenant, row["study"]).exam
    eventually(lambda: exams.find(deps, tenant, name).release == "released", 60)
    return name


def tamper(cloud: LocalCloud, tenant: str, study: str) -> None:
    """What no role of ours may do: one object is overwritten, one is deleted; of both, storage keeps what was there."""
    s3, bucket = cloud.session("root").client("s3"), cloud.outputs["PixelsBucket"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"pixels/{keys.study_prefix(tenant, study)}")["Contents"]
    overwritten, deleted = (one["Key"] for one in listed[:2])
    s3.put_object(Bucket=bucket, Key=overwritten, Body=b"another")
    s3.delete_object(Bucket=bucket, Key=deleted)


def versions(cloud: LocalCloud, study: str) -> list[tuple[str, str, str, str]]:
    """(bucket, key, what, version) of all that storage holds under a name with the study's in it."""
    s3, found = cloud.session("root").client("s3"), []
    for bucket in BUCKETS:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=cloud.outputs[bucket]):
            for what, listed in (("version", page.get("Versions", [])), ("mark", page.get("DeleteMarkers", []))):
                found += [(bucket, one["Key"], what, one["VersionId"]) for one in listed if f"/{study}/" in one["Key"]]
    return sorted(found)


def rows(deps: Production, tenant: str, study: str) -> list[Any]:
    return list(deps.table.rows(keys.study_pk(tenant, study), ""))


def told(deps: Production, tenant: str) -> set[str]:
    """Types of what the journal holds."""
    names = deps.vault.keys("originals", f"journal/{tenant}/")
    return {json.loads(deps.vault.get("originals", name))["type"] for name in names}
