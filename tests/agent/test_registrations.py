"""Registrations come in by HTTP, are checked and durable before the source is told, and go up once [NTF-03]."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge_agent.sources.http import ReportEndpoint
from edge_agent.sources.intake import Intake
from edge_agent.spool.states import State
from edge_agent.spool.store import Spool
from tests.agent.cloud_server import TENANT, CloudServer, serving
from tests.agent.uploading import agent, send_next, states


def registration(**changes: Any) -> dict[str, Any]:
    """registration.v1 as a RIS sends it: without tenant."""
    return {
        "schema": "registration.v1",
        "patient": {"id": "P-1", "issuer": "HIS", "name": "张三", "phone": "13800001111"},
        "accession_number": "A-1",
        "item": "胸部CT平扫",
        "modality": "CT",
        "scheduled_at": "2026-11-24T06:30:00Z",
        "registered_at": "2026-11-24T05:40:00Z",
        "changed_at": "2026-11-24T05:40:00Z",
        "state": "registered",
    } | changes


@pytest.fixture
def url(spool: Spool) -> Iterator[str]:
    endpoint = ReportEndpoint("127.0.0.1", 0, Intake(spool, TENANT))
    endpoint.start()
    yield f"http://127.0.0.1:{endpoint.port}/registrations"
    endpoint.stop()


@pytest.mark.req("NTF-03")
def test_a_registration_goes_up_as_what_it_is_and_is_forgotten_when_the_cloud_has_it(tmp_path: Path) -> None:
    with serving(CloudServer()) as cloud, agent(tmp_path, cloud) as (spool, packer, uploader):
        sha256 = Intake(spool, TENANT).take_registration(json.dumps(registration()).encode(), "test")
        assert packer.pack_next()
        assert send_next(spool, uploader)
        assert json.loads(cloud.objects[f"registration/{sha256}"]) == registration(tenant=TENANT)
        assert uploader.ask() == 1
        assert states(spool) == {State.SENT}


def test_a_registration_is_durable_when_the_source_hears_so(spool: Spool, url: str) -> None:
    answer = httpx.post(url, json=registration())
    (item,) = spool.items.values()
    assert (answer.status_code, answer.json()) == (201, {"sha256": item.head.sha256})


def test_the_same_registration_again_is_the_same_object(spool: Spool, url: str) -> None:
    first, second = (httpx.post(url, json=registration()).json() for _ in range(2))
    assert first == second
    assert len(spool.items) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": "audited"}, "state"),
        ({"accession_number": ""}, "accession_number"),
        ({"patient": {"id": "P-1"}}, "issuer"),
        ({"findings": "两肺"}, "not known"),
        ({"tenant": "another"}, "tenant"),
    ],
)
def test_a_broken_registration_is_refused_by_naming_the_field_never_its_value(
    spool: Spool, url: str, changes: dict[str, Any], told: str
) -> None:
    answer = httpx.post(url, json=registration(**changes))
    assert answer.status_code == 400
    assert told in answer.json()["message"]
    assert "13800001111" not in answer.text
    assert not spool.items


def test_a_form_is_no_registration(url: str) -> None:
    assert httpx.post(url, files={"report": b"{}"}).json()["code"] == "content_type_unknown"


def test_a_web_page_cannot_register_anybody(url: str) -> None:
    assert httpx.post(url, json=registration(), headers={"Origin": "https://evil.example"}).status_code == 403
