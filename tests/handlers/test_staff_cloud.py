"""The staff's API on the local cloud: signing in over the gateway, and an operator's day with a document that waits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters.wiring import Production
from functions.core.access.staff_sessions import COOKIE
from functions.core.access.tries import MAX_TRIES
from iac.local.cloud import LocalCloud
from tests.cloud import eventually
from tests.e2e.staff_client import PASSWORD, StaffClient, signed_in
from tests.handlers import uploads
from tests.handlers.http_agent import HttpAgent, packed

pytestmark = pytest.mark.cloud


@pytest.mark.req("SEC-11")
def test_a_new_account_signs_in_over_the_gateway_changes_its_password_and_leaves(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """Through gateway, API Gateway, function and table as they are deployed; `signed_in` goes through the first password."""
    doctor = signed_in(local_cloud.origin, cloud_deps, cloud_tenant, "doctor")
    me = doctor.call("GET", "me")
    assert (me.status_code, me.json()["hospital"]["tenant"], me.json()["must_change"]) == (200, cloud_tenant, False)
    assert doctor.call("GET", "agents").json()["code"] == "right_missing"
    wrong = StaffClient(local_cloud.origin).call(
        "POST", "sessions", {"hospital": cloud_tenant, "account": me.json()["account"], "password": PASSWORD.lower()}
    )
    assert (wrong.status_code, wrong.json()["tries_left"]) == (403, 4)
    assert doctor.cookie(COOKIE)
    assert doctor.call("DELETE", "sessions").status_code == 204
    assert doctor.call("GET", "me").status_code == 401


@pytest.mark.req("SEC-13")
def test_a_lock_by_wrong_passwords_reaches_the_journal_by_the_tables_stream(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    account = signed_in(local_cloud.origin, cloud_deps, cloud_tenant, "doctor").call("GET", "me").json()["account"]
    given = {"hospital": cloud_tenant, "account": account, "password": PASSWORD.lower()}
    answers = [StaffClient(local_cloud.origin).call("POST", "sessions", given).status_code for _ in range(MAX_TRIES)]
    assert answers == [403] * (MAX_TRIES - 1) + [423]

    def told() -> list[Any]:
        """the lock in the journal"""
        entries = [
            cloud_deps.vault.get("originals", key) for key in cloud_deps.vault.keys("originals", f"journal/{cloud_tenant}/")
        ]
        return [one for one in map(json.loads, entries) if one["type"] == "account_locked"]

    (event,) = eventually(told, seconds=120)
    assert (event["subject"], event["body"]["level"]) == (f"account/{account}", 1)


def test_a_document_of_an_agent_that_was_revoked_waits_and_goes_through_when_the_agent_is_back(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """The course that the reason's advice names, by the operator alone: nobody at the hospital sends the study again."""
    operator = signed_in(local_cloud.origin, cloud_deps, cloud_tenant, "operator")
    code = operator.call("POST", "agents/codes", {"ae_title": "LIGHTBOX"}).json()["code"]
    agent = HttpAgent(local_cloud, cloud_tenant, code)
    slices = uploads.Slices(count=1)
    made = packed(cloud_deps, cloud_tenant, lambda f, t: uploads.upload(f, slices, t, packed_at="2100-01-01T00:00:00Z"))
    manifest, grant = None, None
    for bucket in ("pixels", "originals"):
        for key in made.vault.keys(bucket, ""):  # type: ignore[arg-type]
            body = made.vault.get(bucket, key)  # type: ignore[arg-type]
            given = _grant(agent, slices, key, body)
            if key.endswith(".json"):
                manifest, grant = body, given
            else:
                assert agent.put(given, body).status_code == 200
    assert manifest is not None
    assert grant is not None
    (seen,) = operator.call("GET", "agents").json()["agents"]
    ended = operator.call("POST", f"agents/{seen['agent']}/revoke", {"reason": "已更换"})
    assert ended.json()["state"] == "revoked"
    assert agent.put(grant, manifest).status_code == 200  # granted before, as a stolen agent would use it

    def waits() -> Any:
        """the entry"""
        return operator.call("GET", "quarantine").json()["entries"]

    (entry,) = eventually(waits, seconds=120)
    assert (entry["reason"], entry["may_retry"]) == ("agent_revoked", True)
    again = operator.call("POST", "agents/codes", {"ae_title": "LIGHTBOX"}).json()["code"]
    back = HttpAgent(local_cloud, cloud_tenant, again)
    answer = operator.call("POST", f"quarantine/{entry['subject']}/{entry['name']}/retry", {})
    assert (answer.status_code, answer.json()) == (202, {"state": "queued"})

    def gone() -> bool:
        """nothing waits any more"""
        return waits() == []

    assert eventually(gone, seconds=180)
    states = back.call("manifests/status", {"sha256": [entry["name"]]}).json()["states"]
    assert states[entry["name"]]["state"] == "indexed"


def _grant(agent: HttpAgent, slices: uploads.Slices, key: str, body: bytes) -> dict[str, Any]:
    sha256, _, ending = key.rsplit("/", 1)[1].partition(".")
    kind = {"json": "manifest"}.get(ending, ending)
    wanted = {"study_uid": slices.study_uid, "series_uid": slices.series_uid}
    answer = agent.call("grants", {**wanted, "objects": [{"kind": kind, "sha256": sha256, "bytes": len(body)}]})
    (grant,) = answer.json()["grants"]
    granted: dict[str, Any] = grant
    return granted
