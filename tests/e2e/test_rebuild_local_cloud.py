"""The local cloud killed in the middle of its work: everything that was promised stands, nothing is sent again [PLUS-04]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.adapters import agents
from functions.adapters.table.changing import change
from functions.adapters.wiring import Production
from functions.core.study import keys
from functions.core.study.enrolment import agent_id
from functions.core.study.hospitals import Hospital
from iac.operator import exams, hospitals
from iac.operator.reconcile.differences import differences
from tests.cloud import eventually
from tests.e2e.killable_cloud import Place, killable, token_of
from tests.e2e.patient_client import PatientClient
from tests.handlers import uploads
from tests.handlers.http_agent import HttpAgent, packed, send

pytestmark = [pytest.mark.cloud, pytest.mark.slow]

NUMBER = "13800001234"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with killable(tmp_path) as place:
        yield place


def deliver(agent: HttpAgent, deps: Production, tenant: str, slices: uploads.Slices, *, reported: str = "P1") -> list[str]:
    """A study with its declaration, and its report unless `reported` is empty; returns the digests of what was confirmed."""
    patient = {"id": reported, "issuer": "", "name": "张三", "phone": NUMBER}
    makers = [
        lambda f, t: uploads.upload(f, slices, t),
        lambda f, t: uploads.declare(f, [(slices, slices.count)], t),
    ]
    if reported:
        makers.append(lambda f, t: uploads.report(f, t, accession_number=slices.accession_number, patient=patient))
    return send(agent, packed(deps, tenant, *makers), tenant, slices)


def states(agent: HttpAgent, digests: list[str]) -> set[str]:
    """What an agent hears of manifests and reports that it sent."""
    agent.token = agent.call("tokens", {}).json()["token"]
    heard: dict[str, str] = {}
    for route in ("manifests/status", "reports/status"):
        answer = agent.call(route, {"sha256": digests}).json()["states"]
        heard |= {sha256: one["state"] for sha256, one in answer.items() if one["state"] != "unknown"}
    return {heard.get(sha256, "unknown") for sha256 in digests}


def close(deps: Production, tenant: str, since: str) -> None:
    """As reconcile does while it rebuilds; "" opens."""
    change(deps.table, keys.hospital_pk(tenant), "HOSPITAL", lambda row: {**row, "rebuilding": since} if row else None)


@pytest.mark.req("PLUS-04", "NTF-05")
def test_a_killed_cloud_comes_back_from_its_vault(place: Place) -> None:
    """Two exams told of, one of their links revoked; an exam held, a manifest quarantined, an agent revoked, a study half-way."""
    tenant = place.tenant
    with place.deps() as deps:
        hospitals.add(deps, Hospital(tenant=tenant, name="协和医院", phone="010-12345678", notice={"between_s": 0}))
        agent = HttpAgent(place.cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
        gone = HttpAgent(place.cloud, tenant, agents.new_code(deps, tenant, "OLDBOX").code, "OLDBOX")
        agents.revoke(deps, tenant, agent_id(tenant, "OLDBOX"))
        sent = deliver(agent, deps, tenant, uploads.Slices(number=1, count=2, accession_number="A1"))
        sent += deliver(agent, deps, tenant, uploads.Slices(number=2, count=1, accession_number="A2"))
        sent += deliver(agent, deps, tenant, uploads.Slices(number=3, count=1, accession_number="A3"), reported="P9")
        strange = packed(deps, tenant, lambda f, t: uploads.upload(f, uploads.Slices(number=4, count=1), t, surprise=1))
        quarantined = send(agent, strange, tenant, uploads.Slices(number=4, count=1))
        eventually(lambda: len(place.texts()) == 2, seconds=120)
        eventually(lambda: states(agent, sent) == {"indexed"}, seconds=60)
        eventually(lambda: states(agent, quarantined) == {"quarantined"}, seconds=60)
        told = exams.find_link(deps, tenant, exams.exam_name(deps, tenant, accession_number="A2"), "sms", 1)
        exams.revoke_link(deps, told)
        place.quiet()
        before, texts = place.rows(), place.texts()
        half_way = uploads.Slices(number=5, count=1, accession_number="A5", patient_id="P5")
        late = (
            deps.naming.study(tenant, half_way.study_uid),
            exams.exam_name(deps, tenant, accession_number="A5"),
            deps.naming.patient(tenant, issuer="", patient_id="P5"),
        )
        sent += deliver(agent, deps, tenant, half_way, reported="")
    place.kill()

    place.start()
    agent.http.base_url = gone.http.base_url = f"{place.cloud.origin}/api/edge/v1/"
    after = [row for row in place.rows() if not {row.get(name) for name in ("study", "exam", "patient")} & set(late)]
    assert differences(before, after) == []
    place.quiet()
    assert place.texts() == texts
    assert states(agent, sent) == {"indexed"}
    assert states(agent, quarantined) == {"quarantined"}
    assert gone.call("tokens", {}).json()["code"] == "key_revoked"

    links = {keys.sha256_hex(token): token for token in map(token_of, texts)}
    revoked = links.pop(told.digest)
    (good,) = links.values()
    patient = PatientClient(place.cloud.origin)
    patient.sign_in(f"{place.cloud.origin}/e#t={good}", NUMBER[-4:])
    shown = patient.exam()
    assert (shown["state"], shown["studies"][0]["received"], shown["report"]["state"]) == ("published", 2, "audited")
    assert patient.api("POST", "links/open", {"token": revoked}).json()["code"] == "link_revoked"

    with place.deps() as deps:
        close(deps, tenant, "2026-11-24T06:00:00Z")
        shut = patient.api("GET", "exam")
        assert (shut.status_code, shut.json()["code"]) == (503, "hospital_rebuilding")
        assert int(shut.headers["retry-after"]) > 0, "through function, API gateway and CDN"
        close(deps, tenant, "")
        assert patient.exam()["state"] == "published"
        more = deliver(agent, deps, tenant, uploads.Slices(number=6, count=1, accession_number="A6"))
    eventually(lambda: states(agent, more) == {"indexed"}, seconds=60)
    eventually(lambda: len(place.texts()) == 3, seconds=60)
